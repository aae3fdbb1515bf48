"""A run as a report: text for people, JSON and JUnit for CI."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from aiops.core import figures
from aiops.core.money import usd
from aiops.evaluations import queries, reusing, verdict_report
from aiops.evaluations.models import OnModel, Result, Run, Verdict
from aiops.evaluations.statistics import LEAST
from aiops.evaluations.summary import EVERY, Figure, Summary

_CHUNK = 500
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_text(run: Run, summary: Summary) -> str:
    """The report on stdout: what ran, each scorer, then every scorer per category and locale."""
    reused = [f"{sentence}."] if (sentence := reusing.said(run)) else []
    lines = [headline(run, summary), f"{_what(run)}. {_cost(run)}.", *reused, ""]
    lines += _table("Scorer", {name or "every scorer": one for name, one in summary.totals.items()})
    for title, groups in (("Category", summary.by_category), ("Locale", summary.by_locale)):
        if any(groups.get(EVERY, {})):
            lines += ["", *_table(title, groups[EVERY])]
    for row in queries.errors_by_kind(run):
        lines += ["", f"{row['n']:,} x {row['error_kind']}: {row['example'].splitlines()[0][:200]}"]
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def headline(run: Run, summary: Summary) -> str:
    """One line: how the run ended and what share of its cases passes every scorer."""
    at_ceiling = run.state == Run.State.STOPPED and not run.reason
    state = run.get_state_display().lower() + (" at its ceiling" if at_ceiling else "")
    parts = [f"{run}: {state}", f"{run.accounted:,} of {run.total:,} results"]
    if run.failed:
        parts.append(f"{run.failed:,} failed")
    total = summary.totals.get(EVERY)
    if total is not None and total.share is not None:
        parts.append(f"{_shown(total)} of {total.n:,} cases pass every scorer")
    return f"{', '.join(parts)}. {run.reason}".rstrip()


def _what(run: Run) -> str:
    repeats = f" x {run.repeats} repeats" if run.repeats > 1 else ""
    simulated = " (simulated)" if run.approach.simulated else ""
    return f"{run.approach}{simulated} over {run.dataset_version}{repeats}"


def _cost(run: Run) -> str:
    ceiling = f" of at most {usd(run.ceiling)}" if run.ceiling is not None else ""
    unaccounted = f", up to {usd(run.unaccounted)} more without an answer" if run.unaccounted else ""
    return f"Cost {usd(run.cost)}{ceiling}{unaccounted}"


def _table(title: str, groups: Mapping[str, Figure]) -> list[str]:
    width = max([len(title), *(len(name or "(none)") for name in groups)])
    lines = [f"{title:<{width}}  {'cases':>7}  {'missing':>7}  {'score':>9}  95 % interval"]
    for name, figure in groups.items():
        cells = f"{figure.shown_n:>7,}  {figure.missing:>7,}  {_shown(figure):>9}  {_bounds(figure)}"
        lines.append(f"{name or '(none)':<{width}}  {cells}".rstrip())
    return lines


def _shown(figure: Figure) -> str:
    if figure.share is not None:
        if not figure.enough:
            return f"{figure.passed:g} of {figure.n}"
        return figures.percent(figure.share.mid, figure.n)
    return f"{figure.mean.mid:.3f}" if figure.mean else "-"


def _bounds(figure: Figure) -> str:
    if figure.shown is None:
        return ""
    if not figure.enough:
        return f"collecting, {figure.shown_n} of {LEAST}"
    low, high = (figures.percent(bound, figure.shown_n) for bound in (figure.shown.low, figure.shown.high))
    return f"{low} to {high}"


def as_json(run: Run, summary: Summary) -> dict[str, Any]:
    """The figures for programs; shares and bounds are numbers in 0..1, money is text in USD."""
    return {
        "run": run.pk,
        "state": run.state,
        "reason": run.reason,
        "feature": run.feature.slug,
        **_named(run),
        "dataset": run.dataset_version.dataset.name,
        "dataset_version": run.dataset_version.number,
        "repeats": run.repeats,
        "total": run.total,
        "done": run.done,
        "failed": run.failed,
        "cost_usd": str(run.cost),
        "reused": {
            "outputs": run.reused,
            "cost_usd": str(run.reused_cost),
            "runs": {str(origin.run_id): origin.count for origin in reusing.origins(run)},
        },
        "scorers": {name or "*": _figure_json(figure) for name, figure in summary.totals.items()},
        "categories": _groups_json(summary.by_category),
        "locales": _groups_json(summary.by_locale),
        "errors": queries.errors_by_kind(run),
    }


def _named(run: Run) -> dict[str, Any]:
    """What ran; `prompt`, `version` and `model` are null where no model was asked."""
    approach = run.approach
    version, model = (of.version, of.model.name) if isinstance(of := approach.of, OnModel) else (None, None)
    return {
        "approach": approach.kind.value,
        "name": approach.name,
        "prompt": version.prompt.name if version else None,
        "version": version.number if version else None,
        "model": model,
    }


def _groups_json(groups: Mapping[str, Mapping[str, Figure]]) -> dict[str, Any]:
    return {
        group: {name or "*": _figure_json(found[group]) for name, found in groups.items() if group in found}
        for group in groups.get(EVERY, {})
    }


def _figure_json(figure: Figure) -> dict[str, Any]:
    """Below the least number of cases no interval is given."""
    shown = figure.shown if figure.enough else None
    return {
        "cases": figure.cases,
        "n": figure.shown_n,
        "missing": figure.missing,
        "passed": figure.passed,
        "score": figure.shown.mid if figure.shown else None,
        "low": shown.low if shown else None,
        "high": shown.high if shown else None,
    }


def write_junit(run: Run, path: Path, verdict: Verdict | None = None) -> None:
    """One test case for each result, in the form that CI servers read; the verdict first. A stream."""
    with path.open("w", encoding="utf-8") as file:
        xml = XMLGenerator(file, encoding="utf-8", short_empty_elements=True)
        xml.startDocument()
        failures = queries.results(run, {"outcome": "failed"}).count()
        counts = {"tests": run.accounted, "failures": failures, "errors": run.failed}
        name = f"{run.approach}, {run.dataset_version}"
        xml.startElement("testsuites", AttributesImpl({}))
        if verdict is not None:
            verdict_report.write_suite(xml, verdict)
        xml.startElement(
            "testsuite", AttributesImpl({"name": name, **{key: str(n) for key, n in counts.items()}})
        )
        for result in queries.results(run).prefetch_related("scores").iterator(chunk_size=_CHUNK):
            _write_case(xml, run, result)
        xml.endElement("testsuite")
        xml.endElement("testsuites")
        xml.endDocument()


def _write_case(xml: XMLGenerator, run: Run, result: Result) -> None:
    case = result.case
    repeat = f" #{result.repeat + 1}" if run.repeats > 1 else ""
    group = ".".join(part for part in (run.dataset_version.dataset.name, case.category, case.locale) if part)
    seconds = f"{(result.latency_ms or 0) / 1000:.3f}"
    attributes = {"name": _xml(case.key + repeat), "classname": _xml(group), "time": seconds}
    xml.startElement("testcase", AttributesImpl(attributes))
    for element, message, text in _troubles(result):
        xml.startElement(element, AttributesImpl({"message": _xml(message)}))
        xml.characters(_xml(text))
        xml.endElement(element)
    xml.endElement("testcase")


def _troubles(result: Result) -> Iterator[tuple[str, str, str]]:
    if result.error_kind:
        yield "error", result.error_kind, result.error
        return
    failed = [score for score in result.scores.all() if score.passed is False]
    if failed:
        reasons = "\n".join(f"{score.scorer}: {score.reason}" for score in failed)
        yield "failure", ", ".join(score.scorer for score in failed), f"{reasons}\n\nOutput:\n{result.output}"


def _xml(text: str) -> str:
    """What a model wrote may hold characters that XML has no place for."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
