"""`manage.py evaluate`: an evaluation for a shell or a CI job.

Progress goes to stderr, the report to stdout. Exit 0: finished; 2: asked wrongly; 3: could not finish.
"""

import json
import signal
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from aiops.core.actors import SystemActor
from aiops.core.errors import AiopsError, Conflict, InvalidInput
from aiops.core.money import usd
from aiops.evaluations import actions, asked, queries, report, waiting
from aiops.evaluations.models import Run
from aiops.evaluations.summary import summarise

SHELL = SystemActor("shell")
COULD_NOT_FINISH = 3


class Command(BaseCommand):
    help = "Run a prompt version over a golden dataset and report scores per category and locale."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Our --version names a prompt version and takes the place of Django's."""
        return super().create_parser(prog_name, subcommand, **{"conflict_handler": "resolve", **kwargs})

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--feature", required=True, help="slug of the feature")
        prompt = parser.add_mutually_exclusive_group(required=True)
        prompt.add_argument("--version", dest="number", type=int, help="number of the prompt version")
        prompt.add_argument(
            "--prompt-file", type=Path, help="a .prompt file; kept as a version without a label"
        )
        parser.add_argument("--prompt", help="name of the prompt, where the feature has several")
        parser.add_argument("--dataset", required=True, help="NAME, or NAME@VERSION; else its latest version")
        parser.add_argument("--model", help="else the one that the prompt version names")
        parser.add_argument("--scorers", help="JSON list; else the dataset's")
        parser.add_argument("--repeats", type=int, default=1)
        parser.add_argument("--ceiling", help="USD; the run stops before it can cost more")
        parser.add_argument("--note", default="")
        parser.add_argument("--junit", type=Path, help="write the results as JUnit XML")
        parser.add_argument("--json", type=Path, help="write the figures as JSON")
        parser.add_argument("--timeout", type=float, help="seconds; then the run is cancelled")

    def handle(self, *_args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            run = self._start(options)
        except InvalidInput as error:
            lines = [str(error), *(f"  {problem}" for problem in error.problems)]
            raise CommandError("\n".join(lines), returncode=2) from None
        except (AiopsError, OSError) as error:
            raise CommandError(str(error), returncode=2) from None
        run, ended = self._follow(run, options["timeout"])
        self._report(run, options)
        if not ended or run.state != Run.State.FINISHED:
            sys.exit(COULD_NOT_FINISH)

    def _start(self, options: dict[str, Any]) -> Run:
        feature = asked.feature_named(options["feature"])
        dataset_version, note = asked.dataset_version_named(options["dataset"])
        version, said = asked.version_asked(
            by=SHELL,
            feature=feature,
            prompt=options["prompt"],
            number=options["number"],
            file=options["prompt_file"],
        )
        for line in (note, said):
            if line:
                self.stderr.write(line)
        run = actions.start_run(
            by=SHELL,
            feature=feature,
            dataset_version=dataset_version,
            version=version,
            model=asked.model_named(options["model"] or version.model),
            scorers=_scorers(options["scorers"], dataset_version.dataset.scorers),
            repeats=options["repeats"],
            ceiling=_amount(options["ceiling"]),
            note=options["note"],
        )
        self.stderr.write(f"{run}: {version} on {run.model} over {dataset_version}, {run.total:,} calls")
        return run

    def _follow(self, run: Run, seconds: float | None) -> tuple[Run, bool]:
        """The run as it is in the end, and whether it ended by itself."""
        try:
            return waiting.follow(run, self._tell, seconds), True
        except waiting.OutOfTime:
            self.stderr.write(f"{run} is not over after {seconds:g} s: cancelling it.")
        except KeyboardInterrupt:
            self.stderr.write(f"Interrupted: cancelling {run}.")
        return _cancelled(run), False

    def _tell(self, run: Run) -> None:
        failed = f", {run.failed:,} failed" if run.failed else ""
        progress = f"{run.accounted:,} of {run.total:,}{failed}, {usd(run.cost)}"
        self.stderr.write(f"{run.get_state_display()}: {progress}")

    def _report(self, run: Run, options: dict[str, Any]) -> None:
        run = queries.runs().get(pk=run.pk)
        summary = summarise(run)
        self.stdout.write(report.as_text(run, summary))
        if options["json"]:
            text = json.dumps(report.as_json(run, summary), indent=2, ensure_ascii=False)
            options["json"].write_text(text + "\n", encoding="utf-8")
        if options["junit"]:
            report.write_junit(run, options["junit"])


def _cancelled(run: Run) -> Run:
    try:
        return actions.cancel_run(by=SHELL, run=run)
    except Conflict:
        run.refresh_from_db()
        return run


def _scorers(given: str | None, usual: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if given is None:
        return usual
    try:
        scorers = json.loads(given)
    except ValueError as error:
        raise InvalidInput(f"--scorers is not JSON: {error}") from None
    if not isinstance(scorers, list):
        raise InvalidInput('--scorers has to be a list: [{"type": "exact"}]')
    return scorers


def _amount(given: str | None) -> Decimal | None:
    if given is None:
        return None
    try:
        amount = Decimal(given)
    except InvalidOperation:
        raise InvalidInput(f"--ceiling {given!r} is no amount of USD") from None
    if not amount.is_finite():
        raise InvalidInput(f"--ceiling {given!r} is no amount of USD")
    return amount
