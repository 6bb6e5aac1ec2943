"""From a definition to the customers it means: one way for previews, memberships, campaigns and programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import reduce
from operator import and_, or_

from django.db.models import BooleanField, ExpressionWrapper, Func, Q, QuerySet

from customers.models import Customer
from customers.models.customers import IS_LISTED
from customers.queries.filtering import Among
from customers.segments.definitions import Condition, DefinitionRefused, Group, Match
from customers.segments.fields import ConditionRefused, Frame, Question, segment_field
from customers.staging import execute


def _make_room() -> None:
    """For hash tables of some million ids, until the transaction ends: else each would be read for every customer."""
    execute("set local work_mem = '64MB'")


class _IsNotTrue(Func):
    """What is not known does not hold, so "none of" must count it among those who don't."""

    template = "(%(expressions)s) is not true"
    output_field = BooleanField()


class Understood:
    """A definition whose every condition was understood. Made in a scope; raises DefinitionRefused."""

    def __init__(self, definition: Group) -> None:
        self._definition = definition
        self._questions: dict[int, Question] = {}
        self._understand(definition, path="")

    def customers(self, frame: Frame) -> QuerySet[Customer]:
        customers = Customer.objects.filter(IS_LISTED, self._combined(self._definition, frame))
        if frame.ids is not None:
            return customers.filter(Among("pk", frame.ids))
        _make_room()
        return customers

    def turning(self, frame: Frame, *, since: date) -> QuerySet[Customer] | None:
        """Those who may have come or gone by the passing of days alone, or None if time changes nothing."""
        frame = replace(frame, is_joined=False)
        flips = (question.flips(frame, since=since) for question in self._questions.values())
        found = [each for each in flips if each is not None]
        _make_room()
        return Customer.objects.filter(IS_LISTED, reduce(or_, found)) if found else None

    def _understand(self, group: Group, *, path: str) -> None:
        for position, rule in enumerate(group.rules):
            here = f"{path}rules[{position}]"
            if isinstance(rule, Group):
                self._understand(rule, path=f"{here}.")
                continue
            try:
                self._questions[id(rule)] = segment_field(rule.field).question(rule)
            except ConditionRefused as refusal:
                raise DefinitionRefused(str(refusal), path=f"{here}.{refusal.part}") from None

    def _combined(self, rule: Condition | Group, frame: Frame) -> Q:
        if isinstance(rule, Condition):
            return self._questions[id(rule)].ask(frame)
        is_joined = frame.is_joined and (rule.match is Match.ALL or len(rule.rules) == 1)
        inner = replace(frame, is_joined=is_joined)
        if rule.match is Match.NONE:
            return reduce(and_, (self._contrary(each, frame) for each in rule.rules))
        asked = [self._combined(each, inner) for each in rule.rules]
        joined: Callable[[Q, Q], Q] = and_ if rule.match is Match.ALL else or_
        return reduce(joined, asked)

    def _contrary(self, rule: Condition | Group, frame: Frame) -> Q:
        if isinstance(rule, Condition) and self._questions[id(rule)].is_certain(frame):
            return ~self._combined(rule, frame)  # which the planner sees through
        asked = self._combined(rule, replace(frame, is_joined=False))
        return Q(_IsNotTrue(ExpressionWrapper(asked, BooleanField())))
