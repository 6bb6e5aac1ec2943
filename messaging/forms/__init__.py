from messaging.forms.public import JoinForm, PreferencesForm
from messaging.forms.workspace import (
    AddressForm,
    ConsentForm,
    GreetingForm,
    MessageFilterForm,
    ReleaseForm,
    TopicForm,
)

__all__ = [
    "AddressForm",
    "ConsentForm",
    "GreetingForm",
    "JoinForm",
    "MessageFilterForm",
    "PreferencesForm",
    "ReleaseForm",
    "TopicForm",
]
