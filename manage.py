#!/usr/bin/env python
"""Django's commands: python manage.py help."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from tools.messages import compile_changed

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    compile_changed()
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:  # a wrong setting: its text says what to do, a traceback would hide it
        sys.exit(f"setup   | {problem}")
