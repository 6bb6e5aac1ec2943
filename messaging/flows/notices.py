"""E-mail to a colleague about a customer on their way: not marketing, and no consent of the customer is involved."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import get_script_prefix, reverse

from accounts.models import Membership
from accounts.scope import current_workspace
from customers.models import Customer
from messaging.actions.templates import add_template, refresh_template
from messaging.drafts import MessageDraft
from messaging.flows.letters import dedupe_key
from messaging.flows.plans import Node
from messaging.models import Enrolment, Priority, Template, TemplateVersion
from messaging.purposes import Purpose
from messaging.rendering import customer_facts

NOTICE = "flow_notice"
_SUBJECT = "{{ notice.subject }}"
_BODY = """{{ notice.text }}

It is about {{ customer.name or customer.email or 'a customer' }}: {{ notice.customer_url }}

The flow “{{ notice.flow }}” tells you this."""


def notices_of(enrolments: Sequence[Enrolment], node: Node, *, flow_name: str) -> list[MessageDraft]:
    """None if the colleague is no member any more."""
    members = Membership.objects.filter(workspace=current_workspace(), user__email__iexact=node.params["member"])
    member = members.select_related("user").first()
    if member is None:
        return []
    version = _notice_version()
    customers = Customer.objects.in_bulk({each.customer_id for each in enrolments})
    notice = {"subject": node.params["subject"], "text": node.params["text"], "flow": flow_name}
    return [
        MessageDraft(
            address=member.user.email,
            purpose=Purpose.FLOW,
            dedupe_key=dedupe_key(each.pk, node.key),
            template_version_id=version.pk,
            context={
                "customer": customer_facts(customers.get(each.customer_id)),
                "notice": {**notice, "customer_url": customer_url(each.customer_id)},
            },
            priority=Priority.TRANSACTIONAL,
            enrolment_id=each.pk,
            step=node.key,
        )
        for each in enrolments
    ]


def customer_url(customer_id: int) -> str:
    """Absolute, from the installation's public address."""
    path = reverse("customers:customer_detail", urlconf=settings.WORKSPACE_URLCONF, args=[customer_id])
    below = path.removeprefix(get_script_prefix())
    return f"{str(settings.PUBLIC_URL).rstrip('/')}/w/{current_workspace().slug}/{below}"


def _notice_version() -> TemplateVersion:
    template = Template.objects.filter(key=NOTICE).first()
    if template is not None:
        return refresh_template(template)
    try:
        with transaction.atomic():
            return add_template(key=NOTICE, name="Notice to a colleague", subject=_SUBJECT, body=_BODY)
    except IntegrityError:  # another worker wrote it meanwhile
        return refresh_template(Template.objects.get(key=NOTICE))
