"""The links of a message that prove who follows them. Made when it is sent: only their hashes are kept."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from accounts.models import PublicToken
from accounts.scope import current_workspace
from accounts.tokens import hash_secret, new_secret
from messaging.models import Message

# One token opens the recipient's subscriptions: the one-click unsubscribe of this message's topic, and all of them.
SUBSCRIPTIONS = "subscriptions"


def issue_links(messages: Sequence[Message]) -> dict[int, dict[str, str]]:
    """The template variables that hold links, by message id: `unsubscribe_url`, `preferences_url`.

    Every variable is always there; blank where it means nothing (a transactional message has no unsubscribe link).
    """
    secrets = {message.pk: new_secret() for message in messages if message.customer_id is not None}
    workspace = current_workspace()
    PublicToken.objects.bulk_create(
        PublicToken(workspace=workspace, purpose=SUBSCRIPTIONS, token_hash=hash_secret(secret), subject_id=message_id)
        for message_id, secret in secrets.items()
    )
    return {message.pk: _links(message, secrets.get(message.pk, "")) for message in messages}


def _links(message: Message, secret: str) -> dict[str, str]:
    if not secret:
        return {"unsubscribe_url": "", "preferences_url": ""}
    return {
        "unsubscribe_url": public_url(f"/p/unsubscribe/{secret}/") if message.is_marketing else "",
        "preferences_url": public_url(f"/p/preferences/{secret}/"),
    }


def public_url(path: str) -> str:
    """Absolute, as links in mail must be: from the public address, never from the script prefix of a request."""
    return settings.PUBLIC_URL.rstrip("/") + path
