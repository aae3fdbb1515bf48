"""`manage.py providers reseal`: encrypt vendors' keys under the newest AIOPS_ENCRYPTION_KEY."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from aiops.catalog import actions
from aiops.catalog.keys import KeyUnreadable
from aiops.core.actors import SystemActor


class Command(BaseCommand):
    help = "After AIOPS_ENCRYPTION_KEY=new,old: seal all keys under the new one, so that the old one can go."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", choices=["reseal"])

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            count = actions.reseal_keys(by=SystemActor("shell"))
        except KeyUnreadable as error:
            raise CommandError(f"Nothing was changed. {error}", returncode=2) from None
        self.stdout.write(f"{count} keys are sealed under the first key of AIOPS_ENCRYPTION_KEY.")
