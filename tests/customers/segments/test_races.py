"""Two transactions that change segments at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from accounts.models import Workspace
from accounts.public_ids import encode_id
from accounts.scope import workspace_scope
from crm.embedded.process import wait_until
from customers.actions.segments import add_segment, change_segment
from customers.models import Segment
from customers.segments.definitions import DefinitionRefused, Group, definition_of
from tests.factories.accounts import WorkspaceFactory

pytestmark = pytest.mark.django_db(transaction=True)


def asks_for(segment: Segment) -> Group:
    rule = {"field": "segment", "is": "any_of", "value": [encode_id("seg", segment.pk)]}
    return definition_of({"match": "all", "rules": [rule]})


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_locks where locktype = 'advisory' and not granted")
        return cursor.fetchone() is not None


def test_of_two_changes_that_close_a_circle_at_once_one_is_refused() -> None:
    shop: Workspace = WorkspaceFactory()
    anybody = definition_of({"match": "all", "rules": [{"field": "email", "is": "is_known"}]})
    with workspace_scope(shop):
        one, other = (add_segment(name=name, definition=anybody) for name in ("One", "Other"))

    def change_other() -> None:
        try:
            with workspace_scope(shop):
                change_segment(other, name="Other", definition=asks_for(one))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with workspace_scope(shop):
            change_segment(one, name="One", definition=asks_for(other))
            change = pool.submit(change_other)
            wait_until(lambda: change.done() or somebody_waits(), seconds=30)
        with pytest.raises(DefinitionRefused, match="itself"):
            change.result()

    with workspace_scope(shop):
        assert Segment.objects.get(pk=other.pk).definition == anybody.as_plain()
