#!/usr/bin/env python
"""The one command line of aiops: `python manage.py help` lists what it can do."""

import sys

from aiops.env import use_home, use_settings


def main() -> None:
    use_home(sys.argv[1:])
    use_settings()
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - needs the settings chosen first

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
