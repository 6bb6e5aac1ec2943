"""What goes wrong in a page is told where whoever runs it looks, also where nothing is being debugged."""

from __future__ import annotations

import subprocess
import sys

SAY = """
import logging, django
django.setup()
logging.getLogger("django.request").error("the bread is burnt")
logging.getLogger("django.request").warning("no such page")
logging.getLogger("messaging.tasks").warning("the oven is cold")
"""


def test_errors_are_told_and_missing_pages_are_not() -> None:
    said = subprocess.run([sys.executable, "-c", SAY], capture_output=True, text=True, check=True).stderr

    assert "ERROR django.request the bread is burnt" in said
    assert "WARNING messaging.tasks the oven is cold" in said
    assert "no such page" not in said
