"""The sidebar, declared in one place. Who sees an entry is said by its page alone: see `Entry`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, role_has
from accounts.requests import WorkspaceRequest


@dataclass(frozen=True)
class Entry:
    """A page of the sidebar. It is shown to members whose role holds the permission that the page's view names."""

    url_name: str
    icon: str
    label: str | Promise
    key: str = ""  # goes there after `g`


@dataclass(frozen=True)
class Section:
    label: str | Promise
    entries: list[Entry]


SECTIONS = [
    Section("", [Entry("metrics:overview", "layout-dashboard", _("Overview"), "o")]),
    Section(
        _("Relationships"),
        [
            Entry("customers:customer_list", "users", _("Customers"), "c"),
            Entry("customers:segment_list", "filter", _("Segments"), "e"),
            Entry("customers:import_list", "file-import", _("Imports"), "i"),
        ],
    ),
    Section(
        _("Sales"),
        [
            Entry("sales:order_list", "receipt", _("Orders"), "r"),
            Entry("sales:product_list", "package", _("Products"), "p"),
            Entry("sales:cart_list", "shopping-cart", _("Carts"), "t"),
        ],
    ),
    Section(
        _("Messages"),
        [
            Entry("messaging:message_list", "mail", _("Messages"), "m"),
            Entry("messaging:campaign_list", "send", _("Campaigns"), "a"),
            Entry("messaging:flow_list", "arrow-merge", _("Flows"), "f"),
            Entry("messaging:reply_list", "message-circle", _("Replies")),
            Entry("messaging:template_list", "file-text", _("Templates"), "l"),
            Entry("messaging:birthday_greeting", "cake", _("Birthday greeting"), "b"),
            Entry("messaging:birthday_list", "gift", _("Birthdays ahead")),
            Entry("messaging:topic_list", "tags", _("Topics")),
            Entry("messaging:explanation", "help-circle", _("Why?")),
            Entry("messaging:policy_list", "clock", _("Limits & quiet hours")),
            Entry("messaging:suppression_list", "ban", _("Blocked addresses")),
            Entry("messaging:join_page", "user-plus", _("Join page")),
        ],
    ),
    Section(
        _("Settings"),
        [
            Entry("accounts:workspace_settings", "settings", _("Workspace"), "s"),
            Entry("sales:website", "world", _("Website")),
            Entry("messaging:tracking_edit", "eye", _("Opens and clicks")),
            Entry("accounts:member_list", "users-group", _("Members")),
            Entry("accounts:api_key_list", "key", _("API keys")),
            Entry("accounts:audit_list", "history", _("Audit")),
            Entry("timeline:dead_letter_list", "alert-triangle", _("Failed events")),
        ],
    ),
]
CUSTOMER_SEARCH = "customers:customer_search"


@dataclass(frozen=True)
class Link:
    url: str
    icon: str
    label: str | Promise
    key: str
    is_current: bool


@dataclass(frozen=True)
class LinkSection:
    label: str | Promise
    entries: list[Link]


@dataclass(frozen=True)
class Navigation:
    sections: list[LinkSection]
    customer_search_url: str

    @property
    def current(self) -> Link | None:
        return next((link for section in self.sections for link in section.entries if link.is_current), None)


def navigation_for(request: WorkspaceRequest) -> Navigation:
    """What this member may open, with the page they are on (or below) marked."""
    role = request.membership.role
    opened = {
        entry.url_name: url
        for section in SECTIONS
        for entry in section.entries
        if (url := _url_for(entry.url_name, role))
    }
    start = get_script_prefix()
    above = [url for url in opened.values() if request.path == url or (url != start and request.path.startswith(url))]
    current = max(above, key=len, default="")
    sections = [
        LinkSection(
            section.label,
            [
                Link(opened[name], entry.icon, entry.label, entry.key, is_current=opened[name] == current)
                for entry in section.entries
                if (name := entry.url_name) in opened
            ],
        )
        for section in SECTIONS
    ]
    return Navigation([section for section in sections if section.entries], _url_for(CUSTOMER_SEARCH, role))


def _url_for(url_name: str, role: str) -> str:
    """The page's address for this role; empty where the role lacks its permission, or no such page exists."""
    path, permission = _page(url_name)
    return get_script_prefix() + path if permission and role_has(role, permission) else ""


@cache
def _page(url_name: str) -> tuple[str, Permission | None]:
    """The page's path below the workspace, and the permission that its view names."""
    try:
        path = reverse(url_name, urlconf=settings.WORKSPACE_URLCONF).removeprefix(get_script_prefix())
        view = resolve(f"/{path}", urlconf=settings.WORKSPACE_URLCONF).func
    except (NoReverseMatch, Resolver404):
        return "", None
    return path, getattr(view, "permission", None)
