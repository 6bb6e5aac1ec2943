from __future__ import annotations

from collections.abc import Collection, Iterator

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.doorbells import ring
from accounts.models import Workspace
from accounts.public_ids import decode_id
from accounts.scope import current_workspace_id, workspace_scope
from customers.events import SegmentAdded, SegmentArchived, SegmentChanged, SegmentRestored
from customers.models import Customer, Segment, SegmentKind, SegmentMembership
from customers.models.customers import IS_LISTED
from customers.normalising import clean_line
from customers.queries.filtering import Among
from customers.refusals import SegmentInUse, SegmentTaken, ValueRefused
from customers.segments.compiling import Understood
from customers.segments.definitions import DefinitionRefused, Group, definition_of
from customers.segments.membership import (
    QUEUE,
    Movement,
    build_on,
    delist,
    enlist,
    local_today,
    record_movement,
    recount_lists,
    rule_of,
    sweep_on,
)
from timeline.recording import record


@transaction.atomic
def add_segment(*, name: str, definition: Group | None = None) -> Segment:
    """By a rule, or without one by hand. Raises ValueRefused, SegmentTaken and DefinitionRefused."""
    segment = Segment(name=_clean_name(name), kind=SegmentKind.RULE if definition else SegmentKind.STATIC)
    if definition is None:
        segment.build_from = None
    else:
        Understood(definition)
        segment.definition = definition.as_plain()
    _save(segment)
    record(SegmentAdded(customer_id=None, segment_id=segment.pk))
    ring(QUEUE)
    return segment


@transaction.atomic
def change_segment(segment: Segment, *, name: str, definition: Group | None = None) -> Segment:
    """Under another rule everybody is looked at anew. Raises ValueRefused, SegmentTaken and DefinitionRefused."""
    segment = _locked(segment)
    before = (segment.name, segment.definition)
    segment.name = _clean_name(name)
    if definition is not None and segment.kind == SegmentKind.RULE:
        Understood(definition)
        _refuse_circle(segment, definition)
        segment.definition = definition.as_plain()
    if (segment.name, segment.definition) == before:
        return segment
    if segment.definition != before[1]:
        segment.build_from, segment.fault = 0, ""
        ring(QUEUE)
    _save(segment)
    record(SegmentChanged(customer_id=None, segment_id=segment.pk))
    return segment


@transaction.atomic
def archive_segment(segment: Segment) -> Segment:
    """Its members stay as they are. Archiving twice changes nothing. Raises SegmentInUse where another asks for it."""
    segment = _locked(segment)
    if segment.archived_at is None:
        if asking := next((each for each in _asking_for(segment)), None):
            raise SegmentInUse(segment.name, asking.name)
        segment.archived_at = timezone.now()
        segment.save(update_fields=["archived_at"])
        record(SegmentArchived(customer_id=None, segment_id=segment.pk))
    return segment


@transaction.atomic
def restore_segment(segment: Segment) -> Segment:
    """Look at everybody anew: much may have happened since. Raises SegmentTaken."""
    segment = _locked(segment)
    if segment.archived_at is not None:
        segment.archived_at = None
        if segment.kind == SegmentKind.RULE:
            segment.build_from = 0
            ring(QUEUE)
        _save(segment)
        record(SegmentRestored(customer_id=None, segment_id=segment.pk))
    return segment


@transaction.atomic
def list_customers(segment: Segment, customer_ids: Collection[int]) -> int:
    """Put customers on a list by hand. Returns how many were not on it.

    Whoever is archived later stays on it, uncounted, and is back when restored.
    """
    segment = _locked(segment)
    _refuse_rule(segment)
    asked = Among("pk", sorted(customer_ids))
    there = set(Customer.objects.filter(IS_LISTED, asked).values_list("pk", flat=True))
    movement = Movement(came=sorted(there - _members_among(segment, customer_ids)), went=[])
    enlist(segment, movement.came)
    record_movement(segment, movement)
    return len(movement.came)


@transaction.atomic
def unlist_customers(segment: Segment, customer_ids: Collection[int]) -> int:
    """Take customers off a list by hand. Returns how many were on it."""
    segment = _locked(segment)
    _refuse_rule(segment)
    movement = Movement(came=[], went=sorted(_members_among(segment, customer_ids)))
    delist(segment, movement.went)
    recount_lists(Segment.objects.filter(pk=segment.pk))
    record_movement(segment, movement)
    return len(movement.went)


def keep_segments(workspace: Workspace) -> None:
    """Finish what is being built, and look at whom the days have turned since the last look: step by step."""
    with workspace_scope(workspace):
        segments = list(Segment.objects.in_use().ruled().order_by("pk"))
    for segment in segments:
        for _step in _steps(workspace, segment.pk):
            pass


def _steps(workspace: Workspace, segment_id: int) -> Iterator[None]:
    """One transaction each."""
    after: int | None = 0
    while after is not None:
        with workspace_scope(workspace):
            segment = Segment.objects.select_for_update(of=("self",)).get(pk=segment_id)
            rule = rule_of(segment)
            if rule is None:
                return
            if segment.is_building:
                build_on(segment, rule)
            elif segment.checked_on == local_today():
                return
            else:
                after = sweep_on(segment, rule, after=after)
        yield


def _members_among(segment: Segment, customer_ids: Collection[int]) -> set[int]:
    members = SegmentMembership.objects.filter(Among("customer_id", sorted(customer_ids)), segment=segment)
    return set(members.values_list("customer_id", flat=True))


def _refuse_rule(segment: Segment) -> None:
    if segment.kind != SegmentKind.STATIC:
        raise ValueRefused(
            _("This segment follows its rule, so customers can't be added or removed by hand."), field="segment"
        )


def _refuse_circle(segment: Segment, definition: Group) -> None:
    """Whether somebody is in it would depend on whether they are in it.

    Two changes that close a circle between them wait for one another's commit here, or each would see only its half.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('segments', %s))", [current_workspace_id()])
    asked = {each.pk: _asked_for(definition_of(each.definition)) for each in Segment.objects.in_use().ruled()}
    seen, coming = set[int](), _asked_for(definition)
    while coming:
        if segment.pk in coming:
            raise DefinitionRefused(_("A segment can't ask for itself, nor for one that asks for it."), path="rules")
        seen |= coming
        coming = set().union(*(asked.get(pk, set()) for pk in coming)) - seen


def _asking_for(segment: Segment) -> Iterator[Segment]:
    for each in Segment.objects.in_use().ruled().order_by("name"):
        if segment.pk in _asked_for(definition_of(each.definition)):
            yield each


def _asked_for(definition: Group) -> set[int]:
    """The segments that a definition names."""
    named = (condition.value for condition in definition.conditions() if condition.field == "segment")
    ids = (decode_id("seg", public_id) for names in named for public_id in names)
    return {pk for pk in ids if pk is not None}


def _locked(segment: Segment) -> Segment:
    return Segment.objects.select_for_update(of=("self",)).get(pk=segment.pk)


def _clean_name(name: str) -> str:
    name = clean_line(name, field="name", longest=120)
    if not name:
        raise ValueRefused(_("Give it a name."), field="name")
    return name


def _save(segment: Segment) -> None:
    """Raises SegmentTaken where another has the name."""
    try:
        with transaction.atomic():
            segment.save()
    except IntegrityError as error:
        raise SegmentTaken(segment.name) from error
