"""What the snippet on a website may tell, and what nobody may by it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions.upsert import SHOP
from customers.models import Customer, ExternalId, IngestedEvent
from messaging.models import ConsentRecord
from sales.identity import identity_secret, new_nonce, signature_of
from sales.ingesting.calls import key_of
from sales.models import Cart, PageView, Product, ProductView, Sighting, Website
from sales.views.visits import script
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from tests.factories.sales import CartFactory, ProductFactory
from timeline.models import Event

SITE = "https://shop.example"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
VISITOR = str(uuid.uuid4())


@pytest.fixture
def website(workspace: Workspace) -> Website:
    return Website.objects.create(is_on=True, sites=["shop.example"], identity_nonce=new_nonce())


def beacon(workspace: Workspace, body: Any, *, origin: str = SITE, agent: str = FIREFOX, **headers: str) -> Any:
    """As a browser sends it: text, without a preflight, and without cookies."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Browser().post(
        f"/p/{workspace.public_key}/visits",
        content,
        content_type="text/plain;charset=UTF-8",
        headers={"Origin": origin, "User-Agent": agent, **headers},
    )


def told(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "key": str(uuid.uuid4()), "ago": 0, **fields}


def page(path: str = "/breads/rye") -> dict[str, Any]:
    return told("page", path=path)


def signed(website: Website, user: str, *events: dict[str, Any], visitor: str | None = None) -> dict[str, Any]:
    signature = signature_of(user, secret=identity_secret(website))
    return {"user": user, "signature": signature, "visitor": visitor, "events": events}


def known_as(user: str, **fields: Any) -> Customer:
    customer: Customer = CustomerFactory(**fields)
    ExternalId.objects.create(customer=customer, source=SHOP, value=user)
    return customer


def written() -> tuple[int, ...]:
    return tuple(
        each.objects.count()
        for each in (Customer, ExternalId, PageView, ProductView, Cart, Event, IngestedEvent, ConsentRecord, Product)
    )


def test_the_script_is_small_and_for_every_site(db: None) -> None:
    response = Browser().get("/p/rapport.js")

    assert len(response.content) < 3_000
    assert response.content == script()[0]
    assert b"//" not in response.content.replace(b"://", b"")
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "max-age=3600" in response["Cache-Control"]
    assert not response.cookies
    assert Browser().get("/p/rapport.js", headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_a_signed_customer_s_views_and_cart_are_theirs(workspace: Workspace, website: Website) -> None:
    anna, rye = known_as("1042"), ProductFactory(sku="RYE")
    events = [
        page(),
        told("product", id="RYE", name="Rye loaf", price="4.20", currency="EUR", url=f"{SITE}/breads/rye"),
        told("cart", id="c-1", items=[{"product": "RYE", "quantity": 2, "price": 4.2}], url=f"{SITE}/cart"),
    ]

    response = beacon(workspace, signed(website, "1042", *events))

    assert (response.status_code, response.content) == (204, b"")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert not response.cookies
    assert PageView.objects.get().path == "/breads/rye"
    view = ProductView.objects.get()
    assert (view.sku, view.name, view.price_minor, view.currency) == ("RYE", "Rye loaf", 420, "EUR")
    cart = Cart.objects.get()
    assert (cart.key, cart.total_minor, cart.url) == ("c-1", 840, f"{SITE}/cart")
    assert cart.lines.get().product == rye
    assert {PageView.objects.get().customer, view.customer, cart.customer} == {anna}
    kinds = Event.objects.order_by("pk").values_list("kind", "customer_id", "actor")
    assert sorted(kinds) == [(each, anna.pk, "visitor") for each in ("CartUpdated", "PageViewed", "ProductViewed")]


def test_what_a_page_says_of_its_product_is_taken_as_far_as_it_is_good(workspace: Workspace, website: Website) -> None:
    known_as("1042")
    good = told("product", read=True, id="RYE", name="Rye loaf", price="4.20", currency="EUR", url=f"{SITE}/rye")
    odd = told(
        "product", read=True, id="B" * 81, name="Bun", price="1,20 €", currency="EUR", url="https://else.where/bun"
    )
    unclear = told("product", read=True, id="CAKE", price="3.10", currency="Euro")
    nothing = told("product", read=True, id="\u0007", price="1")

    assert beacon(workspace, signed(website, "1042", good, odd, unclear, nothing, page())).status_code == 204

    views = ProductView.objects.values_list("sku", "name", "price_minor", "url")
    assert sorted(views, key=lambda view: view[1], reverse=True) == [
        ("RYE", "Rye loaf", 420, f"{SITE}/rye"),
        ("", "Bun", None, ""),
        ("CAKE", "", None, ""),
    ]
    assert PageView.objects.exists()
    said = {**odd, "key": str(uuid.uuid4()), "read": False}
    assert beacon(workspace, signed(website, "1042", said)).status_code == 422


def test_of_nobody_nothing_is_kept(workspace: Workspace, website: Website) -> None:
    before = written()

    assert beacon(workspace, {"events": [page(), told("identify")]}).status_code == 204

    assert written() == before
    assert Sighting.objects.get().site == "shop.example"


def test_a_visitor_who_agreed_is_known_and_becomes_who_they_are(
    workspace: Workspace, website: Website, drained: Callable[[], AbstractContextManager[None]]
) -> None:
    anna = known_as("1042", name="Anna Bloom")
    with drained():
        beacon(workspace, {"visitor": VISITOR, "events": [page("/a")]})
    stranger = PageView.objects.get().customer
    assert stranger.is_anonymous

    with drained():
        beacon(workspace, signed(website, "1042", page("/b"), told("identify"), visitor=VISITOR))
    beacon(workspace, {"visitor": VISITOR, "events": [page("/c")]})

    assert list(PageView.objects.order_by("pk").values_list("path", "customer")) == [
        ("/a", anna.pk),
        ("/b", anna.pk),
        ("/c", anna.pk),
    ]
    anna.refresh_from_db()
    assert anna.name == "Anna Bloom"


def test_without_consent_a_signed_customer_gets_no_visitor_s_id(workspace: Workspace, website: Website) -> None:
    anna = known_as("1042")

    beacon(workspace, signed(website, "1042", told("identify"), page()))

    assert list(ExternalId.objects.values_list("source", "value", "customer")) == [("shop", "1042", anna.pk)]


def test_a_beacon_sent_twice_counts_once(workspace: Workspace, website: Website) -> None:
    known_as("1042")
    body = signed(website, "1042", page(), told("product", id="RYE"), told("cart", id="c", items=[{"name": "Bun"}]))

    for _ in range(2):
        assert beacon(workspace, body).status_code == 204

    assert (PageView.objects.count(), ProductView.objects.count()) == (1, 1)
    assert Event.objects.count() == 3


def test_a_page_s_key_is_not_that_of_a_program(workspace: Workspace, website: Website) -> None:
    """Else whoever guessed what the shop's server will send could have it passed over."""
    view = page()
    beacon(workspace, {"visitor": VISITOR, "events": [view]})

    assert not IngestedEvent.objects.filter(key=key_of(view["key"])).exists()
    assert IngestedEvent.objects.count() == 1


@pytest.mark.parametrize(
    "forged",
    [
        {"user": "1042"},
        {"user": "1042", "signature": ""},
        {"user": "1042", "signature": "0" * 64},
        {"user": "1042", "signature": "é" * 64},
        {"user": "no-such-customer", "signature": "0" * 64},
        {"user": 1042, "signature": None},
    ],
)
def test_an_id_that_nobody_signed_is_refused_alike_known_or_not(
    workspace: Workspace, website: Website, forged: dict[str, Any]
) -> None:
    known_as("1042")
    before = written()

    response = beacon(workspace, {**forged, "visitor": VISITOR, "events": [page(), told("identify")]})

    assert response.status_code == 422
    error = response.json()["error"]
    assert (error["code"], error["param"]) == ("wrong_signature", "signature")
    assert error["message"] == "This is not the signature of that user."
    assert written() == before


def test_a_secret_is_the_workspace_s_own_and_ends_when_a_new_one_is_made(
    workspace: Workspace, website: Website, other_workspace: Workspace, settings: LazySettings
) -> None:
    old = signed(website, "1042", page())
    with workspace_scope(other_workspace):
        theirs = Website.objects.create(is_on=True, sites=["shop.example"], identity_nonce=website.identity_nonce)
    assert beacon(workspace, signed(theirs, "1042", page())).status_code == 422

    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key" * 5
    assert beacon(workspace, old).status_code == 204, "while the installation's key is being changed"
    website.identity_nonce = new_nonce()
    website.save()
    assert beacon(workspace, old).status_code == 422


@pytest.mark.parametrize("traits", [{"email": "anna@mail.example"}, {"traits": {"email": "a@b.example"}}])
def test_an_address_that_was_typed_in_a_browser_is_not_taken(
    workspace: Workspace, website: Website, traits: dict[str, Any]
) -> None:
    CustomerFactory(email="anna@mail.example", email_norm="anna@mail.example")
    before = written()

    for body in ({"events": [told("identify", **traits)]}, {"visitor": VISITOR, "events": [page()], **traits}):
        response = beacon(workspace, body)
        assert response.status_code == 422
        assert "unknown field" in response.json()["error"]["message"]

    assert written() == before


def test_nobody_changes_the_cart_of_another(workspace: Workspace, website: Website) -> None:
    anna = known_as("1042")
    known_as("7")
    beacon(workspace, signed(website, "1042", told("cart", id="c-1", items=[{"name": "Rye", "price": 4}])))
    ownerless = CartFactory(key="till-3", customer=None)
    evil = [{"name": "Pay at evil.example", "price": 999}]

    answers = [
        beacon(workspace, {"visitor": VISITOR, "events": [told("cart", id=key, items=items)]}).status_code
        for key, items in (("c-1", evil), ("c-1", []), ("till-3", evil), ("mine", evil))
    ]
    answers.append(beacon(workspace, signed(website, "7", told("cart", id="c-1", items=evil))).status_code)

    assert set(answers) == {204}, "and nobody learns which carts there are"
    cart = Cart.objects.get(key="c-1")
    assert (cart.customer, cart.total_minor, cart.lines.get().description) == (anna, 400, "Rye")
    ownerless.refresh_from_db()
    assert (ownerless.customer, ownerless.total_minor) == (None, 900)


def test_a_customer_takes_over_the_cart_that_they_filled_before(workspace: Workspace, website: Website) -> None:
    anna = known_as("1042")
    cart = told("cart", id="c-1", items=[{"name": "Rye", "price": 4}])
    beacon(workspace, {"visitor": VISITOR, "events": [cart]})

    beacon(workspace, signed(website, "1042", told("cart", id="c-1", items=[{"name": "Bun", "price": 1}])))

    assert Cart.objects.get().customer == anna
    assert Cart.objects.get().lines.get().description == "Bun"


def test_what_a_page_says_of_products_changes_no_product(workspace: Workspace, website: Website) -> None:
    ProductFactory(sku="RYE", name="Rye loaf", price_minor=420)
    name = "<script>alert(1)</script>{{ secret }}"

    beacon(workspace, {"visitor": VISITOR, "events": [told("product", id="RYE", name=name, price=0.01)]})

    assert Product.objects.values_list("name", "price_minor").get() == ("Rye loaf", 420)
    assert ProductView.objects.get().name == name


def test_scripts_in_names_are_words_on_the_timeline(owner_browser: Browser, website: Website) -> None:
    events = [told("product", name="<script>alert(1)</script>"), page("/<img src=x onerror=alert(1)>")]
    beacon(website.workspace, {"visitor": VISITOR, "events": events})

    shown = owner_browser.get(f"/customers/{Customer.objects.get().pk}/").content.decode()

    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


CODES = {400: "invalid_json", 413: "body_too_large", 422: "invalid_value"}


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        (b"", 400, None),
        (b"{", 400, None),
        (b"\xff\xfe", 400, None),
        (b"[]", 422, None),
        (b'{"events": ' + b"[" * 20_000, 422, "events[0]"),
        (b'{"events": [{"type": "page", "path": "/", "key": "1"}]}', 422, "events[0].key"),
        ({}, 422, None),
        ({"events": {}}, 422, "events"),
        ({"events": [page()] * 51}, 422, "events"),
        ({"events": [], "__proto__": {"is_on": True}}, 422, None),
        ({"events": [told("page", path="/", __proto__={})]}, 422, "events[0]"),
        ({"events": [told("order", total=5)]}, 422, "events[0].type"),
        ({"events": [told("page", path=5)]}, 422, "events[0].path"),
        ({"events": [told("page", path="/", name="\x01")]}, 422, "events[0].name"),
        ({"events": [told("page", path="/", ago=-1)]}, 422, "events[0].ago"),
        ({"events": [page(), told("product")]}, 422, "events[1].id"),
        ({"events": [told("product", id=["RYE"])]}, 422, "events[0].id"),
        ({"events": [told("product", id="RYE", price=-1)]}, 422, "events[0].price"),
        ({"events": [told("product", id="RYE", price="free")]}, 422, "events[0].price"),
        ({"events": [told("product", id="RYE", price="1e999999")]}, 422, "events[0].price"),
        ({"events": [told("product", id="RYE", price=1, currency="€")]}, 422, "events[0].currency"),
        ({"events": [told("product", id="RYE", url="javascript:alert(1)")]}, 422, "events[0].url"),
        ({"events": [told("product", id="R", url="https://evil.example/")]}, 422, "events[0].url"),
        (
            {"events": [told("cart", id="c", items=[], url="https://evil.example/")]},
            422,
            "events[0].url",
        ),
        ({"events": [told("cart", id="c")]}, 422, "events[0]"),
        (
            {"events": [told("cart", id="c", items=[{"quantity": "2"}])]},
            422,
            "events[0].items[0].quantity",
        ),
        ({"events": [told("cart", id="c", items=[{"name": "x", "quantity": 0}])]}, 422, None),
        ({"events": [told("cart", id="c", items=[{"name": "x"}] * 101)]}, 422, "events[0].items"),
        ({"visitor": "anna", "events": [page()]}, 422, "visitor"),
        ({"events": [page("/" + "x" * 70_000)]}, 413, None),
    ],
)
def test_bad_input_is_refused_in_words_and_changes_nothing(
    workspace: Workspace, website: Website, body: Any, status: int, param: str | None
) -> None:
    before = written()
    if isinstance(body, dict) and "visitor" not in body:
        body = {"visitor": VISITOR, **body}

    response = beacon(workspace, body)

    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, CODES[status]), error
    assert error["message"]
    if param:
        assert error["param"] == param, error
    assert response["Access-Control-Allow-Origin"] == "*"
    assert written() == before


def test_odd_but_good_values_are_taken(workspace: Workspace, website: Website) -> None:
    events = [
        told("page", path="/" + "é" * 5_000 + "?token=secret#x", name=None, ago=2**63 - 1),
        told("product", id=42, name="  Rye\tloaf ", price=None, url=None),
        told("cart", id=7, items=[{"product": 42, "name": "x" * 200, "price": "1e1"}], currency="eur"),
        told("cart", items=[{"product": "42", "price": 1}]),
    ]

    assert beacon(workspace, {"visitor": VISITOR, "events": events}).status_code == 204

    view = PageView.objects.get()
    assert view.path == "/" + "é" * 499
    assert ProductView.objects.values_list("sku", "name", "price_minor", "url").get() == ("42", "Rye loaf", None, "")
    assert set(Cart.objects.values_list("key", "total_minor")) == {("7", 1000), (VISITOR, 100)}


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "https://evil.example",
        "https://shop.example.evil.example",
        "https://notshop.example",
        "ftp://shop.example",
    ],
)
def test_a_site_that_is_not_named_is_refused_and_shown(workspace: Workspace, website: Website, origin: str) -> None:
    response = beacon(workspace, {"visitor": VISITOR, "events": [page()]}, origin=origin)

    assert (response.status_code, response.json()["error"]["code"]) == (403, "site_not_allowed")
    assert Customer.objects.count() == 0
    assert [each.is_taken for each in Sighting.objects.all()] == [False] * origin.startswith("http")


@pytest.mark.parametrize("origin", [SITE, "http://shop.example", "https://www.shop.example"])
def test_a_named_site_and_what_is_below_it_may_tell(workspace: Workspace, website: Website, origin: str) -> None:
    assert beacon(workspace, {"visitor": VISITOR, "events": [page()]}, origin=origin).status_code == 204
    assert PageView.objects.count() == 1


@pytest.mark.parametrize("site", ["evil-{}.example", "{}.shop.example"])
def test_invented_sites_leave_few_sightings(workspace: Workspace, website: Website, site: str) -> None:
    beacon(workspace, {"events": []}, origin=SITE)
    for number in range(13):
        beacon(workspace, {"events": []}, origin=f"https://{site.format(number)}")
        cache.clear()

    assert Sighting.objects.exclude(site="shop.example").count() <= 10
    assert Sighting.objects.filter(site=site.format(12)).exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"agent": ""},
        {"Sec-GPC": "1"},
        {"DNT": "1"},
        {"Sec-Purpose": "prefetch;prerender"},
    ],
)
def test_machines_and_who_objects_leave_no_trace(
    workspace: Workspace, website: Website, headers: dict[str, str]
) -> None:
    assert beacon(workspace, {"visitor": VISITOR, "events": [page()]}, **headers).status_code == 204
    assert Customer.objects.count() == Sighting.objects.count() == 0


def test_switched_off_says_so(workspace: Workspace, website: Website) -> None:
    Website.objects.update(is_on=False)

    response = beacon(workspace, {"visitor": VISITOR, "events": [page()]})
    Website.objects.all().delete()

    assert (response.status_code, response.json()["error"]["code"]) == (403, "website_off")
    assert beacon(workspace, {"events": []}).status_code == 403
    assert Customer.objects.count() == Sighting.objects.count() == 0


@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
def test_only_a_post_tells(workspace: Workspace, website: Website, method: str) -> None:
    response = getattr(Browser(), method)(f"/p/{workspace.public_key}/visits", headers={"Origin": SITE})

    assert response.status_code == 405
    assert Sighting.objects.count() == 0


def test_a_program_of_the_shop_s_may_ask_first(workspace: Workspace) -> None:
    response = Browser().options(f"/p/{workspace.public_key}/visits", headers={"Origin": SITE})

    assert response.status_code == 204
    assert (response["Access-Control-Allow-Origin"], response["Access-Control-Allow-Methods"]) == ("*", "POST")
    assert response["Access-Control-Allow-Headers"] == "Content-Type"


def test_a_key_that_is_nobody_s_is_not_found(workspace: Workspace, website: Website) -> None:
    for key in ("forged", "x" * 32, workspace.slug, "%00", "a%00b"):
        response = Browser().post(f"/p/{key}/visits", b"{}", content_type="text/plain", headers={"Origin": SITE})
        assert response.status_code == 404
    assert Sighting.objects.count() == 0


def test_a_key_opens_its_own_workspace_only(workspace: Workspace, website: Website, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        Website.objects.create(is_on=True, sites=["flowers.example"])
        theirs = CartFactory(key="c-1")

    beacon(workspace, {"visitor": VISITOR, "events": [told("cart", id="c-1", items=[{"name": "Rye", "price": 1}])]})

    assert Cart.objects.get().lines.get().description == "Rye"
    with workspace_scope(other_workspace):
        theirs.refresh_from_db()
        assert (theirs.total_minor, Customer.objects.filter(is_anonymous=True).count()) == (900, 0)


def test_a_connection_has_its_limit(workspace: Workspace, website: Website, settings: LazySettings) -> None:
    settings.VISITS_BURST_OF_CONNECTION, settings.VISITS_PER_SECOND_OF_CONNECTION = 2, 0.01
    answers = [beacon(workspace, {"events": []}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [204, 204, 429]
    assert answers[2].json()["error"]["code"] == "rate_limited"
    assert 90 <= int(answers[2]["Retry-After"]) <= 100


def test_no_junk_uses_up_what_the_sites_of_a_workspace_may_tell(
    workspace: Workspace, website: Website, settings: LazySettings
) -> None:
    settings.VISITS_BURST, settings.VISITS_PER_SECOND = 1, 0.01
    junk = [beacon(workspace, b"{"), beacon(workspace, {"events": []}, origin="https://evil.example")]
    answers = [beacon(workspace, {"events": []}) for _ in range(2)]

    assert [answer.status_code for answer in [*junk, *answers]] == [400, 403, 204, 429]
    assert 90 <= int(answers[1]["Retry-After"]) <= 100


def test_somebody_erased_stays_erased_and_nobody_learns_it(workspace: Workspace, website: Website) -> None:
    known_as("1042", erased_at=timezone.now())
    before = written()

    response = beacon(workspace, signed(website, "1042", page(), told("cart", id="c", items=[{"name": "Rye"}])))

    assert response.status_code == 204
    assert written() == before


@pytest.mark.parametrize("count", [1, 3])
def test_the_queries_of_a_beacon_do_not_grow(workspace: Workspace, website: Website, count: int) -> None:
    known_as("1042")
    beacon(workspace, {"events": []})

    with CaptureQueriesContext(connection) as queries:
        beacon(workspace, signed(website, "1042", *(page(f"/{number}") for number in range(count))))

    assert len(queries) == 8
