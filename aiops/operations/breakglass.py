"""`kill` and `unkill`: from a shell, at once, naming the processes that know it; with no database, here."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import InterfaceError, OperationalError

from aiops.core.actors import SystemActor
from aiops.core.errors import AiopsError
from aiops.flags import actions, queries
from aiops.gateway import stopfile
from aiops.gateway.picture import Stop
from aiops.operations.launch import command_line

SHELL = SystemActor("shell")
PATIENCE = 5.0  # seconds for a live process to know it
LOOK = 0.05
REMEMBERED = timedelta(days=1)  # for so long one on this host that hangs is found
BAD_INPUT, NO_DATABASE, LAGGARDS = 2, 3, 4
TARGETS = ("feature", "tenant", "model")

Say = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Aim:
    """What is to be stopped; `target` is "" for everything."""

    scope: str
    target: str = ""

    def __str__(self) -> str:
        return f"the {self.scope} {self.target}" if self.target else "everything"


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument(
        "scope", choices=["global", *TARGETS], metavar="SCOPE", help="global, " + ", ".join(TARGETS)
    )
    for name in TARGETS:
        parser.add_argument(f"--{name}", default="", metavar=name[0].upper())


def aim(options: dict[str, Any]) -> Aim:
    """What the options mean. CommandError (2) where a target lacks or another one is given."""
    scope = options["scope"]
    given = {name for name in TARGETS if options[name]}
    if given != {scope} - {"global"}:
        wanted = f"--{scope} and no other target" if scope in TARGETS else "no target"
        raise CommandError(f"The scope {scope} takes {wanted}.", returncode=BAD_INPUT)
    return Aim(scope, options.get(scope, ""))


def kill(at: Aim, reason: str, home: Path, say: Say) -> None:
    """Stop it, and say which processes know. CommandError: 2 bad input, 4 a process lags."""
    try:
        thrown = actions.stop(by=SHELL, scope=at.scope, target=at.target, reason=reason)
        thrown.refresh_from_db()
    except AiopsError as error:
        raise CommandError(str(error), returncode=BAD_INPUT) from None
    except (OperationalError, InterfaceError) as error:
        _kill_here(at, reason, home, say, error)
        return
    if (thrown.by_label, thrown.reason) != (SHELL.actor_label, reason.strip()):
        say(f"Stopped already by {thrown.by_label}, {thrown.at:%Y-%m-%d %H:%M} UTC: {thrown.reason}")
    wait(thrown.revision, thrown.published_at, "off", say)


def _kill_here(at: Aim, reason: str, home: Path, say: Say, error: Exception) -> None:
    if not reason.strip():
        raise CommandError("Say why, with --reason.", returncode=BAD_INPUT) from None
    try:
        stopfile.add(
            home, Stop.model_validate({"scope": at.scope, "target": at.target, "reason": reason.strip()})
        )
    except (OSError, stopfile.Unreadable) as failed:
        raise CommandError(
            f"Neither the database nor the stop file: {failed}", returncode=NO_DATABASE
        ) from None
    say(f"The database cannot be reached ({_first_line(error)}).")
    say(f"Wrote {stopfile.path_in(home)}: gateways on THIS HOST stop {at} within a second.")
    say("Run the same command on every other host. It holds until `unkill`, also when the database is back.")


def unkill(at: Aim, reason: str, home: Path, say: Say) -> None:
    """Lift it, in the stop file and in the database, and say which processes know."""
    try:
        here = stopfile.remove(home, at.scope, at.target)
    except (OSError, stopfile.Unreadable) as error:
        raise CommandError(str(error), returncode=BAD_INPUT) from None
    if here:
        say(f"Taken out of {stopfile.path_in(home)}: gateways on this host see it within a second.")
    try:
        lifted = _lift(at, reason)
    except AiopsError as error:
        raise CommandError(str(error), returncode=BAD_INPUT) from None
    except (OperationalError, InterfaceError) as error:
        words = f"The database cannot be reached ({_first_line(error)}): a stop that it holds still holds."
        raise CommandError(words, returncode=NO_DATABASE) from None
    if lifted:
        row = queries.publication()
        wait(row.revision if row else None, row.at if row else None, "on again", say)
    elif not here:
        raise CommandError(f"{str(at).capitalize()} is not stopped.", returncode=BAD_INPUT)


def _lift(at: Aim, reason: str) -> bool:
    active = queries.active_stop(at.scope, at.target)
    if active:
        actions.lift(by=SHELL, stop=active, reason=reason)
    return active is not None


def wait(revision: int | None, published_at: datetime | None, word: str, say: Say) -> None:
    """Say of each live process when it knew. CommandError (4) where one does not within five seconds.

    One that fell silent without ending counts as well: it may still serve by what it knew.
    """
    end = time.monotonic() + PATIENCE
    said: set[str] = set()
    while True:
        spread = queries.spread(revision, published_at)
        for one in spread.known:
            if one.knows and one.process.instance not in said:
                said.add(one.process.instance)
                say(f"  {one.process} on {one.process.host}: {word} {_after(one.seconds)}")
        hanging = hanging_ones()
        if (spread.complete and not hanging) or time.monotonic() > end:
            break
        time.sleep(LOOK)
    for silent in spread.silent:
        if silent not in hanging:
            say(f"  {silent} on {silent.host}: its process has ended without a word")
    if not spread.total and not hanging:
        say(f"No gateway runs. It is {word} for those that start.")
        return
    _sum_up(spread, hanging, word, say)


def hanging_ones() -> list[queries.Silent]:
    """Silent processes that may still serve: on this host those that run; of another host's nobody knows."""
    here = socket.gethostname()
    local = [one for one in queries.silent_processes(REMEMBERED) if one.host == here]
    far = [one for one in queries.silent_processes() if one.host != here]
    return [one for one in local if _runs(one.pid)] + far


def _runs(pid: int) -> bool:
    """Whether it is still a process of ours; its number may be another's by now."""
    return "aiops" in command_line(pid)


def _sum_up(spread: queries.Spread, hanging: list[queries.Silent], word: str, say: Say) -> None:
    total = spread.total + len(hanging)
    counted = f"{spread.done} of {total} {'process' if total == 1 else 'processes'}"
    if spread.complete and not hanging:
        say(f"{word.capitalize()} on {counted} {_after(spread.seconds)}.")
        return
    names = ", ".join([*spread.laggards, *map(str, hanging)])
    raise CommandError(
        f"{word.capitalize()} on {counted} only. Not acknowledged within {PATIENCE:.0f} s: {names}.",
        returncode=LAGGARDS,
    )


def _after(seconds: float | None) -> str:
    return "since its start" if seconds is None else f"after {seconds:.2f} s"


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
