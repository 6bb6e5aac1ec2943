from __future__ import annotations

import time

import pytest
import redis
from django.conf import LazySettings

from accounts.models import Workspace
from accounts.token_buckets import Allowance, Limiter, LocalBuckets
from customers.models import Customer
from tests.api.conftest import ApiClient, api_client


@pytest.fixture
def slow(settings: LazySettings) -> None:
    """Three requests at once, then one in a hundred seconds."""
    settings.API_BURST, settings.API_REQUESTS_PER_SECOND = 3, 0.01


@pytest.mark.usefixtures("slow")
def test_a_key_that_asks_too_often_is_told_when_to_come_back(shop: ApiClient, workspace: Workspace) -> None:
    answers = [shop.tell("/customers", {"name": "Anna"}) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer["RateLimit-Limit"] for answer in answers} == {"3"}
    assert answers[3].json()["error"]["code"] == "rate_limited"
    assert 90 <= int(answers[3]["Retry-After"]) <= 100
    assert Customer.objects.count() == 3
    assert api_client(workspace).ask("/customers").status_code == 200, "another key has its own"


@pytest.mark.usefixtures("slow")
def test_a_refused_request_takes_nothing(shop: ApiClient) -> None:
    for _ in range(5):
        shop.ask("/customers")

    assert shop.ask("/customers")["RateLimit-Remaining"] == "0"


def test_a_bucket_refills_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    buckets = LocalBuckets()

    assert [buckets.take("key", rate=2, burst=2).is_granted for _ in range(3)] == [True, True, False]
    now += 0.5
    assert [buckets.take("key", rate=2, burst=2).is_granted for _ in range(2)] == [True, False]
    now += 60
    assert buckets.take("key", rate=2, burst=2).tokens == 1


def test_without_valkey_the_limit_still_holds() -> None:
    limiter = Limiter("redis://127.0.0.1:1/0", {"socket_connect_timeout": 1})

    granted = [limiter.take("key", rate=0.01, burst=8).is_granted for _ in range(8)]

    assert granted == [True, True] + [False] * 6, "a quarter of the burst, in this process"


def test_valkey_is_asked_again_after_a_while(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    valkey = settings.CACHES["default"]
    limiter = Limiter(valkey["LOCATION"], valkey["OPTIONS"])
    limiter._away_until = now + 5

    assert limiter.take("key", rate=1, burst=8).burst == 2
    now += 6
    assert limiter.take("key", rate=1, burst=8).burst == 8


def test_a_valkey_that_forgot_its_scripts_learns_them_again(settings: LazySettings) -> None:
    valkey = settings.CACHES["default"]
    limiter = Limiter(valkey["LOCATION"], valkey["OPTIONS"])
    redis.Redis.from_url(valkey["LOCATION"]).script_flush()

    tokens = [int(limiter.take("forgetful", rate=0.01, burst=8).tokens) for _ in range(3)]

    assert tokens == [7, 6, 5]


def test_the_wait_is_whole_seconds_and_never_none() -> None:
    assert Allowance(is_granted=False, tokens=0.99, rate=50, burst=500).retry_after == 1
    assert Allowance(is_granted=False, tokens=0.0, rate=0.5, burst=500).retry_after == 2
