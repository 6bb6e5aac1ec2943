from messaging.forms.public import JoinForm, PreferencesForm
from messaging.forms.workspace import (
    AddressForm,
    ConsentForm,
    DecisionForm,
    GreetingForm,
    MessageFilterForm,
    ReleaseForm,
    TopicForm,
)

__all__ = [
    "AddressForm",
    "ConsentForm",
    "DecisionForm",
    "GreetingForm",
    "JoinForm",
    "MessageFilterForm",
    "PreferencesForm",
    "ReleaseForm",
    "TopicForm",
]
