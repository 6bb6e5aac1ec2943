from __future__ import annotations

import pytest
from django.test import RequestFactory

from accounts.requests import connection_of


@pytest.mark.parametrize(
    ("ip", "connection"),
    [
        ("192.0.2.9", "192.0.2.9"),
        ("::ffff:192.0.2.9", "192.0.2.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_all_addresses_of_one_household_are_one_connection(ip: str, connection: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=ip)

    assert connection_of(request) == connection
