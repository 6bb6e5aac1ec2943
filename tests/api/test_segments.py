from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Workspace
from accounts.public_ids import decode_id, encode_id
from accounts.scope import workspace_scope
from customers.actions.segments import add_segment, keep_segments, list_customers
from customers.models import Segment, SegmentMembership
from customers.segments import previewing
from tests.api.conftest import ApiClient
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.usefixtures("workspace")

BERLIN: dict[str, Any] = {"match": "all", "rules": [{"field": "city", "is": "equals", "value": "Berlin"}]}


def test_a_segment_is_written_read_changed_archived_and_restored(shop: ApiClient, workspace: Workspace) -> None:
    CustomerFactory(city="Berlin")

    made = shop.tell("/segments", {"name": "Berlin", "definition": BERLIN})
    keep_segments(workspace)
    address = f"/segments/{made.json()['id']}"
    shown = shop.ask(address).json()

    assert made.status_code == 201
    assert (made.json()["is_building"], shown["is_building"]) == (True, False)
    assert (shown["kind"], shown["definition"], shown["members_count"]) == ("rule", BERLIN, 1)
    assert shop.change(address, {"name": "Berliners"}).json()["definition"] == BERLIN
    assert shop.remove(address).json()["archived_at"] is not None
    assert shop.ask("/segments").json()["data"] == []
    assert [each["name"] for each in shop.ask("/segments", archived="true").json()["data"]] == ["Berliners"]
    assert shop.tell(f"{address}/restoration", {}).json()["archived_at"] is None


@pytest.mark.parametrize(
    ("definition", "param"),
    [
        ({"match": "some", "rules": [{}]}, "definition.match"),
        ({"match": "all", "rules": [{"field": "city", "is": "near", "value": "x"}]}, "definition.rules[0].is"),
        (
            {"match": "all", "rules": [{"match": "any", "rules": [{"field": "shoe_size", "is": "equals"}]}]},
            "definition.rules[0].rules[0].field",
        ),
        ({"match": "all", "rules": [{"field": "tag", "is": "any_of", "value": ["x"]}]}, "definition.rules[0].value"),
        ("everybody", "definition"),
        (None, "definition"),
    ],
)
def test_what_can_not_be_asked_is_refused_with_the_path_to_it(shop: ApiClient, definition: Any, param: str) -> None:
    for path, body in (("/segments", {"name": "Some"}), ("/segments/preview", {})):
        answer = shop.tell(path, {**body, "definition": definition})

        assert (answer.status_code, answer.json()["error"]["param"]) == (422, param)
    assert Segment.objects.count() == 0


def test_names_are_taken_once_and_a_segment_that_another_asks_for_stays(shop: ApiClient) -> None:
    first = shop.tell("/segments", {"name": "Berlin", "definition": BERLIN}).json()
    asks = {"match": "all", "rules": [{"field": "segment", "is": "any_of", "value": [first["id"]]}]}
    shop.tell("/segments", {"name": "Asking", "definition": asks})

    taken = shop.tell("/segments", {"name": "Berlin"})
    in_use = shop.remove(f"/segments/{first['id']}")
    circle = shop.change(f"/segments/{first['id']}", {"definition": asks})

    assert (taken.status_code, taken.json()["error"]["param"]) == (409, "name")
    assert (in_use.status_code, in_use.json()["error"]["code"]) == (409, "conflict")
    assert (circle.status_code, circle.json()["error"]["param"]) == (422, "definition.rules")


def test_members_come_page_by_page_the_last_to_come_first(shop: ApiClient) -> None:
    segment = add_segment(name="Guests")
    guests = [CustomerFactory().pk for _ in range(3)]
    for pk in guests:
        list_customers(segment, [pk])
    address = f"/segments/{encode_id('seg', segment.pk)}/members"

    first = shop.ask(address, limit=2).json()
    rest = shop.ask(address, limit=2, cursor=first["next_cursor"]).json()

    found = [decode_id("cus", each["customer"]) for each in first["data"] + rest["data"]]
    assert found == guests[::-1]
    assert (first["has_more"], rest["has_more"]) == (True, False)


def test_customers_are_put_on_a_list_and_taken_off(shop: ApiClient, other_workspace: Workspace) -> None:
    maria, tom = (encode_id("cus", CustomerFactory().pk) for _ in range(2))
    with workspace_scope(other_workspace):
        stranger = encode_id("cus", CustomerFactory().pk)
    guests = shop.tell("/segments", {"name": "Guests"}).json()
    address = f"/segments/{guests['id']}/members"

    assert shop.tell(address, {"add": [maria, tom, maria]}).json() == {"added": 2, "removed": 0}
    assert shop.tell(address, {"add": [maria], "remove": [tom]}).json() == {"added": 0, "removed": 1}
    refused = shop.tell(address, {"add": [stranger], "remove": [maria]})

    assert (refused.status_code, refused.json()["error"]["param"]) == (422, "add[0]")
    assert SegmentMembership.objects.count() == 1


def test_a_list_has_no_rule_and_a_rule_no_list(shop: ApiClient) -> None:
    guests = shop.tell("/segments", {"name": "Guests"}).json()
    berlin = shop.tell("/segments", {"name": "Berlin", "definition": BERLIN}).json()
    maria = encode_id("cus", CustomerFactory().pk)

    ruled = shop.change(f"/segments/{guests['id']}", {"definition": BERLIN})
    listed = shop.tell(f"/segments/{berlin['id']}/members", {"add": [maria]})

    assert (ruled.status_code, ruled.json()["error"]["param"]) == (422, "definition")
    assert listed.status_code == 422


def test_the_preview_counts_and_says_when_it_only_estimates(
    shop: ApiClient, monkeypatch: pytest.MonkeyPatch, other_workspace: Workspace
) -> None:
    monkeypatch.setattr(previewing, "COUNTED_AT_ONCE", 2)
    maria = CustomerFactory(city="Berlin")
    CustomerFactory.create_batch(2, city="Bonn")
    with workspace_scope(other_workspace):
        CustomerFactory(city="Berlin")

    about = shop.tell("/segments/preview", {"definition": BERLIN}).json()
    exact = shop.tell("/segments/preview", {"definition": BERLIN, "exact": True}).json()

    assert (about["is_estimate"], exact["is_estimate"], exact["count"]) == (True, False, 1)
    assert exact["customers"] == [encode_id("cus", maria.pk)]
