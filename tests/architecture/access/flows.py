from __future__ import annotations

import json
from typing import Any

from accounts.public_ids import encode_id
from messaging.actions import add_default_topics, add_template
from messaging.actions.flows import add_flow, enrol_by_hand, switch_on_flow
from messaging.models import Enrolment, EnrolmentState, Flow
from tests.architecture.access.rows import Kwargs, Row, a_name
from tests.factories.customers import CustomerFactory


def definition() -> dict[str, Any]:
    add_default_topics()
    version = add_template(name="A word", subject="Hello {{ customer.first_name }}", body="Good to see you.")
    template = encode_id("tpl", version.template_id)
    return {
        "trigger": {"on": "hand"},
        "steps": [
            {"key": "wait", "do": "wait", "days": 1},
            {"key": "send", "do": "send", "template": template, "topic": "newsletter"},
        ],
    }


def a_flow() -> Kwargs:
    return {"flow_id": add_flow(name=a_name("Hello"), definition=definition()).pk}


def a_flow_that_is_on() -> Kwargs:
    return {"flow_id": switch_on_flow(add_flow(name=a_name("Hello"), definition=definition())).pk}


def a_measured_flow() -> Kwargs:
    """With some who go through it, and some who are held out."""
    words = {**definition(), "holdout_percent": 50}
    flow = switch_on_flow(add_flow(name=a_name("Hello"), definition=words))
    enrol_by_hand(flow, [customer.pk for customer in CustomerFactory.create_batch(6)])
    return {"flow_id": flow.pk}


def a_version() -> Kwargs:
    return a_flow() | {"number": 1}


def a_way() -> Kwargs:
    flow_id = a_flow_that_is_on()["flow_id"]
    (enrolment,) = enrol_by_hand(Flow.objects.get(pk=flow_id), [CustomerFactory().pk])
    return {"flow_id": flow_id, "enrolment_id": enrolment.pk}


def people() -> Kwargs:
    return {"flow_id": a_way()["flow_id"]}


def a_stuck_way() -> Kwargs:
    kwargs = a_way()
    Enrolment.objects.filter(pk=kwargs["enrolment_id"]).update(state=EnrolmentState.STUCK, due_at=None)
    return kwargs


def words(_: Kwargs) -> dict[str, Any]:
    return {"name": "Hello again", "definition": json.dumps(definition())}


ROWS = {
    "messaging:flow_list": Row(),
    "messaging:flow_create": Row(post=words),
    "messaging:flow_from_preset": Row(lambda: {"preset": "welcome"}, get=False, post=lambda _: {}),
    "messaging:flow_detail": Row(a_measured_flow),
    "messaging:flow_lift": Row(a_measured_flow),
    "messaging:flow_edit": Row(a_flow, post=words),
    "messaging:flow_switch": Row(a_flow, get=False, post=lambda _: {"is_on": "1"}),
    "messaging:flow_archival": Row(a_flow, get=False, post=lambda _: {}),
    "messaging:flow_versions": Row(a_flow),
    "messaging:flow_version": Row(a_version),
    "messaging:flow_dry_run": Row(a_flow),
    "messaging:flow_backfill": Row(a_flow_that_is_on, post=lambda _: {"days": "30"}),
    "messaging:enrolment_list": Row(people),
    "messaging:enrolment_detail": Row(a_way),
    "messaging:enrolment_exit": Row(a_way, get=False, post=lambda _: {}),
    "messaging:enrolment_retry": Row(a_stuck_way, get=False, post=lambda _: {}),
}
