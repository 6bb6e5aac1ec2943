"""Flows that work as they are: what the gallery offers. Their times are the trade's conventions (docs/flows.md).

A text stands in a preset as `{"do": "send", "text": …}`; whoever uses the preset gets it as a template of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.flows import preset_texts as texts
from messaging.models.consent import GREETINGS, NEWSLETTER
from messaging.ready_texts import ReadyText


@dataclass(frozen=True)
class Preset:
    """`needs` says what must be told to Rapport for it to begin at all, where that is not a matter of course."""

    key: str
    name: str | Promise
    summary: str | Promise
    icon: str
    definition: Mapping[str, Any]
    texts: Mapping[str, ReadyText]
    needs: str | Promise = ""


def _send(text: str, topic: str = NEWSLETTER) -> dict[str, Any]:
    return {"key": text.replace("_", "-"), "do": "send", "text": text, "topic": topic}


def _wait(key: str, **span: Any) -> dict[str, Any]:
    return {"key": key, "do": "wait", **span}


_ON_ORDER = [{"event": "OrderPlaced"}]
_ORDER_GOAL = {"event": "OrderPlaced", "within_days": 5}

WELCOME = Preset(
    "welcome",
    _("Welcome"),
    _("Three messages to somebody new: at once, a day later, and two days after that. It ends with their first order."),
    "user-plus",
    {
        "trigger": {"on": "event", "event": "CustomerJoined"},
        "reentry": {"policy": "once"},
        "goal": _ORDER_GOAL,
        "steps": [
            _send("welcome_first"),
            _wait("a-day", hours=24),
            _send("welcome_second"),
            _wait("two-days", hours=48),
            _send("welcome_third"),
        ],
    },
    {
        "welcome_first": texts.WELCOME_FIRST,
        "welcome_second": texts.WELCOME_SECOND,
        "welcome_third": texts.WELCOME_THIRD,
    },
)
BIRTHDAY = Preset(
    "birthday",
    _("Birthday"),
    _(
        "A message on the morning of the birthday, where the customer lives. An order within a week counts as its "
        "success."
    ),
    "cake",
    {
        "trigger": {"on": "date", "of": "birthday", "offset_days": 0, "at": "09:00"},
        "reentry": {"policy": "yearly"},
        "goal": {"event": "OrderPlaced", "within_days": 7},
        "steps": [_send("birthday", GREETINGS)],
    },
    {"birthday": texts.BIRTHDAY},
    _("It takes the place of the birthday greeting: only one of the two can be on."),
)
ANNIVERSARY = Preset(
    "anniversary",
    _("Anniversary"),
    _("A thank-you on the day on which somebody became a customer, every year."),
    "heart",
    {
        "trigger": {"on": "date", "of": "anniversary", "offset_days": 0, "at": "09:00"},
        "reentry": {"policy": "yearly"},
        "goal": _ORDER_GOAL,
        "steps": [_send("anniversary", GREETINGS)],
    },
    {"anniversary": texts.ANNIVERSARY},
)
HOLIDAY = Preset(
    "holiday",
    _("Holiday"),
    _(
        "A greeting on one day of the year, in the morning where each customer lives. Set for 6 December; choose "
        "your own day."
    ),
    "gift",
    {
        "trigger": {"on": "day", "month_day": "12-06", "at": "09:00"},
        "filter": {"match": "all", "rules": [{"field": "orders", "is": "at_least", "value": 1}]},
        "reentry": {"policy": "yearly"},
        "goal": _ORDER_GOAL,
        "steps": [_send("holiday", GREETINGS)],
    },
    {"holiday": texts.HOLIDAY},
)
CART = Preset(
    "cart",
    _("Abandoned cart"),
    _("Four hours after a cart was last touched, and a day after that. An order ends it; then a week's pause."),
    "shopping-cart",
    {
        "trigger": {"on": "event", "event": "CartUpdated"},
        "reentry": {"policy": "cooldown", "days": 7, "by": "cart", "restarts": True},
        "exits": [*_ON_ORDER, {"event": "CartArchived"}],
        "goal": _ORDER_GOAL,
        "steps": [
            _wait("four-hours", hours=4),
            _send("cart_first"),
            _wait("a-day", hours=24),
            _send("cart_second"),
        ],
    },
    {"cart_first": texts.CART_FIRST, "cart_second": texts.CART_SECOND},
    _("The snippet on your website, or your shop through the API, tells Rapport of carts."),
)
BROWSE = Preset(
    "browse",
    _("Browsed, did not buy"),
    _("Four hours after somebody last looked at a product. A cart or an order ends it; then a week's pause."),
    "eye",
    {
        "trigger": {"on": "event", "event": "ProductViewed"},
        "reentry": {"policy": "cooldown", "days": 7, "by": "event", "restarts": True},
        "exits": [*_ON_ORDER, {"event": "CartUpdated"}],
        "goal": _ORDER_GOAL,
        "steps": [_wait("four-hours", hours=4), _send("browse")],
    },
    {"browse": texts.BROWSE},
    _("The snippet on your website, or your shop through the API, tells Rapport which products customers look at."),
)
THANKS = Preset(
    "thanks",
    _("After a purchase"),
    _("Thanks at once, and a week after the order was handed over a word on how it went."),
    "package",
    {
        "trigger": {"on": "event", "event": "OrderPlaced"},
        "reentry": {"policy": "every_time", "by": "order"},
        "exits": [{"event": "OrderCancelled"}, {"event": "OrderRefunded"}],
        "steps": [
            _send("thanks"),
            {
                "key": "handed-over",
                "do": "wait_for",
                "event": "OrderFulfilled",
                "days": 30,
                "then": [_wait("a-week", days=7), _send("follow_up")],
                "else": [],
            },
        ],
    },
    {"thanks": texts.THANKS, "follow_up": texts.FOLLOW_UP},
)
WIN_BACK = Preset(
    "win_back",
    _("Win back"),
    _("Sixty days after the last order, and two weeks later once more. Whoever orders before hears nothing."),
    "arrow-back-up",
    {
        "trigger": {"on": "event", "event": "OrderPlaced"},
        "reentry": {"policy": "every_time", "by": "order"},
        "exits": _ON_ORDER,
        "goal": {"event": "OrderPlaced", "within_days": 5},
        "steps": [
            _wait("sixty-days", days=60, at="10:00"),
            _send("win_back_first"),
            _wait("two-weeks", days=14, at="10:00"),
            _send("win_back_second"),
        ],
    },
    {"win_back_first": texts.WIN_BACK_FIRST, "win_back_second": texts.WIN_BACK_SECOND},
)
PRESETS = {each.key: each for each in (WELCOME, BIRTHDAY, ANNIVERSARY, HOLIDAY, CART, BROWSE, THANKS, WIN_BACK)}


def filled_in(preset: Preset, templates: Mapping[str, str], topics: Mapping[str, str]) -> dict[str, Any]:
    """The definition with the public ids of its texts' templates, and topics that the workspace has."""
    definition: dict[str, Any] = deepcopy(dict(preset.definition))
    _fill(definition["steps"], templates, topics)
    return definition


def _fill(steps: list[dict[str, Any]], templates: Mapping[str, str], topics: Mapping[str, str]) -> None:
    for step in steps:
        if text := step.pop("text", None):
            step["template"] = templates[text]
            step["topic"] = topics[step["topic"]]
        for arm in ("then", "else"):
            _fill(step.get(arm, []), templates, topics)
