"""`manage.py demo load | reset`: the demo workspace. Exit 2: not in this workspace."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from aiops.core.errors import AiopsError
from aiops.demo import loading, resetting


class Command(BaseCommand):
    help = "The demo workspace: load what is missing of it, or empty it and load it again."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        commands.add_parser("load", help="into an empty workspace; goes on where it was cut short")
        again = commands.add_parser("reset", help="empty the demo workspace and load it again")
        again.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            self._load() if options["command"] == "load" else self._reset(asked=not options["yes"])
        except AiopsError as error:
            raise CommandError(str(error), returncode=2) from None

    def _load(self) -> None:
        changed = loading.load(self._say)
        self._say("The demo workspace is loaded." if changed else "The demo workspace is loaded already.")

    def _reset(self, *, asked: bool) -> None:
        question = "Everything in the demo workspace but its audit goes, and is loaded afresh. Type yes: "
        if asked and input(question).strip().lower() != "yes":
            raise CommandError("Nothing was changed.", returncode=2)
        resetting.reset(self._say)
        self._say("The demo workspace is as it was first.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
