"""Flows that begin on a day: looked through once for each zone and day, in steps that each commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from customers.models import Customer
from messaging.actions.enrolling import enrol
from messaging.flows.days import Struck, among, customers_on, struck_in, zones_in_use
from messaging.flows.definitions import On, Trigger
from messaging.flows.entrants import entrant_on
from messaging.flows.plans import plan_of
from messaging.models import Flow, FlowSweep, Message, MessageState
from messaging.purposes import Purpose

AT_ONCE = 2000
GREETED_IN = timedelta(days=300)
_KEPT = timedelta(days=400)


@transaction.atomic
def sweep_days(*, now: datetime, limit: int = AT_ONCE) -> bool:
    """Look at the next customers whose day it is, for the first flow and zone that is not finished. Whether any was.

    The lock on the sweep keeps two workers from looking at the same; who is enrolled twice is for the constraint.
    """
    flows = dated_flows()
    zones = zones_in_use() if flows else []
    for flow in flows:
        for struck in struck_in(zones, _trigger_of(flow), since=flow.switched_on_at or now, now=now):
            sweep = _open_sweep(flow, struck)
            if sweep is not None:
                _sweep(flow, sweep, struck, now=now, limit=limit)
                return True
    return False


@transaction.atomic
def look_at_days_of(customer_ids: Sequence[int], *, now: datetime) -> None:
    """They came, or their record was edited: perhaps it is their day, and their zone was looked through already."""
    for flow in dated_flows():
        trigger = _trigger_of(flow)
        zones = Customer.objects.filter(pk__in=customer_ids).order_by().values_list("zone", flat=True).distinct()
        for struck in struck_in(list(zones), trigger, since=now, now=now):
            found = among(customers_on(trigger, struck.day), sorted(customer_ids)).filter(zone=struck.zone)
            _enter(flow, list(found.values_list("pk", flat=True)), struck, now=now)


def dated_flows() -> list[Flow]:
    flows = Flow.objects.on().exclude(current=None).select_related("current").order_by("pk")
    return [flow for flow in flows if _trigger_of(flow).is_dated]


def _trigger_of(flow: Flow) -> Trigger:
    return plan_of(flow.current).definition.trigger if flow.current else Trigger(On.HAND)


def _open_sweep(flow: Flow, struck: Struck) -> FlowSweep | None:
    """For this zone and day, locked; None once it is finished, or while another worker has it."""
    key = {"flow": flow, "zone": struck.zone, "day": struck.day}
    if FlowSweep.objects.filter(**key, finished_at__isnull=False).exists():
        return None
    FlowSweep.objects.bulk_create([FlowSweep(**key)], ignore_conflicts=True)
    return FlowSweep.objects.select_for_update(skip_locked=True).filter(**key, finished_at=None).first()


def _sweep(flow: Flow, sweep: FlowSweep, struck: Struck, *, now: datetime, limit: int) -> None:
    found = customers_on(_trigger_of(flow), struck.day).filter(zone=struck.zone, pk__gt=sweep.after_id)
    ids = list(found.order_by("pk").values_list("pk", flat=True)[:limit])
    _enter(flow, ids, struck, now=now)
    if len(ids) == limit:
        sweep.after_id = ids[-1]
    else:
        sweep.finished_at = timezone.now()
        FlowSweep.objects.filter(flow=flow, day__lt=struck.day - _KEPT).delete()
    sweep.save(update_fields=["after_id", "finished_at"])


def _enter(flow: Flow, customer_ids: Sequence[int], struck: Struck, *, now: datetime) -> None:
    greeted = _greeted(customer_ids, now=now) if _trigger_of(flow).date_of == "birthday" else set()
    entrants = [entrant_on(struck.day, pk, struck.at) for pk in customer_ids if pk not in greeted]
    if entrants:
        enrol(flow, entrants, now=now)


def _greeted(customer_ids: Sequence[int], *, now: datetime) -> set[int]:
    """Those whom the birthday greeting reached, or is about to: nobody is greeted twice."""
    messages = Message.objects.filter(
        customer__in=customer_ids, purpose=Purpose.BIRTHDAY, created_at__gt=now - GREETED_IN
    ).exclude(state__in=(MessageState.SKIPPED, MessageState.CANCELLED, MessageState.FAILED))
    return {pk for pk in messages.values_list("customer_id", flat=True) if pk is not None}
