"""What a campaign is: one form, in the order in which people think of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.scope import current_workspace
from customers.models import Segment
from messaging.campaign_plans import FASTEST, LONGEST_GOAL, SLOWEST, CampaignPlan
from messaging.holdout import LARGEST_HOLDOUT
from messaging.models import (
    Campaign,
    CampaignState,
    MessageState,
    Reach,
    Repeats,
    SubscriptionTopic,
    Template,
    Timing,
)
from messaging.queries.templates import templates_to_send
from messaging.reasons import Reason, reason_in_words
from messaging.rendering.layout import LONGEST_SUBJECT

DAYS_OF_WEEK = [(number + 1, name) for number, name in WEEKDAYS.items()]
DAYS_OF_MONTH = [(day, str(day)) for day in range(1, 32)]
# What failing again at once is not likely, in the order of how useful it is.
WORTH_A_RETRY = (Reason.GAVE_UP, Reason.HUNG_UP, Reason.NOT_ACCEPTED, Reason.REFUSED, Reason.RENDER_ERROR)


class CampaignFilterForm(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("Any")), *CampaignState.choices],
    )

    def understood(self) -> dict[str, str]:
        self.is_valid()
        words = str(self.data.get("q", "")).replace("\x00", "").strip()[:120]
        return {"state": self.cleaned_data.get("state", ""), "search": words}


class CampaignForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("For you and your colleagues.")
    )
    template: forms.ModelChoiceField[Template] = forms.ModelChoiceField(
        label=gettext_lazy("Template"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("Write a new text below"),
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=LONGEST_SUBJECT, required=False)
    body = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=100_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy("It becomes a template of its own, which you can use again."),
    )
    topic: forms.ModelChoiceField[SubscriptionTopic] = forms.ModelChoiceField(
        label=gettext_lazy("Topic"),
        queryset=None,
        required=False,
        help_text=gettext_lazy("Only customers who agreed to it are written to, and they can leave it."),
    )
    reach = forms.TypedChoiceField(
        label=gettext_lazy("To"), choices=Reach.choices, coerce=Reach, widget=forms.RadioSelect, initial=Reach.TOPIC
    )
    included: forms.ModelMultipleChoiceField[Segment] = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Segments and lists"),
        queryset=None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Whoever is in several of them gets one message."),
    )
    excluded: forms.ModelMultipleChoiceField[Segment] = forms.ModelMultipleChoiceField(
        label=gettext_lazy("But not to"), queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )
    timing = forms.TypedChoiceField(
        label=gettext_lazy("When"),
        choices=Timing.choices,
        coerce=Timing,
        widget=forms.RadioSelect,
        initial=Timing.AT_ONCE,
    )
    repeats = forms.TypedChoiceField(label=gettext_lazy("How often"), choices=Repeats.choices, coerce=Repeats)
    send_on = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("For a campaign that repeats: not before this day."),
    )
    send_time = forms.TimeField(
        label=gettext_lazy("Time"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    week_day = forms.TypedChoiceField(label=gettext_lazy("Every"), choices=DAYS_OF_WEEK, coerce=int, required=False)
    month_day = forms.TypedChoiceField(
        label=gettext_lazy("On day"),
        choices=DAYS_OF_MONTH,
        coerce=int,
        required=False,
        help_text=gettext_lazy("In shorter months, the last day."),
    )
    per_hour = forms.IntegerField(
        label=gettext_lazy("Messages per hour, at most"),
        min_value=SLOWEST,
        max_value=FASTEST,
        required=False,
        help_text=gettext_lazy("Empty: as fast as your mail server takes them."),
    )
    holdout_percent = forms.IntegerField(
        label=gettext_lazy("Hold out, in percent"),
        min_value=0,
        max_value=LARGEST_HOLDOUT,
        initial=0,
        help_text=gettext_lazy(
            "Chosen at random and not written to, so that the report can show what the campaign changed."
        ),
    )
    goal_days = forms.IntegerField(
        label=gettext_lazy("Days in which an order counts"), min_value=1, max_value=LONGEST_GOAL
    )

    def __init__(self, data: Any = None, *, campaign: Campaign | None = None, plan: CampaignPlan | None = None) -> None:
        super().__init__(data, initial=_words_of(plan) if plan else {"goal_days": current_workspace().goal_days})
        self.fields["template"].queryset = _templates(campaign)  # type: ignore[attr-defined]
        self.fields["topic"].queryset = SubscriptionTopic.objects.in_use()  # type: ignore[attr-defined]
        self.fields["topic"].initial = SubscriptionTopic.objects.in_use().first()
        segments = Segment.objects.in_use().order_by("name", "pk")
        for name in ("included", "excluded"):
            self.fields[name].queryset = segments  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        words = super().clean() or {}
        if not words.get("template") and bool(words.get("subject")) != bool(words.get("body")):
            missing = "body" if words.get("subject") else "subject"
            self.add_error(missing, _("A message needs a subject and a text."))
        return words

    def letter(self) -> tuple[str, str] | None:
        """Subject and text of a template that is to be written."""
        words = self.cleaned_data
        return None if words["template"] or not words["subject"] else (words["subject"], words["body"])

    def plan(self) -> CampaignPlan:
        words = dict(self.cleaned_data)
        week_day, month_day = words.pop("week_day"), words.pop("month_day")
        words["repeat_day"] = {Repeats.WEEKLY: week_day, Repeats.MONTHLY: month_day}.get(words["repeats"]) or None
        del words["subject"], words["body"]
        return CampaignPlan(**words)


class RetryForm(forms.Form):
    """For which reasons what failed is tried again."""

    reasons = forms.MultipleChoiceField(
        label=gettext_lazy("Try again what failed because"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, counts: dict[str, int]) -> None:
        super().__init__(data, initial={"reasons": [code for code in counts if code in WORTH_A_RETRY[:3]]})
        self.fields["reasons"].choices = [  # type: ignore[attr-defined]
            (code, f"{reason_in_words(code)} ({count})") for code, count in sorted(counts.items())
        ]


def failed_reasons(states: dict[str, dict[str, int]]) -> dict[str, int]:
    return dict(states.get(MessageState.FAILED, {}))


def _templates(campaign: Campaign | None) -> QuerySet[Template]:
    """Those to choose from, and the one that was chosen, even if it was archived since."""
    if campaign is None or campaign.template_id is None:
        return templates_to_send()
    choices = Q(pk__in=templates_to_send().order_by().values("pk")) | Q(pk=campaign.template_id)
    return Template.objects.filter(choices).order_by("name", "pk")


def _words_of(plan: CampaignPlan) -> dict[str, Any]:
    words = {name: getattr(plan, name) for name in plan.__dataclass_fields__}
    return words | {
        "included": [segment.pk for segment in plan.included],
        "excluded": [segment.pk for segment in plan.excluded],
        "week_day": plan.repeat_day if plan.repeats == Repeats.WEEKLY else None,
        "month_day": plan.repeat_day if plan.repeats == Repeats.MONTHLY else None,
    }
