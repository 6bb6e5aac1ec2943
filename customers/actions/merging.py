"""Two records of one person become one, and can be parted again for 30 days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customers import contracts
from customers.actions.profiles import locked, save_customer
from customers.events import CustomersDistinguished, CustomersMerged, MergeUndone
from customers.models import Customer, Distinction, Merge
from customers.refusals import CustomerGone, MergeRefused
from customers.upserting.known import ERASED, canonical_ids
from timeline.recording import record

UNDO_WITHIN = timedelta(days=30)
# What is filled or kept together; the first column says whether there is anything.
PARTS: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "email": ("email", "email_norm"),
    "phone": ("phone", "phone_norm"),
    "birthday": ("birth_monthday", "birth_year"),
    "language": ("language",),
    "zone": ("zone",),
    "address": ("address",),
    "city": ("city",),
    "postal_code": ("postal_code",),
    "country": ("country",),
    "source_channel": ("source_channel",),
}


@transaction.atomic
def merge_customers(*, survivor: Customer, absorbed: Customer) -> Merge:
    """Give all that is known of `absorbed` to `survivor`; a known customer always survives an anonymous one.

    What the survivor lacks is filled. Where both say something else, the survivor's stays, and the absorbed record
    keeps its own: `Merge.moved["differing"]` names it. Raises MergeRefused and CustomerGone.
    """
    survivor, absorbed = _both_locked(survivor, absorbed)
    if survivor.is_anonymous and not absorbed.is_anonymous:
        survivor, absorbed = absorbed, survivor
    moved: dict[str, Any] = {
        "rows": {
            each.model._meta.label: each.move(absorbed=absorbed, survivor=survivor)
            for each in contracts.personal_data()
        },
        "joined_on": survivor.joined_on.isoformat(),
        **_fill(survivor, absorbed),
    }
    # The absorbed first: two present customers can't have one address.
    absorbed.merged_into, absorbed.updated_at = survivor, timezone.now()
    absorbed.save(update_fields=["merged_into", "updated_at"])
    survivor.joined_on, survivor.updated_at = min(survivor.joined_on, absorbed.joined_on), timezone.now()
    save_customer(survivor)
    merge = Merge.objects.create(survivor=survivor, absorbed=absorbed, moved=moved)
    record(CustomersMerged(customer_id=survivor.pk, absorbed_id=absorbed.pk, merge_id=merge.pk))
    return merge


@transaction.atomic
def merge_recognised_visitors(pairs: Sequence[tuple[int, int]]) -> int:
    """Merge visitors into the customers whom they turned out to be: pairs of the customer's id and the visitor's.

    A visitor who meanwhile is somebody known, was merged or erased, is passed over. Returns how many were merged.
    """
    customers = Customer.objects.in_bulk({pk for pair in pairs for pk in pair})
    survivors = canonical_ids({customer_id for customer_id, _ in pairs})
    merged: set[int] = set()
    for customer_id, visitor_id in pairs:
        survivor, visitor = survivors.get(customer_id, ERASED), customers[visitor_id]
        is_open = visitor.is_anonymous and visitor.merged_into_id is None and visitor.erased_at is None
        if is_open and visitor_id not in merged and survivor not in {ERASED, visitor_id}:
            merge_customers(survivor=Customer.objects.get(pk=survivor), absorbed=visitor)
            merged.add(visitor_id)
    return len(merged)


@transaction.atomic
def distinguish_customers(one: Customer, other: Customer) -> Distinction:
    """They are two people: nobody suggests them again. Twice changes nothing. Raises MergeRefused and CustomerGone."""
    first, second = sorted(_both_locked(one, other), key=lambda customer: customer.pk)
    distinction, is_new = Distinction.objects.get_or_create(first=first, second=second)
    if is_new:
        record(CustomersDistinguished(customer_id=first.pk, other_id=second.pk))
    return distinction


@transaction.atomic
def undo_merge(merge: Merge) -> Merge:
    """Part the two again; what came after the merge stays with the survivor.

    Raises MergeRefused after 30 days or a second time, EmailTaken if somebody has the absorbed one's address by now,
    CustomerGone if the survivor was merged or erased since.
    """
    merge = Merge.objects.select_for_update(of=("self",)).select_related("survivor", "absorbed").get(pk=merge.pk)
    if merge.undone_at:
        raise MergeRefused(_("This merge was undone already."))
    if timezone.now() - merge.merged_at > UNDO_WITHIN:
        raise MergeRefused(_("A merge can be undone for 30 days. Those are over."))
    survivor = locked(merge.survivor)
    absorbed = Customer.objects.select_for_update(of=("self",)).get(pk=merge.absorbed_id)
    for each in contracts.personal_data():
        each.move_back(merge.moved["rows"].get(each.model._meta.label, []), absorbed=absorbed)
    _take_back(survivor, absorbed, merge.moved)
    save_customer(survivor)
    absorbed.merged_into, absorbed.updated_at = None, timezone.now()
    save_customer(absorbed)
    merge.undone_at = timezone.now()
    merge.save(update_fields=["undone_at"])
    record(MergeUndone(customer_id=survivor.pk, absorbed_id=absorbed.pk, merge_id=merge.pk))
    return merge


def _both_locked(survivor: Customer, absorbed: Customer) -> tuple[Customer, Customer]:
    """In the order of their ids, or two merges of the same pair could wait for each other."""
    if survivor.pk == absorbed.pk:
        raise MergeRefused(_("This is one record already. Choose another one to merge it with."))
    both = Customer.objects.select_for_update(of=("self",)).filter(pk__in=[survivor.pk, absorbed.pk])
    found = {customer.pk: customer for customer in both.order_by("pk")}
    for customer in found.values():
        if customer.merged_into_id or customer.erased_at:
            raise CustomerGone(customer)
    return found[survivor.pk], found[absorbed.pk]


def _fill(survivor: Customer, absorbed: Customer) -> dict[str, list[str]]:
    filled, differing = [], []
    for part, columns in PARTS.items():
        ours, theirs = getattr(survivor, columns[0]), getattr(absorbed, columns[0])
        if theirs and not ours:
            filled.append(part)
            for column in columns:
                setattr(survivor, column, getattr(absorbed, column))
        elif theirs and theirs != ours:
            differing.append(part)
    gained = [key for key in absorbed.attributes if key not in survivor.attributes]
    differing += [
        f"attributes.{key}"
        for key, value in absorbed.attributes.items()
        if key not in gained and value != survivor.attributes[key]
    ]
    survivor.attributes = {**absorbed.attributes, **survivor.attributes}
    return {"filled": filled, "differing": differing, "attributes": gained}


def _take_back(survivor: Customer, absorbed: Customer, moved: dict[str, Any]) -> None:
    """Empty what the merge filled, unless somebody wrote something else there since."""
    for part in moved["filled"]:
        columns = PARTS[part]
        if all(getattr(survivor, column) == getattr(absorbed, column) for column in columns):
            for column in columns:
                setattr(survivor, column, getattr(Customer(), column))
    for key in moved["attributes"]:
        # The typed row went back with whatever it says now.
        value = survivor.attributes.pop(key, None)
        absorbed.attributes.pop(key, None)
        if value is not None:
            absorbed.attributes[key] = value
    if survivor.joined_on == absorbed.joined_on:
        survivor.joined_on = date.fromisoformat(moved["joined_on"])
    survivor.updated_at = timezone.now()
