"""Messages to the business itself. They name no customer and quote nobody: what they are about is read where it is."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership, Role
from accounts.scope import current_workspace
from messaging.actions.queueing import queue_messages
from messaging.actions.templates import product_template
from messaging.drafts import MessageDraft
from messaging.links import member_page
from messaging.models import Priority, Reply
from messaging.purposes import Purpose

SUBJECT = "{{ notice_title }}"
BODY = """<p>{{ notice_text }}</p>
<p><a href="{{ notice_url }}">Open it in Rapport</a></p>"""


@transaction.atomic
def tell_of_reply(reply: Reply) -> None:
    """To the address that the workspace answers from; without one, to its owners."""
    workspace = current_workspace()
    owners = Membership.objects.filter(workspace=workspace, role=Role.OWNER).values_list("user__email", flat=True)
    send_notice(
        [workspace.reply_to] if workspace.reply_to else sorted(owners),
        key=f"reply:{reply.pk}",
        title=_("A customer answered"),
        text=_("A customer of %(workspace)s answered one of your messages.") % {"workspace": workspace.name},
        url=member_page("messaging:reply_detail", reply.pk),
    )


@transaction.atomic
def send_notice(addresses: Collection[str], *, key: str, title: str, text: str, url: str) -> int:
    """Once to each address by this `key`. Returns how many are new."""
    version = product_template(Purpose.NOTICE, name="Notice to staff", subject=SUBJECT, body=BODY)
    return queue_messages(
        MessageDraft(
            address=address,
            purpose=Purpose.NOTICE,
            dedupe_key=f"{Purpose.NOTICE}:{key}:{address}"[:200],
            template_version_id=version.pk,
            context={"notice_title": title, "notice_text": text, "notice_url": url},
            priority=Priority.TRANSACTIONAL,
        )
        for address in addresses
    )
