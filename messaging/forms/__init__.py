from messaging.forms.people import ExplanationForm
from messaging.forms.policies import FrequencyForm, QuietHoursForm
from messaging.forms.public import JoinForm, PreferencesForm
from messaging.forms.templates import TemplateForm
from messaging.forms.tracking import TrackingForm
from messaging.forms.workspace import (
    AddressForm,
    ConfirmationPolicyForm,
    ConsentForm,
    DecisionForm,
    GreetingForm,
    MessageFilterForm,
    ReleaseForm,
    TopicForm,
)

__all__ = [
    "AddressForm",
    "ConfirmationPolicyForm",
    "ConsentForm",
    "DecisionForm",
    "ExplanationForm",
    "FrequencyForm",
    "GreetingForm",
    "JoinForm",
    "MessageFilterForm",
    "PreferencesForm",
    "QuietHoursForm",
    "ReleaseForm",
    "TemplateForm",
    "TopicForm",
    "TrackingForm",
]
