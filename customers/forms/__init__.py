from customers.forms.listing import CustomerFilterForm, TaggingForm
from customers.forms.profiles import AttributeForm, AttributeNameForm, CustomerForm, NoteForm, TagForm

__all__ = [
    "AttributeForm",
    "AttributeNameForm",
    "CustomerFilterForm",
    "CustomerForm",
    "NoteForm",
    "TagForm",
    "TaggingForm",
]
