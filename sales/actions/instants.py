from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sales.refusals import DateRefused

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
# Shops' clocks differ, and a day that has begun in Auckland is still to come in London.
CLOCKS_DIFFER = timedelta(days=1)


_INSTANTS = {
    "day of the order": gettext_lazy("The day of the order"),
    "time of payment": gettext_lazy("The time of payment"),
    "time of fulfilment": gettext_lazy("The time of fulfilment"),
    "time of cancelling": gettext_lazy("The time of cancelling"),
    "time of the refund": gettext_lazy("The time of the refund"),
    "time of the cart": gettext_lazy("The time of the cart"),
}


def refuse_instant(at: datetime, *, field: str, label: str) -> None:
    """Raises DateRefused for what can't have happened yet, or was before any shop kept such records."""
    if not EARLIEST <= at <= datetime.now(UTC) + CLOCKS_DIFFER:
        raise DateRefused(_("%(instant)s must lie between 1900 and now.") % {"instant": _INSTANTS[label]}, field=field)
