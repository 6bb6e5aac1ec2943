"""Keeping who is in a segment: after whatever happened, and after midnight. Each call is part of one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.doorbells import ring
from accounts.scope import current_workspace
from customers.events import SegmentBuilt, SegmentEntered, SegmentLeft, customers_of
from customers.models import Customer, Segment, SegmentKind, SegmentMembership
from customers.models.customers import LISTED
from customers.queries.filtering import Among
from customers.segments.compiling import Understood
from customers.segments.definitions import DefinitionRefused, definition_of
from customers.segments.fields import Frame, kinds_heard
from customers.staging import bigints, insert_select
from timeline.models import Event
from timeline.recording import record, record_many

QUEUE = "segments"
AT_ONCE = 5_000
"""Customers who are looked at in one transaction."""

_WHO_IS_THERE = {"CustomerArchived", "CustomerRestored", "CustomerErased", "CustomersMerged", "MergeUndone"}


@dataclass(frozen=True)
class Movement:
    """Who came and who went, by ids in their order."""

    came: Sequence[int]
    went: Sequence[int]


def local_today() -> date:
    return timezone.localdate(timezone=current_workspace().tzinfo)


def rule_of(segment: Segment) -> Understood | None:
    """None where the rule can't be asked any more; the segment then says why, and keeps its members."""
    try:
        rule = Understood(definition_of(segment.definition))
    except DefinitionRefused as refusal:
        _note_fault(segment, str(refusal))
        return None
    _note_fault(segment, "")
    return rule


def follow(segments: Iterable[Segment], events: Sequence[Event]) -> None:
    """Look again at whom the events are about, in every segment that listens to such events.

    However many events there are, a rule is understood once, and one that hears none of them is not even that.
    """
    kinds = {event.kind for event in events}
    for segment in segments:
        heard = kinds_heard(definition_of(segment.definition)) & kinds
        if heard and (rule := rule_of(segment)):
            _follow(segment, rule, [event for event in events if event.kind in heard])


def follow_lists(events: Sequence[Event]) -> None:
    """Count anew the lists by hand of whoever was archived, restored, merged or erased: only who is there counts."""
    if ids := sorted(customers_of(event for event in events if event.kind in _WHO_IS_THERE)):
        theirs = SegmentMembership.objects.filter(Among("customer_id", ids)).values("segment")
        recount_lists(Segment.objects.filter(kind=SegmentKind.STATIC, pk__in=theirs))


def recount_lists(lists: QuerySet[Segment]) -> None:
    there = {f"customer__{name}": value for name, value in LISTED.items()}
    members = SegmentMembership.objects.filter(segment=OuterRef("pk"), **there).order_by().values("segment")
    lists.update(members_count=Coalesce(Subquery(members.annotate(count=Count("pk")).values("count")), 0))


def _follow(segment: Segment, rule: Understood, events: Sequence[Event]) -> None:
    if any(event.kind == SegmentBuilt.kind and event.payload["segment_id"] != segment.pk for event in events):
        begin_build(segment)
    if ids := sorted(customers_of(events)):
        record_movement(segment, move(segment, rule, ids))


def move(segment: Segment, rule: Understood, ids: Sequence[int]) -> Movement:
    """Bring the memberships of these customers in line with the rule, by the rows behind the facts.

    Facts are kept by subscribers of their own, who may hear of the same event later than we do.
    """
    Segment.objects.select_for_update(of=("self",)).get(pk=segment.pk)
    wanted = set(rule.customers(Frame(local_today(), ids, is_raw=True)).values_list("pk", flat=True))
    memberships = SegmentMembership.objects.filter(Among("customer_id", ids), segment=segment)
    current = set(memberships.values_list("customer_id", flat=True))
    movement = Movement(sorted(wanted - current), sorted(current - wanted))
    enlist(segment, movement.came)
    delist(segment, movement.went)
    return movement


def enlist(segment: Segment, ids: Sequence[int]) -> None:
    """Customers who are not in it yet."""
    if ids:
        insert_select(
            SegmentMembership,
            {"customer_id": "s.id"},
            "unnest(%s::bigint[]) as s(id)",
            constants={"segment_id": segment.pk},
            params=[bigints(ids)],
        )
        Segment.objects.filter(pk=segment.pk).update(members_count=F("members_count") + len(ids))


def delist(segment: Segment, ids: Sequence[int]) -> None:
    """Customers who are in it."""
    if ids:
        SegmentMembership.objects.filter(Among("customer_id", ids), segment=segment).delete()
        Segment.objects.filter(pk=segment.pk).update(members_count=F("members_count") - len(ids))


def record_movement(segment: Segment, movement: Movement) -> None:
    record_many(SegmentEntered(customer_id=pk, segment_id=segment.pk) for pk in movement.came)
    record_many(SegmentLeft(customer_id=pk, segment_id=segment.pk) for pk in movement.went)


def begin_build(segment: Segment) -> None:
    Segment.objects.filter(pk=segment.pk).update(build_from=0)
    ring(QUEUE)


def build_on(segment: Segment, rule: Understood) -> bool:
    """Look at the next customers, without events: they did not change, the rule did. Whether all have been seen."""
    later = Customer.objects.filter(pk__gt=segment.build_from or 0).order_by("pk")
    ids = list(later.values_list("pk", flat=True)[:AT_ONCE])
    if ids:
        move(segment, rule, ids)
    if len(ids) == AT_ONCE:
        # What the days change while it goes on is the next sweep's to find.
        checked_on = segment.checked_on or local_today()
        Segment.objects.filter(pk=segment.pk).update(build_from=ids[-1], checked_on=checked_on)
        return False
    _finish_build(segment)
    return True


def _finish_build(segment: Segment) -> None:
    count = SegmentMembership.objects.filter(segment=segment).count()
    checked_on = segment.checked_on or local_today()
    Segment.objects.filter(pk=segment.pk).update(build_from=None, checked_on=checked_on, members_count=count)
    record(SegmentBuilt(customer_id=None, segment_id=segment.pk, members_count=count))


def sweep_on(segment: Segment, rule: Understood, *, after: int) -> int | None:
    """Look at the next of those whom the days since `checked_on` may have turned. The last one, or None at the end."""
    today = local_today()
    turning = rule.turning(Frame(today), since=segment.checked_on or today)
    ids = [] if turning is None else list(_ids_after(turning, after))
    if ids:
        record_movement(segment, move(segment, rule, ids))
    if len(ids) == AT_ONCE:
        return ids[-1]
    Segment.objects.filter(pk=segment.pk).update(checked_on=today)
    return None


def _ids_after(customers: QuerySet[Customer], after: int) -> Iterable[int]:
    return customers.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]


def _note_fault(segment: Segment, fault: str) -> None:
    """A rule that can be asked again has missed what happened meanwhile."""
    if segment.fault != fault:
        segment.fault = fault[:500]
        segment.save(update_fields=["fault"])
        if not fault:
            begin_build(segment)
