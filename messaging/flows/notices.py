"""E-mail to a colleague about a customer on their way: not marketing, and no consent of the customer is involved."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import Membership
from accounts.scope import current_workspace
from customers.models import Customer
from messaging.actions.templates import product_template
from messaging.drafts import MessageDraft
from messaging.flows.letters import dedupe_key
from messaging.flows.plans import Node
from messaging.links import member_page
from messaging.models import Enrolment, Priority
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
    version = product_template(NOTICE, name="Notice to a colleague", subject=_SUBJECT, body=_BODY)
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
                "notice": {**notice, "customer_url": member_page("customers:customer_detail", each.customer_id)},
            },
            priority=Priority.TRANSACTIONAL,
            enrolment_id=each.pk,
            step=node.key,
        )
        for each in enrolments
    ]
