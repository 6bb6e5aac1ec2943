import json
from pathlib import Path

from tests.front_door.running import Running, eventually
from tests.front_door.test_up import manage, write

WITHIN = 5.0
"""Seconds from what happened to who is in a segment (docs/segments.md)."""

PREPARE = """
from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions import add_customer, tag_named
from customers.actions.segments import add_segment
from customers.segments.definitions import definition_of
from accounts.public_ids import encode_id
with workspace_scope(Workspace.objects.create(name="Bakery", slug="bakery")):
    add_customer(name="Maria", source="hand")
    loyal = encode_id("tag", tag_named("loyal").pk)
    add_segment(name="Loyal", definition=definition_of(
        {"match": "all", "rules": [{"field": "tag", "is": "any_of", "value": [loyal]}]}))
"""
TAG = """
from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions import tag_customer
from customers.models import Customer
with workspace_scope(Workspace.objects.get()):
    tag_customer(Customer.objects.get(), name="loyal")
"""
ENTERED = """select extract(epoch from entered.recorded_at - tagged.recorded_at)::float
from timeline_event tagged, timeline_event entered
where tagged.kind = 'CustomerTagged' and entered.kind = 'SegmentEntered'"""


def test_who_comes_to_fit_is_in_the_segment_within_seconds(place: Path, bare_environment: dict[str, str]) -> None:
    state = place / "state"
    with Running(state, bare_environment) as running:
        manage(bare_environment, state, "shell", "-c", PREPARE)
        built = "select count(*) from timeline_event where kind = 'SegmentBuilt'"
        assert eventually(lambda: write(state, built) == [(1,)]), running.said()

        manage(bare_environment, state, "shell", "-c", TAG)

        assert eventually(lambda: len(write(state, ENTERED)) == 1), running.said()
        ((seconds,),) = write(state, ENTERED)
        assert isinstance(seconds, float)
        assert seconds < WITHIN, json.dumps({"seconds": seconds})
        assert write(state, "select count(*) from customers_segmentmembership") == [(1,)]
