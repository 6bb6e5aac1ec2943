from messaging.forms.public import JoinForm, PreferencesForm

__all__ = ["JoinForm", "PreferencesForm"]
