"""What the rooms above contribute to pages and rights that belong here.

Each contract is a base class; an app registers its contribution in `personal_data.py`, `panels.py` or `imports.py`,
which `CustomersConfig` imports at start-up.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from django.db import models
from django.utils.functional import Promise

from customers.importing.plans import ImportPlan
from customers.importing.reading import Record
from customers.models import Customer, Import
from customers.outcomes import Outcome
from timeline.models import Event


class PersonalData(ABC):
    """How one table that holds a customer key is exported, erased, and moved to the surviving customer in a merge.

    A model with a key to Customer and no PersonalData fails the build (tests/architecture).
    """

    model: ClassVar[type[models.Model]]
    label: ClassVar[str | Promise]
    """What its rows are called, in the plural."""

    @abstractmethod
    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        """Everything the table holds of the customer, as plain values under readable names."""

    @abstractmethod
    def erase(self, customer: Customer) -> int:
        """Remove or blank what identifies the customer. Returns the number of rows touched."""

    @abstractmethod
    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        """Give the absorbed customer's rows to the survivor. Returns the ids of the rows that moved."""

    @abstractmethod
    def move_back(self, ids: Sequence[int], *, absorbed: Customer) -> None:
        """Undo `move`."""


@dataclass(frozen=True)
class TimelineEntry:
    """One line of the customer's timeline, in words. `url` opens what it tells of."""

    icon: str
    text: str
    detail: str = ""
    url: str = ""


Describe = Callable[[Sequence[Event]], dict[int, TimelineEntry]]


@dataclass(frozen=True)
class Panel:
    """A part of the profile page: `context` feeds `template`. Lower `order` stands higher."""

    key: str
    title: str | Promise
    order: int
    template: str
    context: Callable[[Customer], dict[str, Any]]


class Shape(StrEnum):
    """What the values of a column look like."""

    TEXT = "text"
    EMAIL = "email"
    DAY = "day"
    AMOUNT = "amount"


@dataclass(frozen=True)
class ImportField:
    """A column that an importer understands; `guesses` are words in headers, lower case, that mean it."""

    name: str
    label: str | Promise
    guesses: tuple[str, ...] = ()
    shape: Shape = Shape.TEXT
    hint: str | Promise = ""


class RowReader(ABC):
    """Turns the records of one file into rows, and writes them. Its own file, its own plan, made in a scope."""

    def key(self, record: Record) -> str:
        """Neighbours with the same key are one row, as the lines of one order; without a key a record stands alone."""
        return ""

    def fingerprint(self, record: Record) -> str:
        """What a record is recognised by when the same one comes again; nothing where that needs no warning."""
        return ""

    @abstractmethod
    def parse(self, record: Record) -> Any:
        """A cleaned record. Raises Refused with the field that is wrong. Runs for every line, and does no I/O."""

    def combine(self, parsed: Sequence[Any]) -> Any:
        """One row of all that `parse` gave for one key. Raises Refused where they don't go together."""
        return parsed[0]

    @abstractmethod
    def marks(self, row: Any) -> Iterator[str]:
        """What the row knows a customer by (`customers.importing.erased`): it is refused if that is somebody erased."""

    @abstractmethod
    def write(self, rows: Sequence[Any]) -> Sequence[Outcome]:
        """Add or change what the rows say, set-based, at most 10,000 of them in the scope's transaction."""

    def study(self, rows: Sequence[Any]) -> Mapping[str, int]:
        """Counts to be told before anything is written, added up over the file. Reads only."""
        return {}


class Importer(ABC):
    """What a kind of file means. The reading, mapping, preview, progress and errors are the importing room's."""

    kind: ClassVar[str]
    label: ClassVar[str | Promise]
    description: ClassVar[str | Promise]
    fields: ClassVar[Sequence[ImportField]]
    keeps_attributes: ClassVar[bool] = False
    asks_consent: ClassVar[bool] = False
    # Whether the file holds purchases: amounts in some currency, by customers who may not be known yet.
    holds_purchases: ClassVar[bool] = False

    @abstractmethod
    def missing(self, fields: Collection[str]) -> str:
        """What else must be chosen for these fields to make rows, as a sentence; empty where nothing is."""

    @abstractmethod
    def reader(self, source: Import, plan: ImportPlan) -> RowReader: ...


@dataclass(frozen=True)
class ConsentTopic:
    """Something customers can agree to be written to about."""

    key: str
    label: str
    needs_confirmation: bool = False


@dataclass(frozen=True)
class ConsentStatement:
    """What a file says: at that time the customer agreed to a topic, or did not; and whether they confirmed it.

    `wording` is what was agreed to and where ("Newsletter form on our website"), `detail` which file and line say so.
    """

    customer_id: int
    topic: str
    is_given: bool
    wording: str
    detail: str
    at: datetime
    is_confirmed: bool = False


class ConsentBasis(ABC):
    """What an import of customers needs to know and tell of permission to write to them. One app fills it.

    As long as none does, an import does not ask for consent, and nobody whom it adds is written to.
    """

    @abstractmethod
    def topics(self) -> Sequence[ConsentTopic]:
        """Those in use, in the order in which they are shown."""

    @abstractmethod
    def unreachable(self, addresses: Sequence[str], *, topic: str, at: datetime, is_confirmed: bool = False) -> int:
        """How many of these normalised addresses would get nothing on the topic, even if they agreed at that time.

        They are suppressed, withdrew later, or have yet to confirm it, unless `is_confirmed` says that they have. At
        most 10,000 addresses; writes nothing.
        """

    @abstractmethod
    def record(self, statements: Sequence[ConsentStatement]) -> int:
        """Write statements in the caller's transaction, set-based. Returns how many said something new.

        The same statement twice, or one older than what is known, changes nothing. At most 10,000 customers.
        """


_personal_data: dict[type[models.Model], PersonalData] = {}
_panels: dict[str, Panel] = {}
_groups: dict[str, str | Promise] = {}
_describers: dict[str, tuple[str, Describe]] = {}
_importers: dict[str, Importer] = {}
_consent_basis: list[ConsentBasis] = []


def register_personal_data(*contributions: PersonalData) -> None:
    for each in contributions:
        _personal_data[each.model] = each


def personal_data() -> list[PersonalData]:
    return list(_personal_data.values())


def register_panel(panel: Panel) -> None:
    _panels[panel.key] = panel


def panels() -> list[Panel]:
    return sorted(_panels.values(), key=lambda panel: panel.order)


def timeline_group(key: str, label: str | Promise) -> str:
    """Name a filter that events stand under; gives its key, for `describes`."""
    _groups[key] = label
    return key


def timeline_groups() -> dict[str, str | Promise]:
    """Labels by key, in the order of the keys."""
    return dict(sorted(_groups.items()))


def describes(*kinds: str, group: str) -> Callable[[Describe], Describe]:
    """Register how events of these kinds read on a timeline; `group` is the filter that they stand under.

    The function gets a page's events of its kinds at once (one query for all of them) and answers by event id.
    """

    def register(describe: Describe) -> Describe:
        for kind in kinds:
            _describers[kind] = (group, describe)
        return describe

    return register


def describers() -> dict[str, tuple[str, Describe]]:
    return dict(_describers)


def register_importer(importer: Importer) -> None:
    _importers[importer.kind] = importer


def importers() -> dict[str, Importer]:
    return dict(_importers)


def register_consent_basis(basis: ConsentBasis) -> None:
    """In `imports.py` of the app that keeps consent."""
    _consent_basis[:] = [basis]


def consent_basis() -> ConsentBasis | None:
    return _consent_basis[0] if _consent_basis else None


__all__ = [
    "ConsentBasis",
    "ConsentStatement",
    "ConsentTopic",
    "Customer",
    "Describe",
    "Import",
    "ImportField",
    "Importer",
    "Panel",
    "PersonalData",
    "RowReader",
    "Shape",
    "TimelineEntry",
    "consent_basis",
    "describers",
    "describes",
    "importers",
    "panels",
    "personal_data",
    "register_consent_basis",
    "register_importer",
    "register_panel",
    "register_personal_data",
    "timeline_group",
    "timeline_groups",
]
