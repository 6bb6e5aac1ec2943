"""What shops tell through the API: each call has its effect once, and one that is refused stops no other."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec
from django.db import transaction

from customers.actions.ingest import alias_customers, identify_customers, tell_custom_events
from customers.ingesting.identities import Aliasing, Identification
from customers.ingesting.telling import ToldEvent
from customers.ingesting.traits import row_of_traits
from sales.actions.ingest_commerce import ingest_carts, ingest_orders, person_of
from sales.actions.visits import view_pages, view_products
from sales.ingesting.calls import CheckedCall, object_of
from sales.ingesting.commerce import CART_CHANGES, ORDER_COMPLETED, PRODUCT_VIEWED, WHOLE_CARTS, product_view_row
from sales.ingesting.ingestion import Ingestion

_LONGEST_PATH = 500


@transaction.atomic(savepoint=False)
def ingest_call(call: CheckedCall) -> Ingestion:
    """Carry out one call. Raises ApiError, and then the transaction is taken back."""
    done = _ingest([call])
    if done.errors:
        raise done.errors[call.position]
    return done


@transaction.atomic(savepoint=False)
def ingest_batch(calls: Sequence[CheckedCall]) -> Ingestion:
    """Carry out what can be; the errors of the rest are in the answer."""
    return _ingest(calls)


def _ingest(calls: Sequence[CheckedCall]) -> Ingestion:
    """Who people are comes first, so that what is told of them finds them."""
    done = Ingestion()
    by_kind: dict[str, list[CheckedCall]] = {}
    for call in calls:
        by_kind.setdefault(_kind(call), []).append(call)
    for kind, carry_out in _IN_ORDER.items():
        if kind in by_kind:
            carry_out(by_kind[kind], done)
    return done


def _kind(call: CheckedCall) -> str:
    if call.kind != "track":
        return call.kind
    if call.name == ORDER_COMPLETED:
        return "order"
    if call.name == PRODUCT_VIEWED:
        return "product"
    return "cart" if call.name in WHOLE_CARTS or call.name in CART_CHANGES else "track"


def _identify(calls: Sequence[CheckedCall], done: Ingestion) -> None:
    identifications = []
    for call in calls:
        with done.refusing(call, within="traits"):
            row = row_of_traits(object_of("traits", call.traits))
            identifications.append(
                Identification(position=call.position, key=call.key, user=call.user, visitor=call.visitor, row=row)
            )
    done.add(identify_customers(identifications))


def _alias(calls: Sequence[CheckedCall], done: Ingestion) -> None:
    done.add(
        alias_customers(
            [Aliasing(position=call.position, key=call.key, user=call.user, previous=call.previous) for call in calls]
        )
    )


def _page(calls: Sequence[CheckedCall], done: Ingestion) -> None:
    views = []
    for call in calls:
        with done.refusing(call, within="properties"):
            views.append(_told(call, _path_of(call)))
    done.add(view_pages(views))


def _product(calls: Sequence[CheckedCall], done: Ingestion) -> None:
    views = []
    for call in calls:
        with done.refusing(call, within="properties"):
            row = product_view_row(object_of("properties", call.properties))
            views.append(_told(msgspec.structs.replace(call, name=row.name), msgspec.json.encode(row).decode()))
    done.add(view_products(views))


def _track(calls: Sequence[CheckedCall], done: Ingestion) -> None:
    done.add(tell_custom_events([_told(call, call.properties) for call in calls]))


def custom_event_of(call: CheckedCall) -> ToldEvent | None:
    """What a call tells, if that is all there is to it."""
    return _told(call, call.properties) if _kind(call) == "track" else None


def _told(call: CheckedCall, properties: str) -> ToldEvent:
    system, person = person_of(call)
    return ToldEvent(
        position=call.position,
        key=call.key,
        system=system,
        person=person,
        name=call.name,
        properties=properties,
        occurred_at=call.occurred_at,
    )


def _path_of(call: CheckedCall) -> str:
    """Without what follows the path: a query may hold anything, also what nobody may keep."""
    properties = object_of("properties", call.properties)
    address = properties.get("path") or properties.get("url") or ""
    try:
        path = urlsplit(address).path if isinstance(address, str) else ""
    except ValueError:
        return ""
    return "".join(filter(str.isprintable, path))[:_LONGEST_PATH]


_IN_ORDER = {
    "identify": _identify,
    "alias": _alias,
    "cart": ingest_carts,
    "order": ingest_orders,
    "page": _page,
    "product": _product,
    "track": _track,
}
