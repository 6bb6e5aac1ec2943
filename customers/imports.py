"""Files of customers: what this app contributes to the importing of files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

import msgspec
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.scope import current_workspace
from customers.actions.upsert import SHOP, CustomerRow, Outcome, Status, upsert_customers
from customers.contracts import ConsentStatement, Importer, RowReader, consent_basis, register_importer
from customers.importing.attributes import attribute_parsers, define_attributes
from customers.importing.customer_fields import FIELDS, cleaners
from customers.importing.erased import address_mark, number_mark
from customers.importing.formats import parse_day, parse_flag
from customers.importing.plans import COLUMN, ConsentPlan, ImportPlan
from customers.importing.reading import Record
from customers.models import Import
from customers.normalising import country_of_zone
from customers.refusals import Refused, ValueRefused
from customers.upserting.rows import fault_of

_WHO = frozenset({"name", "email_norm", "phone_norm", "external_id", "customer_id"})


class CustomerImporter(Importer):
    kind = "customers"
    label = _("Customers")
    description = _("One customer on each line: names, addresses, birthdays, and whatever else you know about them.")
    fields = FIELDS
    keeps_attributes = True
    asks_consent = True

    def missing(self, fields: Collection[str]) -> str:
        if {"name", "first_name", "last_name", "email", "phone", "external_id", "public_id"}.isdisjoint(fields):
            return gettext(
                "Choose at least one column that says who it is: a name, an e-mail address, a phone or a number."
            )
        return ""

    def reader(self, source: Import, plan: ImportPlan) -> RowReader:
        return CustomerReader(source, plan)


class Line(msgspec.Struct, gc=False):
    """One line of the file. `consents` has for each topic what the line says: yes, no or nothing, and since when."""

    row: CustomerRow
    number: int
    consents: Sequence[tuple[str, bool | None, datetime]]


class CustomerReader(RowReader):
    def __init__(self, source: Import, plan: ImportPlan) -> None:
        self._plan = plan
        self._file_name = source.file_name
        self._key = f"{source.file_hash[:16]}:"
        self._zone = current_workspace().tzinfo
        self._basis = consent_basis() if plan.consents else None
        self._attributes = attribute_parsers(plan)
        self._has_defined = False
        self._today = timezone.localdate(timezone=self._zone)
        clean = cleaners(plan, country=country_of_zone(current_workspace().zone), today=self._today)
        self._cleaned = [(at, clean[name]) for at, name in enumerate(plan.fields) if name in clean]

    def parse(self, record: Record) -> Line:
        values: dict[str, Any] = {}
        cells = record.cells
        for at, clean in self._cleaned:
            if cell := cells[at].strip():
                clean(cell, values)
        if names := [values.pop(part) for part in ("first_name", "last_name") if part in values]:
            values.setdefault("name", " ".join(names))
        if _WHO.isdisjoint(values):
            raise ValueRefused(gettext("This line has no name, e-mail address, phone or number."), field="name")
        if "external_id" not in values and "email_norm" not in values and "customer_id" not in values:
            # Nothing else says, when the same file comes again, that this is the same person.
            values["external_id"] = f"{self._key}{record.line}"
        if self._attributes:
            values["attributes"] = {
                key: parse(cell) for at, key, parse in self._attributes if (cell := cells[at].strip())
            }
        row = CustomerRow(**values)
        if fault := fault_of(row, today=self._today):
            raise Refused(fault.reason, field=fault.field)
        return Line(row, record.line, self._consents(record) if self._plan.consents else ())

    def _consents(self, record: Record) -> list[tuple[str, bool | None, datetime]]:
        found = []
        for each in self._plan.consents:
            given: bool | None = True
            if each.column is not None:
                given = parse_flag(record.cells[each.column], field=f"{COLUMN}{each.column}")
            day = each.on
            if each.on_column is not None and (cell := record.cells[each.on_column].strip()):
                day = parse_day(cell, order=self._plan.order, field=f"{COLUMN}{each.on_column}")
            found.append((each.topic, given, datetime.combine(day, time.min, tzinfo=self._zone).astimezone(UTC)))
        return found

    def marks(self, row: Line) -> Iterator[str]:
        if row.row.email_norm:
            yield address_mark(row.row.email_norm)
        if row.row.external_id:
            yield number_mark(self._plan.system or SHOP, row.row.external_id)

    def write(self, rows: Sequence[Line]) -> Sequence[Outcome]:
        if self._plan.attributes() and not self._has_defined:
            define_attributes(self._plan)
            self._has_defined = True
        outcomes = upsert_customers(
            [line.row for line in rows],
            source="import",
            system=self._plan.system or SHOP,
            are_checked=True,  # by `parse`
        )
        if self._basis:
            self._basis.record(self._statements(rows, outcomes))
        return outcomes

    def _statements(self, rows: Sequence[Line], outcomes: Sequence[Outcome]) -> list[ConsentStatement]:
        plans = {each.topic: each for each in self._plan.consents}
        return [
            ConsentStatement(
                customer_id=outcome.id,
                topic=topic,
                is_given=given,
                wording=plans[topic].wording,
                detail=f"{self._file_name}, line {line.number}",
                at=at,
                is_confirmed=plans[topic].is_confirmed,
            )
            for line, outcome in zip(rows, outcomes, strict=True)
            if outcome.id is not None and outcome.status is not Status.REFUSED
            for topic, given, at in line.consents
            if given is not None
        ]

    def study(self, rows: Sequence[Line]) -> Mapping[str, int]:
        """For each topic how many of the lines will not be reachable by it: no address, no consent, or no more."""
        counts = {"without_address": sum(not line.row.email_norm for line in rows)}
        for at, each in enumerate(self._plan.consents):
            willing = [line.row.email_norm for line in rows if line.row.email_norm and line.consents[at][1]]
            silent = len(rows) - len(willing)
            counts[f"unreachable:{each.topic}"] = silent + self._stopped(willing, each)
        return counts

    def _stopped(self, addresses: Sequence[str], consent: ConsentPlan) -> int:
        at = datetime.combine(consent.on, time.min, tzinfo=self._zone)
        if not self._basis or not addresses:
            return 0
        return self._basis.unreachable(addresses, topic=consent.topic, at=at, is_confirmed=consent.is_confirmed)


register_importer(CustomerImporter())
