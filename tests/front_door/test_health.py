import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client

from crm import heartbeat


@pytest.fixture(autouse=True)
def _no_worker() -> None:
    cache.delete(heartbeat.KEY)


@pytest.mark.django_db
def test_healthz_is_well_when_a_worker_has_just_been_there(client: Client) -> None:
    heartbeat.leave_mark()

    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json() == {"web": "ok", "database": "ok", "worker": "ok"}


@pytest.mark.django_db
def test_healthz_says_that_no_worker_runs(client: Client) -> None:
    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json() == {"web": "ok", "database": "ok", "worker": "none is running"}


@pytest.mark.django_db
def test_healthz_needs_no_https_and_is_never_cached(client: Client, settings: LazySettings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^healthz$"]

    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_healthz_cannot_be_written_to(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
