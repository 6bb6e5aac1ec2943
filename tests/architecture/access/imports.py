from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from customers.models import Import
from tests.architecture.access.rows import Kwargs, Row
from tests.customers.imports.files import imported, planned, uploaded
from tests.factories.messaging import TopicFactory

LINES = ("Name,E-Mail", "Ann,a@mail.example", "Bo,bad")


def kwargs(source: Import) -> Kwargs:
    return {"import_id": source.pk}


def an_upload() -> Kwargs:
    TopicFactory(key="news")
    return kwargs(uploaded(*LINES))


def a_checked_file() -> Kwargs:
    return kwargs(planned(uploaded(*LINES)))


def an_import() -> Kwargs:
    return kwargs(imported(*LINES))


def a_file(_: Kwargs) -> dict[str, Any]:
    return {"kind": "customers", "file": SimpleUploadedFile("people.csv", b"Name,City\nAnn,Ulm\n")}


def columns(_: Kwargs) -> dict[str, Any]:
    return {"column_0": "name", "column_1": "email", "day_order": "dmy", "decimal_sign": ".", "system": "shop"}


def consent(_: Kwargs) -> dict[str, Any]:
    return {"news-basis": "everybody", "news-wording": "Form at the counter", "news-on": "2026-01-15"}


ROWS = {
    "customers:import_list": Row(),
    "customers:import_create": Row(post=a_file),
    "customers:import_detail": Row(a_checked_file),
    "customers:import_columns": Row(an_upload, post=columns),
    "customers:import_layout": Row(
        an_upload, get=False, post=lambda _: {"encoding": "utf-8", "delimiter": ",", "has_header": "on"}
    ),
    "customers:import_consent": Row(an_upload, post=consent),
    "customers:import_start": Row(a_checked_file, get=False, post=lambda _: {}),
    "customers:import_cancellation": Row(an_upload, get=False, post=lambda _: {}),
    "customers:import_refusals": Row(an_import),
}
