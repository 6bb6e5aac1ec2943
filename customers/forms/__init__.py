from customers.forms.listing import BulkForm, CustomerFilterForm, ListEntryForm, ListingForm, TaggingForm
from customers.forms.profiles import AttributeForm, AttributeNameForm, CustomerForm, NoteForm, TagForm

__all__ = [
    "AttributeForm",
    "AttributeNameForm",
    "BulkForm",
    "CustomerFilterForm",
    "CustomerForm",
    "ListEntryForm",
    "ListingForm",
    "NoteForm",
    "TagForm",
    "TaggingForm",
]
