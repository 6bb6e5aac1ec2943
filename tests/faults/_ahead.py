"""`python -m tests.faults._ahead SECONDS celery …`: that program, with its clock so many seconds ahead."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from runpy import run_module

import time_machine

if __name__ == "__main__":
    ahead = timedelta(seconds=int(sys.argv[1]))
    sys.argv = sys.argv[2:]
    if ahead:
        time_machine.travel(time.time() + ahead.total_seconds(), tick=True).start()
    run_module(sys.argv[0], run_name="__main__", alter_sys=True)
