from __future__ import annotations

from django.db import transaction

from customers.events import CustomerListDownloaded
from customers.queries import CustomerFilter
from timeline.recording import record


@transaction.atomic
def note_download(wanted: CustomerFilter) -> None:
    """Keep on the timeline that somebody took a list of customers out of the house."""
    record(CustomerListDownloaded(customer_id=None, filters=wanted.names_in_use))
