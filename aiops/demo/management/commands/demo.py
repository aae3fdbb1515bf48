"""`manage.py demo load | reset | traffic`: the demo workspace. Exit 2: not here; 3: no gateway."""

import asyncio
from typing import Any

import httpx
from django.core.management.base import BaseCommand, CommandError, CommandParser

from aiops.core.errors import AiopsError
from aiops.demo import keys, loading, resetting, traffic


class Command(BaseCommand):
    help = "The demo workspace: load what is missing of it, empty and load it again, or send it traffic."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        commands.add_parser("load", help="into an empty workspace; goes on where it was cut short")
        again = commands.add_parser("reset", help="empty the demo workspace and load it again")
        again.add_argument("--yes", action="store_true", help="do not ask")
        calls = commands.add_parser("traffic", help="believable calls through the running gateway")
        calls.add_argument("--minutes", type=float, default=5.0)
        calls.add_argument("--rate", type=_positive, default=4.0, help="calls per second in the busiest hour")
        calls.add_argument("--seed", type=int, default=0, help="another seed asks other things")
        calls.add_argument("--gateway", default="http://127.0.0.1:8001", help="its address")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            match options["command"]:
                case "load":
                    self._load()
                case "reset":
                    self._reset(asked=not options["yes"])
                case _:
                    self._traffic(options)
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

    def _traffic(self, options: dict[str, Any]) -> None:
        tokens = {name: token for name, token in keys.tokens().items() if name != keys.SERVICE}
        if not tokens:
            raise CommandError(f"There are no demo keys in {keys.path()}. Load the demo first.", returncode=2)
        wish = traffic.Wish(options["gateway"], options["minutes"], options["rate"], options["seed"])
        try:
            self._say(str(asyncio.run(traffic.drive(wish, tokens))))
        except httpx.HTTPError as error:
            raise CommandError(
                f"The gateway at {wish.address} does not take calls: {error}. Start it with `manage.py up`.",
                returncode=3,
            ) from None

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number <= 1000:
        raise ValueError(text)
    return number
