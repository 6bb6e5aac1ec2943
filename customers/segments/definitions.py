"""What a segment asks, as one JSON form for pages, programs and flows.

A group is `{"match": "all" | "any" | "none", "rules": […]}`; a rule is a group or a condition such as
`{"field": "orders", "is": "at_least", "value": 2, "within_days": 90, "where": {"channel": ["web"]}}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec
from django.utils.translation import gettext as _

MOST_RULES = 50
DEEPEST = 5
LONGEST_WINDOW = 3650
"""Days."""

_CONDITION_KEYS = {"field", "is", "value", "within_days", "where"}


class Match(StrEnum):
    ALL = "all"
    ANY = "any"
    NONE = "none"


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """`operator` is written `is`. What `value` and `where` may hold is the field's to say.

    `within_days` counts whole days in the workspace's zone, today included.
    """

    field: str
    operator: str
    value: Any = None
    within_days: int | None = None
    where: Mapping[str, Any] = msgspec.field(default_factory=dict)

    def as_plain(self) -> dict[str, Any]:
        plain: dict[str, Any] = {"field": self.field, "is": self.operator}
        if self.value is not None:
            plain["value"] = self.value
        if self.within_days is not None:
            plain["within_days"] = self.within_days
        if self.where:
            plain["where"] = dict(self.where)
        return plain


class Group(msgspec.Struct, frozen=True, kw_only=True):
    match: Match
    rules: tuple[Condition | Group, ...]

    def as_plain(self) -> dict[str, Any]:
        return {"match": self.match.value, "rules": [rule.as_plain() for rule in self.rules]}

    def conditions(self) -> Iterator[Condition]:
        for rule in self.rules:
            if isinstance(rule, Group):
                yield from rule.conditions()
            else:
                yield rule


class DefinitionRefused(ValueError):
    """`path` names the place, as `rules[1].rules[0].value`."""

    def __init__(self, message: str, *, path: str) -> None:
        super().__init__(message)
        self.path = path


def definition_of(raw: object) -> Group:
    """Read the JSON form. Raises DefinitionRefused for what is none; fields check their own values."""
    definition = _group(raw, path="", depth=1)
    count = sum(1 for _condition in definition.conditions())
    if count > MOST_RULES:
        raise DefinitionRefused(
            _("A segment has at most %(most)s conditions; this one has %(count)s.")
            % {"most": MOST_RULES, "count": count},
            path="rules",
        )
    return definition


def _group(raw: object, *, path: str, depth: int) -> Group:
    if not isinstance(raw, dict) or "match" not in raw:
        raise DefinitionRefused(_("A segment begins with a group: `match` and its `rules`."), path=path)
    if depth > DEEPEST:
        raise DefinitionRefused(_("Groups stand at most %(most)s deep.") % {"most": DEEPEST}, path=path)
    if raw["match"] not in list(Match):
        raise DefinitionRefused(_("`match` is all, any or none."), path=_below(path, "match"))
    _refuse_unknown(raw, {"match", "rules"}, path=path)
    rules = raw.get("rules")
    if not isinstance(rules, list) or not rules:
        raise DefinitionRefused(_("A group needs at least one rule."), path=_below(path, "rules"))
    return Group(
        match=Match(raw["match"]),
        rules=tuple(
            _rule(rule, path=_below(path, f"rules[{position}]"), depth=depth) for position, rule in enumerate(rules)
        ),
    )


def _rule(raw: object, *, path: str, depth: int) -> Condition | Group:
    if isinstance(raw, dict) and "field" in raw:
        return _condition(raw, path=path)
    return _group(raw, path=path, depth=depth + 1)


def _condition(raw: dict[str, Any], *, path: str) -> Condition:
    _refuse_unknown(raw, _CONDITION_KEYS, path=path)
    for name in ("field", "is"):
        if not isinstance(raw.get(name), str):
            raise DefinitionRefused(_("A condition names its field and how it is compared."), path=_below(path, name))
    where = raw.get("where") or {}
    if not isinstance(where, dict):
        raise DefinitionRefused(_("`where` is an object."), path=_below(path, "where"))
    return Condition(
        field=raw["field"],
        operator=raw["is"],
        value=raw.get("value"),
        within_days=_window(raw.get("within_days"), path=_below(path, "within_days")),
        where=where,
    )


def _window(raw: object, *, path: str) -> int | None:
    if raw is None:
        return None
    if not isinstance(raw, int) or isinstance(raw, bool) or not 1 <= raw <= LONGEST_WINDOW:
        raise DefinitionRefused(
            _("A window is a whole number of days from 1 to %(most)s.") % {"most": LONGEST_WINDOW}, path=path
        )
    return raw


def _refuse_unknown(raw: Mapping[str, Any], known: set[str], *, path: str) -> None:
    for name in raw:
        if name not in known:
            raise DefinitionRefused(_("“%(name)s” means nothing here.") % {"name": name}, path=_below(path, name))


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
