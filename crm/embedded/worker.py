"""The Celery application under `./run up`: each process of its pool ends with the worker, even after `kill -9`."""

import warnings

from celery.exceptions import SecurityWarning
from celery.signals import worker_process_init

from crm.celery import app as app  # noqa: PLC0414  `celery -A` looks for it here
from crm.embedded.process import die_with_parent

# Root is warned of pickle; our messages are JSON.
warnings.simplefilter("ignore", SecurityWarning)


@worker_process_init.connect
def end_with_the_worker(**_: object) -> None:
    die_with_parent()
