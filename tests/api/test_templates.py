from __future__ import annotations

from typing import Any

import pytest

from accounts.api_keys import ApiScope
from accounts.models import Workspace
from accounts.public_ids import encode_id
from accounts.scope import workspace_scope
from messaging.actions import add_template
from messaging.models import TemplateVersion
from tests.api.conftest import ApiClient, api_client
from tests.factories.customers import CustomerFactory

BLOCKS: list[dict[str, Any]] = [{"type": "text", "text": "Dear {{ customer.first_name or 'you' }}"}]
NEWS = {"name": "News", "subject": "Hello", "blocks": BLOCKS}


def test_a_template_is_written_read_changed_previewed_and_archived(shop: ApiClient) -> None:
    made = shop.tell("/templates", NEWS)
    address = f"/templates/{made.json()['id']}"
    changed = shop.change(address, {"subject": "Good day"}).json()
    customer = encode_id("cus", CustomerFactory(name="Ada Lovelace").pk)
    previews = [shop.tell(f"{address}/preview", body).json() for body in ({"customer": customer}, {"body": "Bye"})]

    assert made.status_code == 201
    assert (changed["subject"], changed["version"], changed["blocks"][0]["type"]) == ("Good day", 2, "text")
    assert [each["name"] for each in shop.ask("/templates").json()["data"]] == ["News"]
    assert "Dear Ada" in previews[0]["text"]
    assert previews[1]["text"].startswith("Bye")
    assert shop.remove(address).json()["archived_at"]
    assert shop.ask("/templates").json()["data"] == []
    assert TemplateVersion.objects.count() == 2


def test_who_may_not_read_customers_fills_in_for_an_invented_one_only(workspace: Workspace, shop: ApiClient) -> None:
    address = f"/templates/{shop.tell('/templates', NEWS).json()['id']}/preview"
    customer = encode_id("cus", CustomerFactory(name="Ada Lovelace", email="ada@bakery.example").pk)
    designer = api_client(workspace, scopes=[ApiScope.TEMPLATES_WRITE])

    refused = designer.tell(address, {"customer": customer, "body": "{{ customer.email }}"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "missing_scope")
    assert refused.json()["error"]["param"] == "customer"
    assert "ada" not in refused.content.decode().lower()
    assert designer.tell(address, {"body": "{{ customer.email }}"}).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"blocks": [{"type": "text", "text": "{{ nobody }}"}]}, "body"),
        ({"blocks": [{"type": "carousel"}]}, "blocks"),
        ({"subject": "{{ nobody }}"}, "subject"),
        ({"preheader": "{{ nobody }}"}, "preheader"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_where_it_stands(
    wrong: dict[str, Any], param: str, shop: ApiClient
) -> None:
    answer = shop.tell("/templates", NEWS | wrong)

    assert answer.status_code in {400, 422}
    assert answer.json()["error"]["param"] in {param, "blocks"}
    assert not TemplateVersion.objects.exists()


def test_another_workspaces_templates_are_not_there(shop: ApiClient, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        foreign = encode_id("tpl", add_template(name="Letter", subject="Hello", body="Hi").template_id)

    assert shop.ask(f"/templates/{foreign}").status_code == 404
    assert shop.change(f"/templates/{foreign}", {"name": "Mine"}).status_code == 404
