"""The letters that ask whoever has an address to confirm what was agreed to in their name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.scope import current_workspace_id
from customers.models import Customer
from customers.queries.filtering import Among
from messaging.actions.queueing import LARGEST_BATCH, queue_messages
from messaging.actions.templates import product_template
from messaging.drafts import CONFIRMS, MessageDraft
from messaging.models import (
    ConsentRecord,
    ConsentState,
    Message,
    Priority,
    SubscriptionTopic,
    TemplateVersion,
)
from messaging.models.consent import confirmed_in_sql
from messaging.purposes import Purpose
from messaging.rendering import customer_facts

CONFIRMATION_SUBJECT = "Please confirm your subscription"
CONFIRMATION_BODY = """<p>Somebody, most likely you, asked {{ workspace.name }} to write to this address about:</p>
<p><strong>{{ topics }}</strong></p>
<p><a href="{{ confirmation_url }}">Confirm the subscription</a></p>
<p>The link works for thirty days. If it was not you, do nothing: you will not be written to.</p>"""
# Nobody is asked more often, whatever others say in their name.
MOST_A_DAY = 3

# The newest words on the topic that count as waiting, and about which no letter was written yet.
_NOT_ASKED = f"""
select said.id as id from (
  select distinct on (customer_id) id, customer_id, topic_id, state, source, confirmed_at from messaging_consentrecord
  where workspace_id = %(workspace)s and topic_id = %(topic)s order by customer_id, at desc, id desc
) said
where said.state = 'given' and not {confirmed_in_sql("said")}
  and not exists (select from messaging_message m where m.workspace_id = %(workspace)s
                  and m.dedupe_key = %(purpose)s || concat_ws(':', '', said.customer_id, said.topic_id, said.id))
order by said.customer_id limit %(limit)s
"""  # noqa: S608  our own words


@transaction.atomic
def ask_to_confirm(consents: Collection[int]) -> int:
    """Write to those whose consent, by its id, waits to be confirmed. Returns how many letters are new.

    One letter for each consent, ever, and MOST_A_DAY to one customer in any 24 hours.
    """
    records = ConsentRecord.objects.filter(Among("pk", sorted(consents))).select_related("topic", "customer")
    waiting = [each for each in records.order_by("pk") if _is_worth_a_letter(each)]
    if not waiting:
        return 0
    lately = _asked_lately({each.customer_id for each in waiting})
    text = confirmation_text()
    drafts = []
    for each in waiting:
        if lately[each.customer_id] < MOST_A_DAY:
            lately[each.customer_id] += 1
            key = f"{each.topic_id}:{each.pk}"
            drafts.append(confirmation_draft(each.customer, [each.topic], text=text, key=key, confirms=[each.topic_id]))
    return queue_messages(drafts)


def ask_unconfirmed(topic: SubscriptionTopic) -> int:
    """Write to all who agreed to the topic, have not confirmed it and were not asked yet; LARGEST_BATCH at once."""
    found = ConsentRecord.objects.raw(
        _NOT_ASKED,
        {
            "workspace": current_workspace_id(),
            "topic": topic.pk,
            "purpose": Purpose.CONFIRMATION.value,
            "limit": LARGEST_BATCH,
        },
    )
    return ask_to_confirm([record.pk for record in found])


def confirmation_text() -> TemplateVersion:
    return product_template(
        Purpose.CONFIRMATION,
        name="Confirmation of a subscription",
        subject=CONFIRMATION_SUBJECT,
        body=CONFIRMATION_BODY,
    )


def confirmation_draft(
    customer: Customer,
    topics: Sequence[SubscriptionTopic],
    *,
    text: TemplateVersion,
    key: str,
    confirms: Sequence[int] = (),
) -> MessageDraft:
    """`key` tells one request from another of the same customer."""
    return MessageDraft(
        address=customer.email,
        purpose=Purpose.CONFIRMATION,
        dedupe_key=f"{Purpose.CONFIRMATION}:{customer.pk}:{key}",
        template_version_id=text.pk,
        customer_id=customer.pk,
        # No name in it, nor on the envelope: whoever gave the address could have written anything there.
        context={
            "topics": ", ".join(topic.name for topic in topics),
            "customer": customer_facts(None),
            CONFIRMS: list(confirms),
        },
        priority=Priority.TRANSACTIONAL,
    )


def _is_worth_a_letter(consent: ConsentRecord) -> bool:
    customer, topic = consent.customer, consent.topic
    waits = consent.state == ConsentState.GIVEN and consent.counts_as == ConsentState.PENDING
    is_there = customer.email_norm and not (customer.erased_at or customer.merged_into_id or customer.archived_at)
    return bool(waits and is_there and topic.archived_at is None)


def _asked_lately(customer_ids: Collection[int]) -> Counter[int]:
    since = timezone.now() - timedelta(days=1)
    asked = Message.objects.filter(
        Among("customer", sorted(customer_ids)), purpose=Purpose.CONFIRMATION, created_at__gt=since
    )
    return Counter(asked.values_list("customer_id", flat=True))
