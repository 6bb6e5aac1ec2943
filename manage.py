#!/usr/bin/env python
"""Django's own front door; `./run manage …` calls it with the local servers running."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.local")
    execute_from_command_line(sys.argv)
