"""What staff fill in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from messaging.actions.birthdays import DEFAULT_BODY, DEFAULT_HOUR, DEFAULT_SUBJECT
from messaging.actions.settling import Decision
from messaging.forms.policies import HOURS
from messaging.models import BirthdayGreeting, MessageState, SubscriptionTopic
from messaging.purposes import Purpose
from messaging.queries import confirmation_policy, newest_version
from messaging.queries.outcomes import OUTCOMES
from messaging.reasons import Reason
from messaging.rendering.layout import LONGEST_SUBJECT

LARGEST_ID = 2**63 - 1
# Whether customers confirm a topic: as the workspace wants it of all topics, or as this one does.
WORKSPACE, YES, NO = "workspace", "yes", "no"
CONFIRMS = {YES: True, NO: False}
OUTCOME_NAMES = [(outcome, label) for outcome, (label, _condition) in OUTCOMES.items()]


class MessageFilterForm(forms.Form):
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("Any")), *MessageState.choices])
    topic: forms.ModelChoiceField[SubscriptionTopic] = forms.ModelChoiceField(
        label=_("Topic"), required=False, queryset=None, empty_label=_("Any")
    )
    purpose = forms.ChoiceField(label=_("Purpose"), required=False, choices=[("", _("Any")), *Purpose.choices])
    customer = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, widget=forms.HiddenInput)
    campaign = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, widget=forms.HiddenInput)
    flow = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, widget=forms.HiddenInput)
    step = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    outcome = forms.ChoiceField(required=False, choices=[("", ""), *OUTCOME_NAMES], widget=forms.HiddenInput)
    reason = forms.ChoiceField(required=False, choices=[("", ""), *Reason.choices], widget=forms.HiddenInput)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["topic"].queryset = SubscriptionTopic.objects.all()  # type: ignore[attr-defined]

    def understood(self) -> dict[str, Any]:
        """What can't be understood is left out."""
        self.is_valid()
        topic = self.cleaned_data.get("topic")
        words = str(self.data.get("q", "")).replace("\x00", "").strip()[:254]
        values = {**self.cleaned_data, "topic": topic.pk if topic else None, "q": words}
        return {name: value for name, value in values.items() if value not in (None, "")}


class TopicForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    description = forms.CharField(
        label=_("What is it about?"), max_length=300, required=False, help_text=_("People read it where they choose.")
    )
    is_default = forms.BooleanField(label=_("Offer it on the join page"), required=False)
    needs_confirmation = forms.TypedChoiceField(
        label=_("Customers confirm it themselves (double opt-in)"),
        widget=forms.RadioSelect,
        coerce=CONFIRMS.get,
        empty_value=None,
        help_text=_(
            "Customers get messages on this topic only once they have confirmed it: by the link that we send to their "
            "address, on their preference page, or elsewhere, as you record."
        ),
    )

    def __init__(self, data: Any = None, *, topic: SubscriptionTopic | None = None) -> None:
        policy = confirmation_policy()
        super().__init__(data, initial=_words_of_topic(topic))
        as_the_workspace = _("As the workspace: yes") if policy else _("As the workspace: no")
        choices = [(WORKSPACE, as_the_workspace), (YES, _("Yes")), (NO, _("No"))]
        self.fields["needs_confirmation"].choices = choices  # type: ignore[attr-defined]


class ConfirmationPolicyForm(forms.Form):
    needs_confirmation = forms.BooleanField(
        label=_("Customers confirm themselves what they agree to"),
        required=False,
        help_text=_("New topics begin so, and so does every topic that is set to “as the workspace”."),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"needs_confirmation": confirmation_policy()}, auto_id="policy_%s")


class AddressForm(forms.Form):
    address = forms.CharField(label=_("E-mail address"), max_length=254, widget=forms.EmailInput)
    why = forms.CharField(label=_("Why?"), max_length=300, help_text=_("For example: asked on the phone, 12 March."))


class ReleaseForm(forms.Form):
    why = forms.CharField(label=_("Why?"), max_length=300)


class DecisionForm(forms.Form):
    """What became of a message in doubt, by somebody who found out."""

    decision = forms.TypedChoiceField(
        label=_("What became of it?"), choices=Decision.choices, coerce=Decision, widget=forms.RadioSelect
    )
    why = forms.CharField(
        label=_("How do you know?"),
        max_length=300,
        help_text=_("For example: it stands in the mail server's log, or the customer has it."),
    )


class ConsentForm(forms.Form):
    topic: forms.ModelChoiceField[SubscriptionTopic] = forms.ModelChoiceField(label=_("Topic"), queryset=None)
    word = forms.ChoiceField(label=_("Says"), choices=[("give", _("Agrees")), ("withdraw", _("Wants no more"))])
    detail = forms.CharField(label=_("How do you know?"), max_length=300)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["topic"].queryset = SubscriptionTopic.objects.in_use()  # type: ignore[attr-defined]


class GreetingForm(forms.Form):
    subject = forms.CharField(label=_("Subject"), max_length=LONGEST_SUBJECT)
    body = forms.CharField(label=_("Text"), max_length=100_000, widget=forms.Textarea(attrs={"rows": 12}))
    send_hour = forms.TypedChoiceField(
        label=_("Hour"), choices=HOURS, coerce=int, help_text=_("In the morning of the day, where the customer lives.")
    )
    topic: forms.ModelChoiceField[SubscriptionTopic] = forms.ModelChoiceField(
        label=_("Topic"), queryset=None, empty_label=None, help_text=_("Only those who agreed to it are greeted.")
    )

    def __init__(self, data: Any, *, greeting: BirthdayGreeting | None) -> None:
        super().__init__(data, initial=_words_of(greeting))
        self.fields["topic"].queryset = SubscriptionTopic.objects.in_use()  # type: ignore[attr-defined]


def _words_of_topic(topic: SubscriptionTopic | None) -> dict[str, Any]:
    if topic is None:
        return {"needs_confirmation": WORKSPACE}
    choice = WORKSPACE if topic.follows_workspace else YES if topic.needs_confirmation else NO
    words = {name: getattr(topic, name) for name in ("name", "description", "is_default")}
    return {**words, "needs_confirmation": choice}


def _words_of(greeting: BirthdayGreeting | None) -> dict[str, Any]:
    version = newest_version(greeting.template) if greeting else None
    return {
        "subject": version.subject if version else DEFAULT_SUBJECT,
        "body": version.body if version else DEFAULT_BODY,
        "send_hour": greeting.send_hour if greeting else DEFAULT_HOUR,
        "topic": greeting.topic_id if greeting else SubscriptionTopic.objects.filter(key="greetings").first(),
    }
