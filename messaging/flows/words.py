"""How flows read on pages: what begins them, what each step does, and what happened there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.public_ids import decode_id
from customers.models import Segment
from messaging.flows.definitions import FORKS, Definition, Do, On, Policy, Reentry, Step, Trigger
from messaging.flows.plans import plan_of
from messaging.flows.profile_fields import FIELDS, PREFIX
from messaging.models import Template
from messaging.models.flows import FlowVersion

# The events that are offered by name; any other can be written into the definition by its kind.
EVENTS: Mapping[str, str | Promise] = {
    "CustomerJoined": gettext_lazy("Somebody became a customer"),
    "CustomerChanged": gettext_lazy("The profile was changed"),
    "CustomerTagged": gettext_lazy("A tag was added"),
    "CustomerUntagged": gettext_lazy("A tag was removed"),
    "PageViewed": gettext_lazy("A page of the shop was looked at"),
    "ProductViewed": gettext_lazy("A product was looked at"),
    "CartUpdated": gettext_lazy("A cart was touched"),
    "CartArchived": gettext_lazy("A cart was emptied"),
    "OrderPlaced": gettext_lazy("An order was placed"),
    "OrderPaid": gettext_lazy("An order was paid"),
    "OrderFulfilled": gettext_lazy("An order was handed over"),
    "OrderRefunded": gettext_lazy("An order was refunded"),
    "OrderCancelled": gettext_lazy("An order was cancelled"),
    "ConsentGiven": gettext_lazy("Agreed to a topic"),
    "ConsentConfirmed": gettext_lazy("Confirmed a topic"),
    "ConsentWithdrawn": gettext_lazy("Left a topic"),
    "MessageOpened": gettext_lazy("A message was opened"),
    "MessageClicked": gettext_lazy("A link in a message was followed"),
    "MessageReplied": gettext_lazy("A message was replied to"),
    "CustomEvent": gettext_lazy("An event of the shop's own"),
}
STEPS: Mapping[Do, tuple[str, str | Promise]] = {
    Do.SEND: ("mail", gettext_lazy("Send a message")),
    Do.WAIT: ("clock", gettext_lazy("Wait")),
    Do.WAIT_FOR: ("hourglass", gettext_lazy("Wait for something to happen")),
    Do.BRANCH: ("arrow-merge", gettext_lazy("Branch")),
    Do.SPLIT: ("percentage", gettext_lazy("Split at random")),
    Do.UPDATE: ("user-edit", gettext_lazy("Change the profile")),
    Do.TAG: ("tag", gettext_lazy("Add a tag")),
    Do.UNTAG: ("tags", gettext_lazy("Remove a tag")),
    Do.NOTIFY: ("bell", gettext_lazy("Tell a colleague")),
    Do.GO_TO: ("arrow-down", gettext_lazy("Go to another step")),
    Do.EXIT: ("logout", gettext_lazy("End here")),
}
ARMS: Mapping[Do, tuple[str | Promise, str | Promise]] = {
    Do.WAIT_FOR: (gettext_lazy("If it happens"), gettext_lazy("If it does not happen in time")),
    Do.BRANCH: (gettext_lazy("If so"), gettext_lazy("If not")),
    Do.SPLIT: (gettext_lazy("The first share"), gettext_lazy("The others")),
}
POLICIES: Mapping[Policy, str | Promise] = {
    Policy.ONCE: gettext_lazy("Once"),
    Policy.EVERY_TIME: gettext_lazy("Every time"),
    Policy.COOLDOWN: gettext_lazy("Again after a pause"),
    Policy.YEARLY: gettext_lazy("Once a year"),
}
WEEKDAYS: Mapping[str, str | Promise] = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}
SEEN: Mapping[str, str | Promise] = {
    "sent": gettext_lazy("Was the message sent?"),
    "opened": gettext_lazy("Was the message opened?"),
    "clicked": gettext_lazy("Was a link in the message followed?"),
}
OUTCOMES: Mapping[str, str | Promise] = {
    "waited": gettext_lazy("The wait ended."),
    "happened": gettext_lazy("It happened."),
    "timed_out": gettext_lazy("It did not happen in time."),
    "yes": gettext_lazy("Yes."),
    "no": gettext_lazy("No."),
    "first": gettext_lazy("The first share."),
    "second": gettext_lazy("The others."),
    "queued": gettext_lazy("The message was put into the queue."),
    "told": gettext_lazy("The colleague was told."),
    "nobody": gettext_lazy("The colleague is no member any more."),
    "tagged": gettext_lazy("Tagged."),
    "untagged": gettext_lazy("The tag was removed."),
    "updated": gettext_lazy("The profile was changed."),
    "exit": gettext_lazy("Ended here."),
}


@dataclass(frozen=True)
class StepWords:
    """A step as a line of the list. `arm` names the way that it is the first of; `depth` how far it is nested."""

    key: str
    do: str
    icon: str
    title: str
    detail: str
    depth: int
    arm: str = ""


@dataclass(frozen=True)
class Names:
    """What the ids in a definition are called."""

    templates: Mapping[str, str]
    segments: Mapping[int, str]


def names_in(definition: Definition) -> Names:
    asked = {decode_id("tpl", str(s.params["template"])) for s in definition.all_steps() if s.do is Do.SEND}
    templates = Template.objects.filter(pk__in=[pk for pk in asked if pk])
    segment_id = decode_id("seg", definition.trigger.segment) or 0
    return Names(
        {str(template.pk): template.name for template in templates},
        dict(Segment.objects.filter(pk=segment_id).values_list("pk", "name")) if segment_id else {},
    )


def steps_in_words(version: FlowVersion) -> list[StepWords]:
    definition = plan_of(version).definition
    return list(_lines(definition.steps, names_in(definition), depth=0, arm=""))


def _lines(steps: Sequence[Step], names: Names, *, depth: int, arm: str) -> Iterator[StepWords]:
    for place, step in enumerate(steps):
        icon, title = STEPS[step.do]
        yield StepWords(
            step.key, step.do.value, icon, str(title), detail_of(step, names), depth, arm if place == 0 else ""
        )
        if step.do in FORKS:
            first, second = ARMS[step.do]
            yield from _lines(step.then, names, depth=depth + 1, arm=str(first))
            yield from _lines(step.other, names, depth=depth + 1, arm=str(second))


def detail_of(step: Step, names: Names) -> str:
    """The rest of the line: what is sent, for how long, what is asked."""
    return _DETAILS[step.do](step.params, names)


def _text(params: Mapping[str, Any], names: Names) -> str:
    return names.templates.get(str(decode_id("tpl", str(params["template"]))), "")


def _awaited(params: Mapping[str, Any], _names: Names) -> str:
    words = {"what": event_in_words(str(params["event"])), "span": span_in_words(params)}
    return _("%(what)s, for %(span)s at most") % words


def _asked(params: Mapping[str, Any], _names: Names) -> str:
    return str(SEEN[params["message"]["was"]]) if "message" in params else _("By what holds for the customer")


def _share(params: Mapping[str, Any], _names: Names) -> str:
    return _("%(percent)s percent go the first way") % {"percent": params["percent"]}


def _written(params: Mapping[str, Any], _names: Names) -> str:
    return f"{field_in_words(str(params['field']))}: {params.get('value') or '-'}"


_DETAILS: Mapping[Do, Callable[[Mapping[str, Any], Names], str]] = {
    Do.SEND: _text,
    Do.WAIT: lambda params, _names: wait_in_words(params),
    Do.WAIT_FOR: _awaited,
    Do.BRANCH: _asked,
    Do.SPLIT: _share,
    Do.UPDATE: _written,
    Do.TAG: lambda params, _names: str(params["tag"]),
    Do.UNTAG: lambda params, _names: str(params["tag"]),
    Do.NOTIFY: lambda params, _names: f"{params['member']}: {params['subject']}",
    Do.GO_TO: lambda params, _names: str(params["step"]),
    Do.EXIT: lambda _params, _names: "",
}


def trigger_in_words(trigger: Trigger, names: Names) -> str:
    match trigger.on:
        case On.EVENT if trigger.happening:
            return event_in_words(trigger.happening.kind)
        case On.SEGMENT:
            name = names.segments.get(decode_id("seg", trigger.segment) or 0, "")
            return _("Somebody comes into the segment “%(segment)s”") % {"segment": name}
        case On.DATE:
            return _date_in_words(trigger)
        case On.DAY:
            return _("Every year on %(day)s") % {"day": trigger.month_day}
        case _:
            return _("Nothing by itself: by the API, and by bringing in past customers")


def _date_in_words(trigger: Trigger) -> str:
    named = {"birthday": _("the birthday"), "anniversary": _("the anniversary as a customer")}
    what = named.get(trigger.date_of, trigger.date_of.removeprefix("attribute."))
    days = abs(trigger.offset_days)
    if not days:
        return _("On %(what)s") % {"what": what}
    if trigger.offset_days < 0:
        return ngettext("%(days)s day before %(what)s", "%(days)s days before %(what)s", days) % {
            "days": days,
            "what": what,
        }
    return ngettext("%(days)s day after %(what)s", "%(days)s days after %(what)s", days) % {"days": days, "what": what}


def reentry_in_words(reentry: Reentry) -> str:
    if reentry.policy is Policy.COOLDOWN:
        return ngettext("Again after %(days)s day", "Again after %(days)s days", reentry.days) % {"days": reentry.days}
    return str(POLICIES[reentry.policy])


def event_in_words(kind: str) -> str:
    return str(EVENTS.get(kind, kind))


def field_in_words(field: str) -> str:
    return str(FIELDS.get(field, field.removeprefix(PREFIX)))


def wait_in_words(params: Mapping[str, Any]) -> str:
    parts = [span_in_words(params)] if any(params.get(name) for name in ("days", "hours", "minutes")) else []
    if params.get("on"):
        parts.append(_("until a %(days)s") % {"days": ", ".join(str(WEEKDAYS[day]) for day in params["on"])})
    if params.get("at"):
        parts.append(_("until %(at)s where they live") % {"at": params["at"]})
    return ", ".join(parts)


def span_in_words(params: Mapping[str, Any]) -> str:
    words = []
    if days := params.get("days"):
        words.append(ngettext("%(count)s day", "%(count)s days", days) % {"count": days})
    if hours := params.get("hours"):
        words.append(ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours})
    if minutes := params.get("minutes"):
        words.append(ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes})
    return ", ".join(words)


def outcome_in_words(code: str) -> str:
    return str(OUTCOMES.get(code, code))
