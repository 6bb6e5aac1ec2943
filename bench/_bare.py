"""The least that could keep one event durably: a WSGI function and an INSERT. Served by granian as ours is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

import environ
import psycopg2

_database = environ.Env().db("DATABASE_URL")
_connection = psycopg2.connect(
    dbname=_database["NAME"], user=_database["USER"], host=_database["HOST"] or None, port=_database["PORT"] or None
)
_connection.autocommit = True
_workspace_id = int(os.environ["BARE_WORKSPACE_ID"])

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def application(request: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    call = json.loads(request["wsgi.input"].read(int(request["CONTENT_LENGTH"])))
    with _connection.cursor() as cursor:
        cursor.execute(
            """insert into bare_call (workspace_id, key, customer_id, occurred_at, payload) values (%s, %s, %s, %s, %s)
               on conflict do nothing""",
            [_workspace_id, call["messageId"], 1, call["timestamp"], json.dumps(call)],
        )
    answer = b'{"accepted": 1, "duplicates": 0, "errors": []}'
    start_response("202 Accepted", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]
