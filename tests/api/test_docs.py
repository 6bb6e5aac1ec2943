"""docs/api.md is true: its examples run in order, and what it counts is what the code holds."""

from __future__ import annotations

import json
import re

from django.conf import settings

from accounts.api_keys import ApiScope
from accounts.rest.errors import ERROR_CODES
from customers.models import Customer
from sales.ingesting.calls import LARGEST_BATCH, LARGEST_CALL, MOST_CALLS
from sales.models import Order
from tests.api.conftest import PREFIX, ApiClient
from tests.architecture.house import ROOT
from tests.factories.messaging import TopicFactory

GUIDE = (ROOT / "docs" / "api.md").read_text()
EXAMPLES = re.findall(r"```http\nPOST (\S+)\n\n(.*?)```", GUIDE, re.DOTALL)


def test_the_examples_of_the_guide_work(shop: ApiClient) -> None:
    TopicFactory(key="news")

    for address, body in EXAMPLES:
        answer = shop.tell(address.removeprefix(PREFIX), json.loads(body)).json()
        assert answer.get("errors", []) == []
        assert [row["error"] for row in answer.get("data", ())] == [None] * len(answer.get("data", ()))

    assert len(EXAMPLES) == 4
    assert sorted(Customer.objects.values_list("name", flat=True)) == ["Anna Bloom", "Bert Rossi"]
    assert Order.objects.get().total_minor == 1260


def test_the_error_of_the_guide_is_what_is_answered(shop: ApiClient) -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)

    error = shop.tell("/track", {"userId": "7"}).json()["error"]

    assert error | {"doc_url": ""} == json.loads(shown)["error"] | {"doc_url": ""}
    assert error["code"] in ERROR_CODES


def test_the_guide_counts_right() -> None:
    assert all(f"`{scope}`" in GUIDE for scope in ApiScope)
    assert (LARGEST_BATCH, LARGEST_CALL, MOST_CALLS) == (500_000, 32 * 1024, 1000)
    assert (settings.API_BURST, settings.API_REQUESTS_PER_SECOND) == (500, 50)
