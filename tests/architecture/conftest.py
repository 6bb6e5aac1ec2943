from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections

from accounts.scope import workspace_scope
from customers.models import Customer
from tests.architecture.access.street import Street
from tests.factories.customers import CustomerFactory


@pytest.fixture
def street(db: None) -> Street:
    return Street()


@pytest.fixture
def _past_row_level_security(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The application signed in as the owner, whom a policy lets see every row: only the managers' filter is left."""
    app_role = connection.settings_dict["USER"]
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["USER"] = connections["owner"].settings_dict["USER"]
        yield
        connection.close()
        connection.settings_dict["USER"] = app_role


@pytest.fixture
def street_past_row_level_security(_past_row_level_security: None, db: None) -> Street:
    street = Street()
    with workspace_scope(street.florist):
        CustomerFactory()
    with workspace_scope(street.bakery):
        assert Customer.unscoped.count() == 1
    return street
