"""From a definition to the customers it means: one way for previews, memberships, campaigns and programs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import reduce
from operator import and_, or_

from django.db.models import BooleanField, ExpressionWrapper, Func, Q, QuerySet

from customers.models import Customer
from customers.models.customers import IS_LISTED
from customers.queries.filtering import Among
from customers.segments.definitions import Condition, DefinitionRefused, Group, Match
from customers.segments.fields import ConditionRefused, Frame, Question, segment_field


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
        return customers if frame.ids is None else customers.filter(Among("pk", frame.ids))

    def turning(self, frame: Frame, *, since: date) -> QuerySet[Customer] | None:
        """Those who may have come or gone by the passing of days alone, or None if time changes nothing."""
        flips = (question.flips(frame, since=since) for question in self._questions.values())
        found = [each for each in flips if each is not None]
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
        asked = [self._combined(each, frame) for each in rule.rules]
        if rule.match is Match.NONE:
            return reduce(and_, (self._contrary(*each, frame) for each in zip(rule.rules, asked, strict=True)))
        joined: Callable[[Q, Q], Q] = and_ if rule.match is Match.ALL else or_
        return reduce(joined, asked)

    def _contrary(self, rule: Condition | Group, asked: Q, frame: Frame) -> Q:
        if isinstance(rule, Condition) and self._questions[id(rule)].is_certain(frame):
            return ~asked  # which the planner sees through
        return Q(_IsNotTrue(ExpressionWrapper(asked, BooleanField())))
