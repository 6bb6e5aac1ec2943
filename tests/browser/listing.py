"""Which pages there are: read from the URL confs, so that a new one is looked at without being listed here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from accounts.actions import invite_member
from accounts.models import Role, User, Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from messaging.actions import join
from messaging.links import links_for
from messaging.models import Message, SubscriptionTopic
from messaging.tracking.marking import HONEYPOT
from sales.models import Cart, Order, Product
from tests.architecture.access.street import ROWS


@dataclass(frozen=True)
class PageToOpen:
    """`name` says what its picture is called."""

    name: str
    url: str


# A style sheet, pictures, what programs call, and letters: tests/browser/test_mailbox.py looks at those.
NO_PAGE = {"brand_css", "mailbox_answer", "provider_call", "visit", "logo_image", "mailbox_message", "mailbox_html"}
# What people read of the API; the rest of it is for programs.
API_PAGES = ["api:api_reference", "api:api_errors"]
# The fullest object of each kind, instead of the bare one that the access matrix makes.
FULLEST: dict[str, Callable[[], Any]] = {
    "customer_id": lambda: Customer.objects.filter(facts__orders_count__gt=0).order_by("-facts__orders_count").first(),
    "order_id": lambda: Order.objects.filter(refunded_minor__gt=0).order_by("-units").first(),
    "product_id": lambda: Product.objects.order_by("pk").first(),
    "cart_id": lambda: Cart.objects.exclude(customer=None).order_by("pk").first(),
}


def member_pages(workspace: Workspace, user: User, *, with_objects: bool = True) -> list[PageToOpen]:
    """Pages of a workspace. Without objects: those that need nothing to exist."""
    client = Client()
    client.force_login(user)
    pages = []
    for name, row in sorted(ROWS.items()):
        if not row.get:
            continue
        with workspace_scope(workspace, actor=f"user:{user.pk}"):
            kwargs = row.make() if with_objects else {}
            kwargs |= {key: FULLEST[key]().pk for key in kwargs if key in FULLEST}
        if not with_objects and _wants_arguments(name):
            continue
        path = reverse(name, urlconf=settings.WORKSPACE_URLCONF, kwargs=kwargs)
        # A list is looked at as a whole; what is about one object may show nothing until it is asked.
        url = f"/w/{workspace.slug}{path}" + (f"?{row.query}" if row.query and kwargs else "")
        if _is_page(client.get(url)):
            pages.append(PageToOpen(name.replace(":", "-"), url))
    return pages


def public_pages(workspace: Workspace, user: User) -> tuple[list[PageToOpen], list[PageToOpen]]:
    """Pages outside the workspaces: those for strangers, and those that only somebody signed in sees."""
    stranger, member = Client(), Client()
    member.force_login(user)
    for_strangers, for_members = [], []
    for name, url in public_addresses(workspace, user):
        if _is_page(stranger.get(url)):
            for_strangers.append(PageToOpen(name, url))
        elif _is_page(member.get(url)):
            for_members.append(PageToOpen(name, url))
    return for_strangers, for_members


def public_addresses(workspace: Workspace, user: User) -> Iterator[tuple[str, str]]:
    """The name and the address of each, for workspaces in which somebody was written to."""
    links = _links(workspace, user)
    for name in API_PAGES:
        yield name.replace(":", "-"), reverse(name, urlconf=settings.ROOT_URLCONF)
    for pattern in _patterns(get_resolver(settings.ROOT_URLCONF)):
        name = pattern.name or ""
        if name in links:
            yield name, links[name]
        elif pattern.pattern.regex.groups == 0:
            yield name, reverse(name, urlconf=settings.ROOT_URLCONF)
        else:
            assert name in NO_PAGE, f"Say in {__name__} how the public page {name!r} is opened."


def _patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            yield each
        elif not str(each.pattern).startswith("api/"):
            yield from _patterns(each)


def _links(workspace: Workspace, user: User) -> dict[str, str]:
    """What people find in their mail, and the page to join."""
    with workspace_scope(workspace, actor=f"user:{user.pk}"):
        _, secret = invite_member(email="new@people.example", role=Role.AGENT, invited_by=user)
        greeting = Message.objects.exclude(topic=None).exclude(customer=None).select_related("topic")[0]
        greeted = links_for([greeting], tracked=True)[greeting.pk]
        customer = Customer.objects.exclude(email="").latest("pk")
        asking = join(
            name=customer.name,
            email=customer.email,
            birthday=None,
            topics=list(SubscriptionTopic.objects.in_use()),
            ip=None,
        )
        asked = links_for([asking])[asking.pk]
    address = EmailAddress.objects.get_or_create(user=user, email=user.email)[0]
    reset = {"uidb36": user_pk_to_url_str(user), "key": EmailAwarePasswordResetTokenGenerator().make_token(user)}
    return {
        "invitation_detail": reverse("invitation_detail", args=[secret]),
        "account_confirm_email": reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key]),
        "account_reset_password_from_key": reverse("account_reset_password_from_key", kwargs=reset),
        "unsubscribe": urlsplit(greeted.unsubscribe_url).path,
        "preferences": urlsplit(greeted.preferences_url).path,
        "confirmation": urlsplit(asked.confirmation_url).path,
        "click": f"{urlsplit(greeted.click_url).path}{HONEYPOT}/",
        "opening": urlsplit(greeted.open_url).path,
        "join": reverse("join", args=[workspace.public_key]),
        "workspace_list": f"{reverse('workspace_list')}?all",
    }


def _is_page(response: Any) -> bool:
    """Not a download, a part of a page, a redirect, or for POST only. What is broken is one: it is to be seen.

    Nor is a letter in its sandbox: no script runs in it, so axe would wait for ever. tests/browser/test_mailbox.py
    sees those in their frames.
    """
    if "sandbox" in response.headers.get("Content-Security-Policy", ""):
        return False
    is_html = response.headers.get("Content-Type", "").startswith("text/html")
    return response.status_code not in {302, 404, 405} and is_html and b"<html" in response.content


def _wants_arguments(name: str) -> bool:
    try:
        reverse(name, urlconf=settings.WORKSPACE_URLCONF)
    except NoReverseMatch:
        return True
    return False
