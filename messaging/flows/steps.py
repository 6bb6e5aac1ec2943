"""What each kind of step does with all who stand at it, in statements over the set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import md5

from accounts.public_ids import decode_id
from accounts.scope import current_workspace
from customers.actions.tags import tag_customers, tag_named, untag_customers
from customers.actions.upsert import CustomerRow, upsert_customers
from messaging.actions.queueing import queue_messages
from messaging.actions.templates import refresh_template
from messaging.flows.definitions import Do, length_of
from messaging.flows.letters import drafts_of
from messaging.flows.notices import notices_of
from messaging.flows.people import those_who, zones_of
from messaging.flows.plans import Node
from messaging.flows.profile_fields import change_of
from messaging.flows.travellers import Party, Traveller
from messaging.flows.waits import end_of_wait, is_local
from messaging.models import Message, SubscriptionTopic, Template

Here = list[Traveller]
_HUNDRED = 100


def run_step(node: Node, party: Party) -> None:
    here = party.at(node.key)
    if here:
        _STEPS[node.do](node, here, party)


def goes_first_way(customer_id: int, flow_id: int, key: str, percent: int) -> bool:
    """A split is drawn by who they are: looked at twice, or before they enter, it comes out alike."""
    drawn = int(md5(f"{customer_id}:{flow_id}:{key}".encode(), usedforsecurity=False).hexdigest()[:8], 16)
    return drawn % _HUNDRED < percent


def _wait(node: Node, here: Here, party: Party) -> None:
    zones = zones_of({each.customer_id for each in here}) if is_local(node.params) else {}
    home = current_workspace().tzinfo
    for each in here:
        due_at = end_of_wait(node.params, each.arrived_at, zones.get(each.customer_id, home))
        if each.has_rested or due_at <= party.now:
            each.go(node.then, now=party.now, outcome="waited")
        else:
            each.rest(due_at)


def _wait_for(node: Node, here: Here, party: Party) -> None:
    for each in here:
        if not each.has_rested:
            each.rest(each.arrived_at + length_of(node.params), awaits=str(node.params["event"]))
        elif each.enrolment.has_happened:
            each.go(node.then, now=party.now, outcome="happened")
        else:
            each.go(node.other, now=party.now, outcome="timed_out")


def _branch(node: Node, here: Here, party: Party) -> None:
    if "if" in node.params:
        held = those_who(node.params["if"], {each.customer_id for each in here}, now=party.now)
        yes = {each.pk for each in here if each.customer_id in held}
    else:
        yes = who_saw(node, [each.pk for each in here], sends=party.plan.sends_before(node.key))
    for each in here:
        is_yes = each.pk in yes
        each.go(node.then if is_yes else node.other, now=party.now, outcome="yes" if is_yes else "no")


def who_saw(node: Node, enrolment_ids: list[int], *, sends: list[str]) -> set[int]:
    """Whose own message of a step (the last one before this, if none is named) was sent, opened or clicked."""
    asked = node.params["message"]
    step = asked.get("step") or (sends[-1] if sends else "")
    messages = Message.objects.filter(enrolment__in=enrolment_ids, step=step)
    seen = {"sent": messages.accepted(), "opened": messages.exclude(opened_at=None)}
    # Whoever followed a link has opened it, though the opening itself may not have been seen.
    seen["opened"] = seen["opened"] | messages.exclude(clicked_at=None)
    seen["clicked"] = messages.exclude(clicked_at=None)
    return {pk for pk in seen[asked["was"]].values_list("enrolment_id", flat=True) if pk is not None}


def _split(node: Node, here: Here, party: Party) -> None:
    for each in here:
        is_first = goes_first_way(each.customer_id, party.flow_id, node.key, node.params["percent"])
        each.go(node.then if is_first else node.other, now=party.now, outcome="first" if is_first else "second")


def _send(node: Node, here: Here, party: Party) -> None:
    """In the transaction that moves them on: a message is there exactly if its step was done."""
    template = Template.objects.get(pk=decode_id("tpl", node.params["template"]) or 0)
    topic = SubscriptionTopic.objects.get(key=node.params["topic"])
    version = refresh_template(template)
    queue_messages(drafts_of([each.enrolment for each in here], node.key, version, topic, now=party.now))
    _go_on(node, here, party, "queued")


def _notify(node: Node, here: Here, party: Party) -> None:
    drafts = notices_of([each.enrolment for each in here], node, flow_name=party.flow_name)
    queue_messages(drafts)
    _go_on(node, here, party, "told" if drafts else "nobody")


def _tag(node: Node, here: Here, party: Party) -> None:
    tag_customers([each.customer_id for each in here], tag=tag_named(node.params["tag"]))
    _go_on(node, here, party, "tagged")


def _untag(node: Node, here: Here, party: Party) -> None:
    untag_customers([each.customer_id for each in here], tag=tag_named(node.params["tag"]))
    _go_on(node, here, party, "untagged")


def _update(node: Node, here: Here, party: Party) -> None:
    change = change_of(node.params)
    ids = sorted({each.customer_id for each in here})
    upsert_customers([CustomerRow(customer_id=pk, **change) for pk in ids], source="flow")
    _go_on(node, here, party, "updated")


def _exit(_node: Node, here: Here, party: Party) -> None:
    for each in here:
        each.exit(now=party.now)


def _go_to(node: Node, here: Here, party: Party) -> None:
    for each in here:
        each.step = node.then


def _go_on(node: Node, here: Here, party: Party, outcome: str) -> None:
    for each in here:
        each.go(node.then, now=party.now, outcome=outcome)


_STEPS: Mapping[Do, Callable[[Node, Here, Party], None]] = {
    Do.WAIT: _wait,
    Do.WAIT_FOR: _wait_for,
    Do.BRANCH: _branch,
    Do.SPLIT: _split,
    Do.SEND: _send,
    Do.UPDATE: _update,
    Do.TAG: _tag,
    Do.UNTAG: _untag,
    Do.NOTIFY: _notify,
    Do.GO_TO: _go_to,
    Do.EXIT: _exit,
}
