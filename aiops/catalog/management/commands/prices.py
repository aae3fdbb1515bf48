"""`manage.py prices import FILE [--effective-at DATE]`: vendors' prices from a list."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_date, parse_datetime

from aiops.catalog import actions
from aiops.catalog.price_list import Plan
from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.core.errors import InvalidInput


class Command(BaseCommand):
    help = "Prices in the form of model_prices_and_context_window.json."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        load = verbs.add_parser("import", help="set the prices that FILE lists for our models, all or none")
        load.add_argument("file", type=Path)
        load.add_argument("--effective-at", default="", help="2026-12-01 or 2026-12-01T00:00Z; without: now")

    def handle(self, *_args: Any, **options: Any) -> None:
        at, path = _moment(options["effective_at"]), options["file"]
        try:
            with path.open("rb") as file:
                plan = actions.import_prices(
                    by=SystemActor("shell"), file=file, effective_at=at, source=path.name
                )
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.", returncode=2) from None
        except InvalidInput as error:
            lines = "".join(f"\n  {problem}" for problem in error.problems)
            raise CommandError(f"{path}: {error}{lines}", returncode=2) from None
        for line in _report(plan):
            self.stdout.write(line)


def _moment(text: str) -> datetime:
    """What `--effective-at` says; times without a zone are UTC."""
    if not text:
        return clock.now()
    try:
        day = parse_date(text)
        found = datetime(day.year, day.month, day.day, tzinfo=UTC) if day else parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(
            f"--effective-at {text}: write a date (2026-12-01) or a time (2026-12-01T00:00Z).", returncode=2
        )
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _report(plan: Plan) -> list[str]:
    lines = []
    for change in plan.changes:
        rates = "; ".join(f"{label} {old or '–'} -> {new or '–'}" for label, old, new in change.rows)
        tiers = ". Long inputs cost more, which is not taken over" if change.tiered else ""
        lines.append(f"{change.model.name} ({change.listed_as}): {rates}{tiers}")
    if plan.unknown:
        lines.append(f"not in the list: {', '.join(model.name for model in plan.unknown)}")
    lines += [
        f"{model.name}: several prices ({', '.join(names)}), set it by hand"
        for model, names in plan.ambiguous
    ]
    lines.append(
        f"{len(plan.changes)} set from {plan.effective_at:%Y-%m-%d %H:%M %Z}, "
        f"{len(plan.unchanged)} unchanged, {len(plan.unknown)} not in the list. "
        "Rates are $ per million tokens."
    )
    return lines
