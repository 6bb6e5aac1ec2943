"""What each kind of step may say, by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from messaging.flows.definitions import LONGEST_WAIT, WEEKDAYS, Do, Fault, is_whole, length_of

AT = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
LONGEST_TEXT = 2_000
SEEN = ("sent", "opened", "clicked")
_SPANS = {"days": 730, "hours": 24 * 730, "minutes": 60 * 24 * 730}

Params = Mapping[str, Any]


def _wait(key: str, params: Params) -> list[Fault]:
    faults = _unknown(key, params, {*_SPANS, "at", "on"}) + _span(key, params)
    if faults:
        return faults
    if "at" in params and not AT.fullmatch(str(params["at"])):
        faults.append(Fault(key, "at", _("Write a time of day as 09:00.")))
    days = params.get("on", [])
    if not isinstance(days, list) or not set(map(str, days)) <= set(WEEKDAYS):
        faults.append(Fault(key, "on", _("Weekdays are mon, tue, wed, thu, fri, sat, sun.")))
    if not faults and not length_of(params) and not params.get("at") and not days:
        faults.append(Fault(key, "days", _("Say how long to wait, or until which time of day.")))
    return faults


def _wait_for(key: str, params: Params) -> list[Fault]:
    faults = _unknown(key, params, {*_SPANS, "event", "where"}) + _text(key, params, "event") + _span(key, params)
    if not faults and not length_of(params):
        faults.append(
            Fault(
                key, "days", _("Say how long to wait at most: without an end, nobody might ever get out of this step.")
            )
        )
    return faults


def _branch(key: str, params: Params) -> list[Fault]:
    faults = _unknown(key, params, {"if", "message"})
    if ("if" in params) == ("message" in params):
        return [
            *faults,
            Fault(key, "if", _("Ask one thing: a condition on the customer, or what became of a message.")),
        ]
    if "if" in params and not isinstance(params["if"], dict):
        return [*faults, Fault(key, "if", _("A condition is written as a segment's rule."))]
    message = params.get("message")
    if "message" in params and not (isinstance(message, dict) and message.get("was") in SEEN):
        return [*faults, Fault(key, "message", _("Say whether the message was sent, opened or clicked."))]
    return faults


def _split(key: str, params: Params) -> list[Fault]:
    faults = _unknown(key, params, {"percent"})
    if not is_whole(params.get("percent"), least=1, most=99):
        faults.append(Fault(key, "percent", _("Give the share of the first way: 1 to 99 percent.")))
    return faults


def _send(key: str, params: Params) -> list[Fault]:
    return _unknown(key, params, {"template", "topic"}) + _text(key, params, "template") + _text(key, params, "topic")


def _update(key: str, params: Params) -> list[Fault]:
    faults = _unknown(key, params, {"field", "value"}) + _text(key, params, "field")
    if not isinstance(params.get("value"), str | int | float | bool | None):
        faults.append(Fault(key, "value", _("Give one value.")))
    return faults


def _tag(key: str, params: Params) -> list[Fault]:
    return _unknown(key, params, {"tag"}) + _text(key, params, "tag", most=60)


def _notify(key: str, params: Params) -> list[Fault]:
    return (
        _unknown(key, params, {"member", "subject", "text"})
        + _text(key, params, "member")
        + _text(key, params, "subject", most=200)
        + _text(key, params, "text", most=LONGEST_TEXT)
    )


def _go_to(key: str, params: Params) -> list[Fault]:
    return _unknown(key, params, {"step"}) + _text(key, params, "step")


def _exit(key: str, params: Params) -> list[Fault]:
    return _unknown(key, params, set())


def _span(key: str, params: Params) -> list[Fault]:
    for name, most in _SPANS.items():
        if name in params and not is_whole(params[name], least=0, most=most):
            return [Fault(key, name, _("Waits are whole numbers of days, hours and minutes."))]
    if length_of(params) > LONGEST_WAIT:
        return [Fault(key, "days", _("A step waits for two years at most."))]
    return []


def _text(key: str, params: Params, name: str, *, most: int = 300) -> list[Fault]:
    value = params.get(name)
    if not isinstance(value, str) or not value.strip():
        missing = _MISSING.get(name)
        return [Fault(key, name, missing() if missing else _("Fill this in."))]
    if len(value) > most or "\0" in value:
        return [Fault(key, name, _("This may have %(most)s characters at most.") % {"most": most})]
    return []


def _unknown(key: str, params: Params, known: set[str]) -> list[Fault]:
    return [
        Fault(key, str(name)[:40], _("“%(name)s” means nothing here.") % {"name": str(name)[:60]})
        for name in params
        if name not in known
    ]


_MISSING: dict[str, Callable[[], str]] = {
    "template": lambda: _("Choose the text to send."),
    "topic": lambda: _("Choose the topic that it is sent under."),
    "event": lambda: _("Choose what is waited for."),
    "member": lambda: _("Choose who is told."),
    "tag": lambda: _("Write the tag's name."),
    "step": lambda: _("Choose the step to go on at."),
}
SHAPES: Mapping[Do, Callable[[str, Params], list[Fault]]] = {
    Do.WAIT: _wait,
    Do.WAIT_FOR: _wait_for,
    Do.BRANCH: _branch,
    Do.SPLIT: _split,
    Do.SEND: _send,
    Do.UPDATE: _update,
    Do.TAG: _tag,
    Do.UNTAG: _tag,
    Do.NOTIFY: _notify,
    Do.GO_TO: _go_to,
    Do.EXIT: _exit,
}
