"""A verdict as a report: text for people, JSON and JUnit for CI, Markdown for a pull request."""

import re
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from aiops.core import figures
from aiops.core.money import usd
from aiops.datasets.models import Case
from aiops.evaluations import reusing
from aiops.evaluations.models import Run, Verdict

KINDS = ("locale", "category")
WORDS = {"block": "BLOCK", "pass": "pass", "unsure": "inconclusive", "small": "not tested"}
NO_BASELINE = (
    "No baseline: no finished run of the version in production over the same cases with the same scorers. "
    "Nothing was gated."
)
SHOWN = 10  # flipped cases that a pull request lists
_MARK = re.compile(r"([\\`*_{}\[\]<>|#~@!])")


def as_text(verdict: Verdict | None, live: str = "") -> str:
    """The verdict's sentence, why, what `live` calls make of it, and each locale and category."""
    if verdict is None:
        return NO_BASELINE
    lines = [f"{verdict}.", verdict.why, f"Baseline: {_side(verdict.baseline)}, by {_policy(verdict)}."]
    lines += [f"{sentence}." for sentence in reusing.each(verdict.candidate, verdict.baseline)]
    lines += [live] if live else []
    for kind in KINDS:
        rows = verdict.decision[kind]
        if rows:
            lines += ["", *_table(kind.capitalize(), rows)]
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def as_json(verdict: Verdict | None) -> dict[str, Any] | None:
    """The verdict for programs; without the ids of the flipped cases, but with their keys."""
    if verdict is None:
        return None
    decision = {name: value for name, value in verdict.decision.items() if name != "flipped"}
    return {
        "verdict": verdict.outcome,
        "reason": verdict.reason,
        "sentence": verdict.sentence,
        "why": verdict.why,
        "candidate": verdict.candidate_id,
        "baseline": verdict.baseline_id,
        "policy": verdict.policy.number if verdict.policy else None,
        **decision,
        "flipped": {way: flipped_keys(verdict, way) for way in ("down", "up")},
    }


def as_markdown(run: Run, verdict: Verdict | None, live: str = "") -> str:
    """For a comment on a pull request; `live` is the sentence on the live mix."""
    sentence = NO_BASELINE if verdict is None else f"{verdict}."
    lines = [f"### {_escaped(sentence)}", ""]
    if verdict is not None:
        lines += [_escaped(verdict.why), ""]
    simulated = " (simulated)" if run.approach.simulated else ""
    what = f"{run}: {run.approach}{simulated} over {run.dataset_version}"
    lines.append(_escaped(f"{what}, {run.done:,} of {run.total:,} results, {usd(run.cost)}."))
    lines += [
        _escaped(f"{sentence}.") for sentence in reusing.each(run, verdict.baseline if verdict else None)
    ]
    lines += [_escaped(live)] if live else []
    if verdict is not None:
        lines += [_escaped(f"Against {_side(verdict.baseline)}, by {_policy(verdict)}."), ""]
        lines += _markdown_tables(verdict)
    return "\n".join(lines) + "\n"


def flipped_keys(verdict: Verdict, way: str, most: int | None = None) -> list[str]:
    """Keys of the cases that went "down" or "up", in the verdict's order."""
    ids = verdict.decision["flipped"][way][:most]
    keys = dict(Case.objects.filter(pk__in=ids).values_list("pk", "key"))
    return [keys[pk] for pk in ids]


def write_suite(xml: XMLGenerator, verdict: Verdict) -> None:
    """A JUnit suite: the verdict, each locale and category, and each case that got worse."""
    tests = list(_tests(verdict))
    counts = {"tests": len(tests), "failures": sum(bool(test[2]) for test in tests)}
    counts["skipped"] = sum(bool(test[3]) for test in tests)
    attributes = {"name": f"gate: {verdict.candidate.approach.name} against {verdict.baseline.approach.name}"}
    xml.startElement("testsuite", AttributesImpl(attributes | {key: str(n) for key, n in counts.items()}))
    for group, name, failure, skipped in tests:
        xml.startElement("testcase", AttributesImpl({"name": name, "classname": f"gate.{group}"}))
        for element, message in (("failure", failure), ("skipped", skipped)):
            if message:
                xml.startElement(element, AttributesImpl({"message": message}))
                xml.endElement(element)
        xml.endElement("testcase")
    xml.endElement("testsuite")


def _tests(verdict: Verdict) -> Iterator[tuple[str, str, str, str]]:
    """(group, name, why it failed, why it was skipped)"""
    passed = verdict.outcome == Verdict.Outcome.PASS
    yield "verdict", verdict.candidate.approach.name, "" if passed else str(verdict), ""
    least = verdict.decision["demands"]["min_category"]
    for kind in KINDS:
        for row in verdict.decision[kind]:
            name = row["words"] or f"no {kind}"
            fallen = f"fell {_points(-row['difference'])} points" if row["state"] == "block" else ""
            yield kind, name, fallen, f"{row['n']} of {least} cases" if row["state"] == "small" else ""
    for key in flipped_keys(verdict, "down"):
        yield "flipped", key, "passed before and fails now", ""


def _table(title: str, rows: list[dict[str, Any]]) -> list[str]:
    width = max(len(title), *(len(_name(row)) for row in rows))
    lines = [
        f"{title:<{width}}  {'cases':>7}  {'base':>7}  {'now':>7}  {'points':>7}  95 % interval    verdict"
    ]
    for row in rows:
        cells = [
            f"{row['n']:>7,}",
            *(f"{figures.percent(row[side], row['n']):>7}" for side in ("base", "candidate")),
        ]
        cells += [f"{figures.points(row['difference']):>7}", f"{_interval(row):<15}", WORDS[row["state"]]]
        lines.append(f"{_name(row):<{width}}  {'  '.join(cells)}")
    return lines


def _markdown_tables(verdict: Verdict) -> list[str]:
    lines: list[str] = []
    for kind in KINDS:
        rows = verdict.decision[kind]
        if not rows:
            continue
        lines += [f"| {kind.capitalize()} | Cases | Base | Now | Points | 95 % interval | |"]
        lines += ["|---|--:|--:|--:|--:|---|---|"]
        lines += [f"| {' | '.join(_cells(row))} |" for row in rows] + [""]
    for way, title in (("down", "Pass to fail"), ("up", "Fail to pass")):
        count = len(verdict.decision["flipped"][way])
        if count:
            keys = ", ".join(f"`{key.replace('`', '')}`" for key in flipped_keys(verdict, way, SHOWN))
            more = f" and {count - SHOWN:,} more" if count > SHOWN else ""
            lines.append(f"{title}, {count:,}: {keys}{more}\n")
    return lines


def _cells(row: dict[str, Any]) -> list[str]:
    shares = [figures.percent(row[side], row["n"]) for side in ("base", "candidate")]
    state = f"**{WORDS[row['state']]}**" if row["state"] == "block" else WORDS[row["state"]]
    name = _escaped(_name(row))
    return [name, f"{row['n']:,}", *shares, figures.points(row["difference"]), _interval(row), state]


def _name(row: dict[str, Any]) -> str:
    return row["words"] or "(none)"


def _interval(row: dict[str, Any]) -> str:
    if row["low"] is None:
        return ""
    return f"{figures.points(row['low'])} to {figures.points(row['high'])}"


def _points(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0")


def _side(run: Run) -> str:
    return f"{run} ({run.approach})"


def _policy(verdict: Verdict) -> str:
    return str(verdict.policy) if verdict.policy else "the default policy"


def _escaped(text: str) -> str:
    """Names and keys are other people's text: none of it becomes a link, an image or a mention."""
    return _MARK.sub(r"\\\1", text)
