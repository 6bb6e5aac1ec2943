"""The Celery application: the executor. What is to be done is in Postgres; the broker only carries hints."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import heartbeat_sent, worker_init, worker_ready

from crm.heartbeat import leave_mark

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.production")

app = Celery("rapport")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Beat only says "find due rows"; a second beat is harmless.
app.conf.beat_schedule = {
    "find news on the timeline": {"task": "timeline.tasks.find_news", "schedule": 2.0},
    "find messages that are due": {"task": "messaging.tasks.find_due_messages", "schedule": 2.0},
    "find who read messages": {"task": "messaging.tasks.find_traces", "schedule": 2.0},
    "find imports that are due": {"task": "customers.tasks.find_imports", "schedule": 5.0},
    "find segments that are due": {"task": "customers.tasks.find_segments", "schedule": 5.0},
    "find flows that are due": {"task": "messaging.tasks.find_flows", "schedule": 2.0},
    "find campaigns that are due": {"task": "messaging.tasks.find_campaigns", "schedule": 2.0},
    "find pauses that are over": {"task": "messaging.tasks.find_pauses", "schedule": 2.0},
    "find birthdays": {"task": "messaging.tasks.find_birthdays", "schedule": 15.0},
    "forget expired links": {"task": "accounts.tasks.forget_tokens", "schedule": 3600.0},
    "find old answers of the API": {"task": "accounts.tasks.find_old_answers", "schedule": 3600.0},
    "find who never confirmed": {"task": "messaging.tasks.find_unconfirmed", "schedule": 3600.0},
    "find who was never named": {"task": "sales.tasks.find_unnamed_visitors", "schedule": 3600.0},
    "find incoming mail": {"task": "messaging.tasks.find_incoming_mail", "schedule": 15.0},
    "find messages in doubt": {"task": "messaging.tasks.find_doubts", "schedule": 30.0},
}

worker_ready.connect(leave_mark)
heartbeat_sent.connect(leave_mark)


@worker_init.connect
def refuse_unsafe_boot(**_: Any) -> None:
    from crm.boot import refuse_unsafe_boot as refuse  # noqa: PLC0415  Django is set up only now

    refuse()
