"""Why something about a customer can't be done: sentences for the person who asked, with the field they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from customers.models import Customer


class Refused(ValueError):
    """Base of the room's refusals. `field` names what to correct, or is empty where it is nothing in particular."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class ValueRefused(Refused):
    """What was given for a field can't be kept."""


class EmailTaken(Refused):
    """`customer` is the one who has this address."""

    def __init__(self, customer: Customer) -> None:
        super().__init__(_("%(customer)s already has this e-mail address.") % {"customer": customer}, field="email")
        self.customer = customer


class ExternalIdTaken(Refused):
    """`customer` is the one whom the other system means by this id."""

    def __init__(self, customer: Customer, *, source: str, value: str) -> None:
        super().__init__(
            _("%(source)s:%(value)s already belongs to %(customer)s.")
            % {"source": source, "value": value, "customer": customer},
            field="external_ids",
        )
        self.customer = customer


class CustomerGone(Refused):
    """Merged into another, or erased: there is nothing left to change."""

    def __init__(self, customer: Customer) -> None:
        if customer.erased_at:
            super().__init__(_("This customer was erased, so nothing can be kept about them any more."))
        else:
            super().__init__(_("This customer was merged into another. Change the one who remains."))
        self.customer = customer


class LabelTaken(Refused):
    """Two attributes of one name could not be told apart."""

    def __init__(self, label: str) -> None:
        super().__init__(
            _("There is already something called “%(label)s”. Choose another name.") % {"label": label}, field="label"
        )


class TagTaken(Refused):
    """Two tags of one name could not be told apart."""

    def __init__(self, name: str) -> None:
        super().__init__(_("There is already a tag “%(name)s”. Choose another name.") % {"name": name}, field="tag")


class SegmentTaken(Refused):
    """Two segments of one name could not be told apart."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("There is already a segment “%(name)s”. Choose another name.") % {"name": name}, field="name"
        )


class SegmentInUse(Refused):
    """Without it another could not tell any more who is meant."""

    def __init__(self, name: str, asking: str) -> None:
        super().__init__(
            _("“%(asking)s” asks for “%(name)s”. Change “%(asking)s” first.") % {"name": name, "asking": asking}
        )


class MergeRefused(Refused):
    """The two can't become one, or can't be parted any more."""
