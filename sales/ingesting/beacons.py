"""What the snippet on a website sends, read strictly: anybody may send anything to an address that is public."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from accounts.rest.errors import ApiError
from customers.refusals import Refused
from sales.ingesting.calls import NOTHING, CheckedCall, error_of, key_of
from sales.ingesting.commerce import CART_UPDATED, PRODUCT_VIEWED, cart_row, product_view_row
from sales.ingesting.tellers import Teller
from sales.sites import is_on_one_of

# What browsers let a page send while it closes.
LARGEST_BEACON = 64 * 1024
MOST_EVENTS = 50
MOST_ITEMS = 100
# A page that was left open over night may still have something to tell, and no page is open for ever.
LONGEST_AGO_MS = 24 * 3600 * 1000
# Other systems name their calls too, and must not be able to name ours, nor we theirs.
_NAMESPACE = "website:"

# As `crypto.randomUUID` makes them.
Random = Annotated[str, Meta(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Name = Annotated[str, Meta(max_length=200)] | int | None
Address = Annotated[str, Meta(max_length=500)] | None
Amount = Annotated[str, Meta(max_length=200)] | int | float | None


class Item(Struct, frozen=True, forbid_unknown_fields=True):
    product: Name = None
    name: Name = None
    price: Amount = None
    quantity: int = 1

    def as_product(self) -> dict[str, Any]:
        return {"sku": self.product, "name": self.name, "price": self.price, "quantity": self.quantity}


class Told(Struct, frozen=True, kw_only=True):
    """`key` is random and the same however often it is sent; `ago` says how many milliseconds before."""

    key: Random
    ago: Annotated[int, Meta(ge=0)] = 0


class PageTold(Told, frozen=True, tag="page", forbid_unknown_fields=True):
    path: str
    name: Name = None

    def properties(self) -> dict[str, Any]:
        """As Segment's calls have them; so with the others."""
        return {"path": self.path}


class ProductTold(Told, frozen=True, tag="product", forbid_unknown_fields=True):
    id: Name = None
    name: Name = None
    price: Amount = None
    currency: Name = None
    url: Address = None
    # Nobody said so: the snippet found it in what the page tells search engines of itself.
    read: bool = False

    def properties(self) -> dict[str, Any]:
        about = {"sku": self.id, "name": self.name, "price": self.price, "currency": self.currency, "url": self.url}
        return {name: value for name, value in about.items() if value not in {None, ""}}


class CartTold(Told, frozen=True, tag="cart", forbid_unknown_fields=True):
    items: Annotated[list[Item], Meta(max_length=MOST_ITEMS)]
    id: Name = None
    currency: Name = None
    url: Address = None

    def properties(self) -> dict[str, Any]:
        products = [item.as_product() for item in self.items]
        return {"cart_id": self.id, "products": products, "currency": self.currency, "url": self.url}


class IdentityTold(Told, frozen=True, tag="identify", forbid_unknown_fields=True):
    """That the visitor is the beacon's user, and stays so."""

    def properties(self) -> dict[str, Any]:
        return {}


Event = PageTold | ProductTold | CartTold | IdentityTold


class Beacon(Struct, frozen=True, forbid_unknown_fields=True):
    """`visitor`: a random id that the visitor agreed to be known by. `user`: the shop's id of a customer, signed."""

    events: Annotated[list[Event], Meta(max_length=MOST_EVENTS)]
    visitor: Random | None = None
    user: Name = None
    signature: Annotated[str, Meta(max_length=200)] | None = None


@dataclass(frozen=True)
class Who:
    """On whose account a beacon is kept. Both may be empty: then nothing of it is."""

    user: str
    visitor: str


_decode = msgspec.json.Decoder(Beacon).decode
_NAMES = {ProductTold: PRODUCT_VIEWED, CartTold: CART_UPDATED, IdentityTold: ""}
_KINDS = {PageTold: "page", ProductTold: "track", CartTold: "track", IdentityTold: "identify"}
# What a page calls what Segment calls otherwise.
_FIELDS = {"sku": "id", "cart_id": "id"}


def read_beacon(body: bytes) -> Beacon:
    """Raises ApiError for what no snippet of ours sends."""
    if len(body) > LARGEST_BEACON:
        raise ApiError("body_too_large", f"The body has {len(body):,} bytes; at most {LARGEST_BEACON:,} are taken.")
    try:
        return _decode(body)
    except (ValueError, RecursionError) as error:
        raise error_of(error) from None


def calls_of(beacon: Beacon, who: Who, *, sites: Sequence[str], now: datetime) -> list[CheckedCall]:
    """The beacon as calls of the API, each found good. Raises ApiError, naming the event and its field."""
    return [
        call
        for position, told in enumerate(beacon.events)
        if who.user or not isinstance(told, IdentityTold)
        if (call := _call(told, who, position=position, sites=sites, now=now))
    ]


def _call(told: Event, who: Who, *, position: int, sites: Sequence[str], now: datetime) -> CheckedCall | None:
    properties = told.properties()
    if isinstance(told, ProductTold) and told.read and not _leave_out_faults(told, properties, sites):
        return None
    name = " ".join(str(told.name or "").split()) if isinstance(told, PageTold) else _NAMES[type(told)]
    for field, message in _faults(told, properties, name, sites):
        raise ApiError("invalid_value", message, param=f"events[{position}].{_FIELDS.get(field, field)}")
    return CheckedCall(
        position=position,
        kind=_KINDS[type(told)],
        key=key_of(_NAMESPACE + told.key),
        user=who.user,
        visitor=who.visitor,
        previous="",
        name=name,
        occurred_at=(now - timedelta(milliseconds=min(told.ago, LONGEST_AGO_MS))).isoformat(),
        properties=msgspec.json.encode(properties).decode(),
        traits=NOTHING,
        teller=Teller.CUSTOMER if who.user else Teller.VISITOR,
    )


def _leave_out_faults(told: ProductTold, properties: dict[str, Any], sites: Sequence[str]) -> bool:
    """Whether it still is a product. Pages describe it for others: its faults must not lose who looked at it."""
    while fault := next(_faults(told, properties, "", sites), None):
        field = fault[0]
        if field not in properties:
            return False
        del properties[field]
        if field == "currency":  # a price in another one is none
            properties.pop("price", None)
    return True


def _faults(told: Event, properties: dict[str, Any], name: str, sites: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What is wrong, by field: said before anything is looked up, so that it says nothing of what is known."""
    try:
        if isinstance(told, ProductTold):
            product_view_row(properties)
        elif isinstance(told, CartTold):
            cart_row(properties, person="", is_whole=True)
    except Refused as refusal:
        yield refusal.field, str(refusal)
    url = properties.get("url")
    if url and not is_on_one_of(sites, url):
        yield "url", "The address must lead to one of the sites that are named in the settings."
    if not name.isprintable():
        yield "name", "A name has printable characters only."
