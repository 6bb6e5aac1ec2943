from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.public_ids import encode_id
from customers.importing.formats import DayOrder, DecimalSign
from customers.importing.plans import ConsentPlan
from customers.importing.reading import FileRefused
from customers.models import Attribute, Customer, CustomerTag, Import, ImportRow
from messaging.actions import suppress_address
from messaging.models import ConsentRecord, SuppressionReason
from tests.customers.imports.files import counts, imported, plan, planned, reasons, uploaded
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import TopicFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("Name,E-Mail,Phone number,Zip", ["name", "email", "phone", "postal_code"]),
        ("Vorname,Nachname,E-Mail-Adresse,Geburtsdatum,Ort,PLZ,Straße", ["first_name", "last_name", "email", "birthday",
         "city", "postal_code", "address"]),
        ("Prénom,Nom,Courriel,Date de naissance,Ville,Pays", ["first_name", "last_name", "email", "birthday", "city",
         "country"]),
        ("Nombre,Correo,Teléfono,Ciudad", ["name", "email", "phone", "city"]),
        ("customerId,fullName,createdAt,lastVisit", ["external_id", "name", "joined_on", ""]),
        ("Billing e-mail,Loaf,Id", ["email", "", "external_id"]),
    ],
)  # fmt: skip
def test_columns_are_guessed_by_their_names(header: str, fields: list[str]) -> None:
    source = uploaded(header, ",".join("x" for _ in fields))

    assert plan(source).fields == fields


def test_addresses_are_recognised_without_a_name() -> None:
    source = uploaded("Ann,a@mail.example", "Bo,b@mail.example", "Cy,c@mail.example")

    assert plan(source).layout.has_header is False
    assert (plan(source).columns, plan(source).fields) == (["Column 1", "Column 2"], ["", "email"])


def test_a_file_of_customers_becomes_customers() -> None:
    source = imported(
        "Customer ID;First name;Last name;E-Mail;Phone;Birthday;Joined;City;Country;Language;Tags;Source",
        "7;Jürgen;Müller;Juergen@Mail.example;030 901820;29.02.1984;31.01.2024;Köln;Deutschland;de;regular, bread;till",
        "8;Zoë;;;;;;;;;;",
        encoding="cp1252",
    )

    juergen, zoe = Customer.objects.order_by("pk")
    assert (source.state, counts(source), source.rows_read) == ("done", (2, 0, 0, 0), 2)
    assert (juergen.name, juergen.email, juergen.email_norm) == (
        "Jürgen Müller",
        "Juergen@Mail.example",
        "juergen@mail.example",
    )
    assert (juergen.phone_norm, juergen.birthday, juergen.birth_year) == ("+4930901820", (2, 29), 1984)
    assert (juergen.joined_on, juergen.city, juergen.country) == (date(2024, 1, 31), "Köln", "DE")
    assert (juergen.language, juergen.source_channel) == ("de", "till")
    assert set(CustomerTag.objects.values_list("tag__name", flat=True)) == {"regular", "bread"}
    assert (zoe.name, zoe.external_ids.get().value) == ("Zoë", "8")


@pytest.mark.parametrize("header", ["id,name,email", "name,phone"])
def test_the_same_file_twice_changes_nothing(header: str) -> None:
    lines = [header, "1,Ann,a@mail.example", "2,Bo,"] if "id" in header else [header, "Ann,+49 30 901820", "Ann,"]
    imported(*lines)
    before = list(Customer.objects.order_by("pk").values()), Event.objects.filter(customer_id__isnull=False).count()

    again = imported(*lines)

    assert counts(again) == (0, 0, 2, 0)
    after = list(Customer.objects.order_by("pk").values()), Event.objects.filter(customer_id__isnull=False).count()
    assert after == before


def test_a_file_exported_from_here_comes_back_to_the_same_customers() -> None:
    ann = CustomerFactory(name="Ann")

    imported("Rapport id,Name", f"{encode_id('cus', ann.pk)},Anna", "cus_nonsense,Bo")

    ann.refresh_from_db()
    assert ann.name == "Anna"
    assert Customer.objects.count() == 1


def test_bad_lines_are_refused_one_by_one_with_their_column_and_reason() -> None:
    source = imported(
        "id,Name,E-Mail,Birthday,Country,Customer since",
        "1,Ann,a@mail.example,1990-03-12,DE,2024-01-01",
        "2,Bo,not an address,,,",
        "3,Cy,c@mail.example,1990-02-30,,",
        "4,Di,d@mail.example,,Atlantis,",
        "5,Ed,e@mail.example,,,2999-01-01",
        f"6,{'x' * 201},f@mail.example,,,",
        "7,Flo,a@mail.example,,,",
        "8,Gus,g@mail.example,,,,,extra",
        ",,,,,",
        "10,Hal",
    )

    assert (counts(source), source.rows_warned) == ((2, 0, 1, 7), 2)
    assert [(line, column) for line, column, _ in reasons(source)] == [
        (2, ""),  # the same address as in line 8
        (3, "E-Mail"),
        (4, "Birthday"),
        (5, "Country"),
        (6, "Customer since"),
        (7, "Name"),
        (9, ""),
        (10, "Name"),
        (11, ""),  # cells are missing
    ]


def test_two_lines_with_one_address_are_one_customer_and_said_so() -> None:
    source = imported("id,Name,E-Mail", "1,Ann,a@mail.example", "2,Anna,A@mail.example")

    assert (counts(source), source.rows_warned) == ((1, 0, 1, 0), 1)
    assert Customer.objects.get().name == "Anna"
    assert [line for line, _, _ in reasons(source)] == [2]


@pytest.mark.parametrize(
    "cell", ["=HYPERLINK(1)", "{{ secret }}", "<script>alert(1)</script>", "👩‍🌾", "مريم", 'O\'Brien \\ "Bo"']
)
def test_any_text_is_text(cell: str) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    imported("id,Name", f"1,{quoted}")

    assert Customer.objects.get().name == cell


def test_what_is_damaged_is_refused_and_kept_to_be_seen() -> None:
    source = imported("id,,Name,City", "1,,Ann,Ulm", "2,,B\0o,Bern", fields=["external_id", "", "name", "city"])

    row = ImportRow.objects.get(source=source)
    assert counts(source) == (1, 0, 0, 1)
    assert "NUL" in row.reason
    assert (row.column, row.raw) == ("", ["2", "", "B␀o", "Bern"])


def test_columns_are_kept_as_attributes_of_the_kind_chosen() -> None:
    source = uploaded(
        "id,Favourite bread,Age,Vegan,Last visit,Notes", '1,Rye,"44,5",ja,31.12.2025,', "2,Spelt,old,no,,"
    )
    fields = ["external_id", "attribute:text:favourite_bread", "attribute:number:age", "attribute:flag:vegan"]
    source = planned(
        source,
        fields=[*fields, "attribute:day:last_visit", ""],
        decimal_sign=DecimalSign.COMMA,
        day_order=DayOrder.DAY_FIRST,
    )

    assert source.rows_refused == 1
    assert reasons(source) == [(3, "Age", "“old” is no number with “,” before its decimals.")]


def test_attributes_are_called_as_their_columns_are() -> None:
    source = imported("id,Lieblingsbrot,Любимый хлеб", "1,Roggen,ржаной", fields=["external_id",
                      "attribute:text:lieblingsbrot", "attribute:text:column_3"])  # fmt: skip

    assert counts(source) == (1, 0, 0, 0)
    assert set(Attribute.objects.values_list("key", "label")) == {
        ("lieblingsbrot", "Lieblingsbrot"),
        ("column_3", "Любимый хлеб"),
    }
    assert Customer.objects.get().attributes == {"lieblingsbrot": "Roggen", "column_3": "ржаной"}


def test_nothing_is_written_by_the_check_but_its_counts() -> None:
    source = planned(uploaded("id,Name,E-Mail", "1,Ann,a@mail.example", "2,Bo,bad", "3,Cy,"))

    assert (source.state, source.rows_total, source.rows_refused) == ("ready", 3, 1)
    assert source.findings == {"without_address": 1}
    assert Customer.objects.count() == 0
    assert Event.objects.count() == 0


def test_a_file_that_breaks_in_the_middle_says_where_and_can_be_planned_anew() -> None:
    source = planned(uploaded("id,Name", *(f"{n},Ann" for n in range(3000)), '3000,"Bo', *["x" * 50] * 3000))

    assert source.state == "uploaded"
    assert source.error.startswith("Line 3002: a cell has more than")


@pytest.mark.parametrize(("lines", "says"), [((), "empty"), (("id,Name",), "only one line")])
def test_a_file_without_lines_is_refused_at_once(lines: tuple[str, ...], says: str) -> None:
    with pytest.raises(FileRefused, match=says):
        uploaded(*lines)
    assert Import.objects.count() == 0


def consents(*, column: int | None = None, on_column: int | None = None) -> dict[str, Any]:
    """To the topic “news”, on 15 January where the file does not say when."""
    return {"consents": [ConsentPlan("news", "Form at the counter", date(2026, 1, 15), column, on_column)]}


def test_consent_by_column_is_recorded_with_its_words_and_day() -> None:
    TopicFactory(key="news")
    source = imported(
        "id,E-Mail,Newsletter,Since",
        "1,a@mail.example,yes,1.2.2026",
        "2,b@mail.example,no,",
        "3,c@mail.example,,",
        "4,d@mail.example,perhaps,",
        name="counter.csv",
        **consents(column=2, on_column=3),
    )

    assert [(line, column) for line, column, _ in reasons(source)] == [(5, "Newsletter")]
    said = ConsentRecord.objects.order_by("customer").values_list("state", "wording", "detail", "at")
    assert list(said) == [
        ("given", "Form at the counter", "counter.csv, line 2", datetime(2026, 1, 31, 23, tzinfo=UTC)),
        ("withdrawn", "Form at the counter", "counter.csv, line 3", datetime(2026, 1, 14, 23, tzinfo=UTC)),
    ]


def test_one_stated_source_covers_every_line_and_who_stays_unreachable_is_told_before() -> None:
    TopicFactory(key="news")
    suppress_address("gone@mail.example", reason=SuppressionReason.BOUNCED)
    lines = ("id,E-Mail", "1,a@mail.example", "2,gone@mail.example", "3,", "4,b@mail.example")

    source = planned(uploaded(*lines), **consents())

    assert source.findings == {"without_address": 1, "unreachable:news": 2}
    again = imported(*lines, **consents())
    assert counts(again) == (4, 0, 0, 0)
    assert ConsentRecord.objects.filter(state="given").count() == 4


def test_an_import_forgets_the_file_at_once_and_the_refused_lines_later() -> None:
    from customers.actions.imports import KEPT_ROWS_FOR, UNSTARTED_FOR, forget_imports  # noqa: PLC0415

    done = imported("id,E-Mail", "1,bad")
    waiting = uploaded("id,Name", "1,Ann")
    assert (done.file.name, ImportRow.objects.count()) == ("", 1)

    assert forget_imports(now=timezone.now()) == 0
    assert forget_imports(now=timezone.now() + UNSTARTED_FOR + timedelta(minutes=1)) == 1
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert forget_imports(now=timezone.now() + KEPT_ROWS_FOR + timedelta(minutes=1)) == 1
    assert ImportRow.objects.count() == 0
