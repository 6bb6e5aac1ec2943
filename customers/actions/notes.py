from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from customers.actions.profiles import locked
from customers.events import NoteArchived, NoteEdited, NoteWritten
from customers.models import Customer, Note
from customers.normalising import clean_text
from customers.refusals import ValueRefused
from timeline.recording import record

LONGEST_NOTE = 10_000


@transaction.atomic
def write_note(customer: Customer, *, text: str, author: User | None = None) -> Note:
    """Raises ValueRefused for an empty or endless note, CustomerGone."""
    customer = locked(customer)
    note = Note.objects.create(customer=customer, author=author, text=_clean(text))
    record(NoteWritten(customer_id=customer.pk, note_id=note.pk))
    return note


@transaction.atomic
def edit_note(note: Note, *, text: str) -> Note:
    note = Note.objects.select_for_update(of=("self",)).get(pk=note.pk)
    text = _clean(text)
    if text != note.text:
        note.text, note.edited_at = text, timezone.now()
        note.save(update_fields=["text", "edited_at"])
        record(NoteEdited(customer_id=note.customer_id, note_id=note.pk))
    return note


@transaction.atomic
def archive_note(note: Note) -> Note:
    note = Note.objects.select_for_update(of=("self",)).get(pk=note.pk)
    if note.archived_at is None:
        note.archived_at = timezone.now()
        note.save(update_fields=["archived_at"])
        record(NoteArchived(customer_id=note.customer_id, note_id=note.pk))
    return note


def _clean(text: str) -> str:
    text = clean_text(text, field="text", longest=LONGEST_NOTE)
    if not text:
        raise ValueRefused(_("Write something first."), field="text")
    return text
