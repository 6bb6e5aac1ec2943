from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Workspace
from accounts.scope import current_workspace_id, workspace_scope
from customers.actions.profiles import locked
from customers.events import CustomerTagged, CustomerUntagged, TagRemoved, TagRenamed
from customers.models import Customer, CustomerTag, Tag
from customers.normalising import clean_line
from customers.queries import CustomerFilter, found_by, matching_customers
from customers.refusals import TagTaken, ValueRefused
from timeline.recording import record, record_many

# Customers tagged in one transaction: well under a second, so that no subscriber waits for it.
TAGS_AT_ONCE = 5000


def tag_named(name: str) -> Tag:
    """The tag of this name, whatever its case; a new one if there is none. Raises ValueRefused."""
    name = _clean_name(name)
    if tag := Tag.objects.filter(name__iexact=name).order_by("pk").first():
        return tag
    Tag.objects.bulk_create([Tag(name=name)], ignore_conflicts=True)
    return Tag.objects.get(name=name)


@transaction.atomic
def rename_tag(tag: Tag, *, name: str) -> Tag:
    """Raises ValueRefused, and TagTaken where only the case differs from another's."""
    tag = Tag.objects.select_for_update().get(pk=tag.pk)
    name = _clean_name(name)
    if name == tag.name:
        return tag
    if Tag.objects.filter(name__iexact=name).exclude(pk=tag.pk).exists():
        raise TagTaken(name)
    tag.name = name
    try:
        with transaction.atomic():
            tag.save(update_fields=["name"])
    except IntegrityError as error:  # somebody else took it meanwhile
        raise TagTaken(name) from error
    record(TagRenamed(customer_id=None, tag_id=tag.pk))
    return tag


@transaction.atomic
def remove_tag(tag: Tag) -> bool:
    """Take it off at most TAGS_AT_ONCE customers, and away once nobody has it. Returns whether it is gone."""
    some = CustomerTag.objects.filter(tag=tag).order_by("pk").values("pk")[:TAGS_AT_ONCE]
    uses = CustomerTag.objects.filter(pk__in=some)
    untagged = sorted(uses.values_list("customer_id", flat=True))
    uses.delete()
    record_many(CustomerUntagged(customer_id=pk, tag_id=tag.pk) for pk in untagged)
    if len(untagged) == TAGS_AT_ONCE:
        return False
    removed, _ = Tag.objects.filter(pk=tag.pk).delete()
    if removed:
        record(TagRemoved(customer_id=None, tag_id=tag.pk))
    return True


@transaction.atomic
def tag_customer(customer: Customer, *, name: str) -> Tag:
    """Tagging twice changes, and records, nothing. Raises ValueRefused and CustomerGone."""
    tag = tag_named(name)
    tag_customers([locked(customer).pk], tag=tag)
    return tag


@transaction.atomic
def untag_customer(customer: Customer, tag: Tag) -> None:
    customer = locked(customer)
    removed, _ = CustomerTag.objects.filter(customer=customer, tag=tag).delete()
    if removed:
        record(CustomerUntagged(customer_id=customer.pk, tag_id=tag.pk))


@transaction.atomic
def tag_customers(customer_ids: Sequence[int], *, tag: Tag) -> int:
    """Tag the workspace's customers among these, in two statements. Returns how many did not have the tag yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into customers_customertag (workspace_id, customer_id, tag_id, created_at)
               select customer.workspace_id, customer.id, %s, now() from customers_customer customer
               where customer.workspace_id = %s and customer.id = any(%s)
                 and customer.merged_into_id is null and customer.erased_at is null
               order by customer.id
               on conflict (workspace_id, customer_id, tag_id) do nothing returning customer_id""",
            [tag.pk, current_workspace_id(), list(customer_ids)],
        )
        tagged = sorted(pk for (pk,) in cursor.fetchall())
    return record_many(CustomerTagged(customer_id=pk, tag_id=tag.pk) for pk in tagged)


@transaction.atomic
def untag_customers(customer_ids: Sequence[int], *, tag: Tag) -> int:
    """Take the tag off those of these who have it. Returns how many had."""
    had = CustomerTag.objects.filter(tag=tag, customer__in=customer_ids)
    untagged = sorted(had.values_list("customer_id", flat=True))
    had.filter(customer__in=untagged).delete()
    return record_many(CustomerUntagged(customer_id=pk, tag_id=tag.pk) for pk in untagged)


def tag_matching_customers(workspace: Workspace, wanted: CustomerFilter, *, tag: Tag, actor: str) -> int:
    """Tag all whom a list means, one transaction per step. Returns how many did not have the tag yet."""
    with workspace_scope(workspace):
        found = found_by(wanted)
    total, last = 0, 0
    while True:
        with workspace_scope(workspace, actor=actor):
            customers = matching_customers(wanted, found).filter(pk__gt=last).order_by("pk")
            ids = list(customers.values_list("pk", flat=True)[:TAGS_AT_ONCE])
            total += tag_customers(ids, tag=tag)
        if len(ids) < TAGS_AT_ONCE:
            return total
        last = ids[-1]


def _clean_name(name: str) -> str:
    name = clean_line(name, field="tag", longest=60)
    if not name:
        raise ValueRefused(_("Write the tag's name."), field="tag")
    return name
