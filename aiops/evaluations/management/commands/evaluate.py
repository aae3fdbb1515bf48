"""`manage.py evaluate`: an evaluation with its gate, for a shell or a CI job.

Progress goes to stderr, the report to stdout. Exit 0: PASS, or finished without any baseline to compare with;
10: BLOCK; 11: INCONCLUSIVE; 2: asked wrongly, which includes a `--baseline` that there is not; 3: could not
finish.
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
from aiops.evaluations import actions, asked, live, queries, report, summaries, verdict_report, waiting
from aiops.evaluations.models import AnyApproach, OnModel, Run, Verdict
from aiops.evaluations.summary import tabulate
from aiops.features.models import Feature

SHELL = SystemActor("shell")
COULD_NOT_FINISH = 3
EXIT = {Verdict.Outcome.PASS: 0, Verdict.Outcome.BLOCK: 10, Verdict.Outcome.INCONCLUSIVE: 11}


class Command(BaseCommand):
    help = "Run an approach over a golden dataset, report scores per category and locale, and gate it."

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
        prompt.add_argument("--rule-set", metavar="NAME[@V]", help="a rule set instead of a prompt")
        prompt.add_argument(
            "--classifier", metavar="NAME[@V]", help="a trained classifier instead of a prompt"
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
        parser.add_argument("--markdown", type=Path, help="write the verdict for a pull request")
        parser.add_argument(
            "--baseline",
            metavar="production|RUN",
            help="the run to compare with: that of the version in production (default), or by its number",
        )
        parser.add_argument(
            "--reuse", action="store_true", help="take over outputs of unchanged cases from earlier runs"
        )
        parser.add_argument("--timeout", type=float, help="seconds; then the run is cancelled")

    def handle(self, *_args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            run, baseline = self._start(options)
        except InvalidInput as error:
            lines = [str(error), *(f"  {problem}" for problem in error.problems)]
            raise CommandError("\n".join(lines), returncode=2) from None
        except (AiopsError, OSError) as error:
            raise CommandError(str(error), returncode=2) from None
        run, ended = self._follow(run, options["timeout"])
        finished = ended and run.state == Run.State.FINISHED
        verdict = _verdict(run, baseline) if finished else None
        self._report(run, verdict, options)
        if not finished:
            sys.exit(COULD_NOT_FINISH)
        if verdict is not None and EXIT[Verdict.Outcome(verdict.outcome)]:
            sys.exit(EXIT[Verdict.Outcome(verdict.outcome)])

    def _start(self, options: dict[str, Any]) -> tuple[Run, Run | None]:
        feature = asked.feature_named(options["feature"])
        dataset_version, note = asked.dataset_version_named(options["dataset"])
        approach, said = _approach(feature, options)
        for line in (note, said):
            if line:
                self.stderr.write(line)
        scorers = actions.resolve_scorers(_scorers(options["scorers"], dataset_version.dataset.scorers))
        baseline = asked.baseline_named(
            options["baseline"], approach=approach, feature=feature, cases=dataset_version, scorers=scorers
        )
        run = actions.start_run(
            by=SHELL,
            feature=feature,
            dataset_version=dataset_version,
            approach=approach,
            scorers=scorers,
            terms=actions.Terms(
                repeats=options["repeats"], ceiling=_amount(options["ceiling"]), reuse=options["reuse"]
            ),
            note=options["note"],
        )
        self.stderr.write(f"{run}: {run.approach} over {dataset_version}, {run.total:,} calls")
        return run, baseline

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

    def _report(self, run: Run, verdict: Verdict | None, options: dict[str, Any]) -> None:
        run = queries.runs().get(pk=run.pk)
        measured = summaries.measured([run])[0]
        summary = tabulate(measured.columns)
        mix = live.of_verdict(verdict) if verdict else live.of_run(run, measured.columns)
        said = mix.sentence if mix else ""
        if run.state == Run.State.FINISHED:
            self.stdout.write(f"{verdict_report.as_text(verdict, said)}\n")
        self.stdout.write(report.as_text(run, summary))
        if options["json"]:
            figures = report.as_json(run, summary)
            figures |= {"gate": verdict_report.as_json(verdict), "live_mix": live.as_json(mix)}
            text = json.dumps(figures, indent=2, ensure_ascii=False)
            options["json"].write_text(text + "\n", encoding="utf-8")
        if options["junit"]:
            report.write_junit(run, options["junit"], verdict)
        if options["markdown"]:
            options["markdown"].write_text(verdict_report.as_markdown(run, verdict, said), encoding="utf-8")


def _approach(feature: Feature, options: dict[str, Any]) -> tuple[AnyApproach, str]:
    """What is to run, and what was done for it, in words."""
    if options["rule_set"]:
        return asked.rules_named(feature, options["rule_set"]), ""
    if options["classifier"]:
        return asked.classifier_named(feature, options["classifier"]), ""
    version, said = asked.version_asked(
        by=SHELL,
        feature=feature,
        prompt=options["prompt"],
        number=options["number"],
        file=options["prompt_file"],
    )
    return OnModel(version, asked.model_named(options["model"] or version.model)), said


def _verdict(run: Run, baseline: Run | None) -> Verdict | None:
    """A policy that asks for scorers which the run has not is a mistake of who asked."""
    if baseline is None:
        return None
    try:
        return actions.compare_runs(by=SHELL, candidate=run, baseline=baseline)
    except AiopsError as error:
        raise CommandError(str(error), returncode=2) from None


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
