"""The snippet on a shop of another origin: what it tells, what it stores, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, Request, Response
from pytest_django.live_server_helper import LiveServer

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions.upsert import SHOP
from customers.models import Customer, ExternalId
from messaging.actions.flow_presets import add_flow_from_preset
from messaging.actions.flows import switch_on_flow
from messaging.models import Enrolment
from messaging.rendering.lists import products_viewed_by
from sales.identity import identity_secret, new_nonce, signature_of
from sales.models import Cart, PageView, ProductView, Sighting, Website
from sales.sites import site_of
from tests.browser.conftest import OpenPage
from tests.factories.customers import CustomerFactory
from tests.factories.sales import ProductFactory
from timeline.drain import drain_workspace

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

# Playwright's own says that nobody sits in front of it.
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
# What a shop says before the snippet has come, in a script of its own: its policy allows none in the page.
EARLY = """
window.rapport = window.rapport || function () { (rapport.q = rapport.q || []).push(arguments); };
rapport("product", {id: "RYE", name: "Cheap rye", price: "0.01"});
"""
# What shops tell search engines of a page, and what social networks.
FOR_SEARCH = """<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
    {"@type": "BreadcrumbList"}, {"@type": ["Product"], "sku": "RYE", "name": "Rye // \'dark\'", "offers":
    [{"@type": "Offer", "price": 4.2, "priceCurrency": "EUR"}]}]}</script>"""
FOR_NETWORKS = """
document.querySelector("[type='application/ld+json']").remove();
const price = {"product:price:amount": "1.00", "product:price:currency": "EUR"};
const about = {"og:type": "product", "og:title": "Bun", ...price};
for (const [name, content] of Object.entries(about)) {
    const meta = document.createElement("meta");
    meta.setAttribute("property", name);
    meta.content = content;
    document.head.append(meta);
}
history.pushState({}, "", "/buns");
"""
STORED = "[document.cookie, {...localStorage}, {...sessionStorage}]"


@contextmanager
def shop(rapport: str, workspace: Workspace) -> Iterator[str]:
    """The address of a shop whose every page carries the snippet, under a strict Content-Security-Policy."""
    tag = f'<script async src="{rapport}/p/rapport.js" data-workspace="{workspace.public_key}"></script>'
    page = f'<!doctype html><html lang="en"><title>Rye</title><script src="/shop.js"></script>{tag}<h1>Rye</h1></html>'
    # A page that says on its tag what became of consent is called after it.
    pages = {
        f"/{word}": page.replace("async", f'async data-consent="{word}"') for word in ("granted", "denied", "required")
    }
    pages["/described"] = page.replace('<script src="/shop.js"></script>', FOR_SEARCH)
    policy = f"default-src 'none'; script-src 'self' {rapport}; connect-src {rapport}"

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_script = self.path == "/shop.js"
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if is_script else "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write((EARLY if is_script else pages.get(self.path, page)).encode())

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def shop_url(live_server: LiveServer, bakery: Workspace) -> Iterator[str]:
    with shop(live_server.url, bakery) as url:
        with workspace_scope(bakery):
            Website.objects.create(is_on=True, sites=[site_of(url)], identity_nonce=new_nonce())
        yield url


def is_visit(told: Request | Response) -> bool:
    return told.url.endswith("/visits")


def told_by(page: Page, doing: str) -> dict[str, Any]:
    """What the page tells after this script; all of it is taken."""
    with page.expect_response(is_visit) as answered:
        page.evaluate(doing)
    assert answered.value.status == 204
    body: dict[str, Any] = json.loads(answered.value.request.post_data or "")
    return body


def without_key(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in {"key", "ago"}}


def work(bakery: Workspace) -> None:
    while drain_workspace(bakery):
        pass


def enrolled(bakery: Workspace) -> list[tuple[str, int]]:
    with workspace_scope(bakery):
        return list(Enrolment.objects.waiting().values_list("flow__preset", "customer").order_by("pk"))


def tells(what: str) -> Callable[[Response], bool]:
    """Whether a visit tells this. What a page tells may come in several requests, answered in any order."""
    return lambda told: is_visit(told) and f'"{what}"' in (told.request.post_data or "")


def assert_that_pages_are_read(page: Page, shop_url: str, *, by: str) -> None:
    """Their products by what they say of them to others."""
    read = {"type": "product", "read": True, "currency": "EUR"}

    with page.expect_response(tells("product")) as known:
        page.goto(f"{shop_url}/described")
    told = json.loads(known.value.request.post_data or "")
    assert told["visitor"] == by
    expected = read | {"id": "RYE", "name": "Rye // 'dark'", "price": "4.2", "url": f"{shop_url}/described"}
    assert without_key(told["events"][-1]) == expected

    with page.expect_response(tells("product")) as moved:
        page.evaluate(FOR_NETWORKS)
    told = json.loads(moved.value.request.post_data or "")
    assert without_key(told["events"][-1]) == read | {"name": "Bun", "price": "1.00", "url": f"{shop_url}/buns"}


def test_reminders_work_by_themselves(open_page: OpenPage, bakery: Workspace, shop_url: str) -> None:
    with workspace_scope(bakery):
        anna: Customer = CustomerFactory(name="Anna Bloom")
        ExternalId.objects.create(customer=anna, source=SHOP, value="1042")
        ProductFactory(sku="RYE", name="Rye loaf", price_minor=420, url="https://bakery.example/rye")
        for preset in ("browse", "cart"):
            switch_on_flow(add_flow_from_preset(preset))
        signature = signature_of("1042", secret=identity_secret(Website.objects.get()))
    work(bakery)
    page = open_page(user_agent=CHROME)

    # Nobody has been asked: it is heard that a page was opened, and that is all.
    with page.expect_response(is_visit) as greeting:
        page.goto(f"{shop_url}/breads/rye?campaign=x#top")
    assert (greeting.value.status, json.loads(greeting.value.request.post_data or "")) == (204, {"events": []})
    page.evaluate("rapport('cart', {id: 'c-0', items: []}); new Promise(done => setTimeout(done, 700))")
    assert page.evaluate(STORED) == ["", {}, {}]
    assert page.context.cookies() == []
    with workspace_scope(bakery):
        assert Sighting.objects.get().is_taken
        assert (PageView.objects.count(), ProductView.objects.count(), Cart.objects.count()) == (0, 0, 0)

    # They agree: what waited in the page is told under a random id, which is all that is stored.
    told = told_by(page, "rapport('consent', true)")
    assert [each["type"] for each in told["events"]] == ["page", "product", "cart"]
    assert told["events"][0]["path"] == "/breads/rye"
    _, kept, of_session = page.evaluate(STORED)
    assert (kept, of_session) == ({"rapport": told["visitor"]}, {})
    assert UUID(told["visitor"])
    with workspace_scope(bakery):
        assert PageView.objects.get().customer.is_anonymous

    # They sign in, and look at another page of the shop without its being loaded anew.
    told_by(page, f"rapport('identify', {{id: 1042, signature: '{signature}'}})")
    told = told_by(
        page, "history.pushState({}, '', '/breads/bun'); rapport('product', {id: 'BUN', name: 'Bun', price: 1})"
    )
    assert [each["type"] for each in told["events"]] == ["page", "product"]
    work(bakery)

    assert ("browse", anna.pk) in enrolled(bakery)
    with workspace_scope(bakery):
        assert set(PageView.objects.values_list("path", "customer")) == {
            ("/breads/rye", anna.pk),
            ("/breads/bun", anna.pk),
        }
        seen = [(each["name"], each["price"], each["product_url"]) for each in products_viewed_by([anna.pk])[anna.pk]]
    assert seen == [
        ("Bun", "€1.00", f"{shop_url}/breads/bun"),
        ("Rye loaf", "€4.20", "https://bakery.example/rye"),
    ]

    # A cart ends the one reminder and begins the other.
    items = "[{product: 'RYE', quantity: 2, price: 4.2}]"
    told_by(page, f"rapport('cart', {{id: 'c-1', items: {items}, url: '{shop_url}/cart'}})")
    work(bakery)
    assert [entry for entry in enrolled(bakery) if entry[1] == anna.pk] == [("cart", anna.pk)]

    # They sign out: whoever comes next to this browser is somebody else.
    page.evaluate("rapport('forget')")
    other = page.evaluate(STORED)[1]["rapport"]
    assert other != kept["rapport"]

    # The next page knows them by the stored id.
    assert_that_pages_are_read(page, shop_url, by=other)

    # Taken back, it is deleted and nothing more is told.
    later: list[Request] = []
    page.on("request", lambda request: later.append(request) if is_visit(request) else None)
    page.evaluate("rapport('consent', false); rapport('page'); new Promise(done => setTimeout(done, 700))")
    assert page.evaluate(STORED) == ["", {}, {}]
    assert later == []


def test_a_page_may_say_itself_what_became_of_consent(open_page: OpenPage, bakery: Workspace, shop_url: str) -> None:
    page = open_page(user_agent=CHROME)

    # The product that was told early follows in a request of its own, which may be answered sooner.
    with page.expect_response(tells("page")) as agreed:
        page.goto(f"{shop_url}/granted")
    told = json.loads(agreed.value.request.post_data or "")
    assert (told["visitor"], told["events"][0]["path"]) == (page.evaluate(STORED)[1]["rapport"], "/granted")

    page.goto(f"{shop_url}/denied")
    page.wait_for_function("window.rapport.on && !localStorage.length")

    with workspace_scope(bakery):
        signature = signature_of("1042", secret=identity_secret(Website.objects.get()))
    with page.expect_response(is_visit) as greeting:
        page.goto(f"{shop_url}/required")
    assert json.loads(greeting.value.request.post_data or "") == {"events": []}
    page.evaluate(f"rapport('identify', {{id: '1042', signature: '{signature}'}})")
    told = told_by(page, "new Promise(done => setTimeout(done, 700)).then(() => rapport('consent', true))")
    assert [each["type"] for each in told["events"]] == ["page", "product", "identify"]
    assert told["visitor"]


def test_who_objects_is_left_alone_and_mistakes_are_told_to_the_console(
    open_page: OpenPage, bakery: Workspace, shop_url: str
) -> None:
    page = open_page(user_agent=CHROME)
    page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
    told: list[Request] = []
    page.on("request", lambda request: told.append(request) if is_visit(request) else None)

    page.goto(shop_url)
    page.wait_for_function("window.rapport.on")
    page.evaluate("rapport('consent', true); rapport('page'); new Promise(done => setTimeout(done, 700))")

    assert told == []
    assert page.evaluate(STORED) == ["", {}, {}]

    page = open_page(user_agent=CHROME)
    page.goto(shop_url)
    page.wait_for_function("window.rapport.on")
    with page.expect_console_message(lambda message: "not the signature" in message.text):
        page.evaluate("rapport('identify', {id: '1042', signature: 'forged'})")
    with page.expect_console_message(lambda message: message.text.startswith("rapport: no_such_call")):
        page.evaluate("rapport('no_such_call')")
    with workspace_scope(bakery):
        assert Customer.objects.count() == 0
