"""What a file of grades would do to a run: all of it, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from aiops.accounts.models import User
from aiops.evaluations import graded
from aiops.evaluations.grade_rows import COLUMNS, Faults, Row, read, shown
from aiops.evaluations.models import HumanGrade, Result, Run

MAX_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Said:
    """A grade that a row makes, and what it is beside what the person says now: new, changed, unchanged."""

    row: Row
    result_id: int
    by: User | None
    state: str

    @property
    def sampling(self) -> HumanGrade.Sampling:
        return HumanGrade.Sampling.RANDOM if self.row.random else HumanGrade.Sampling.CHOSEN


@dataclass(slots=True)
class Plan:
    """What importing a file would do."""

    said: list[Said]
    ignored: list[str]

    @property
    def counts(self) -> dict[str, int]:
        states = [said.state for said in self.said]
        found = {state: states.count(state) for state in ("new", "changed", "unchanged")}
        return {"total": len(states), **found, "random": sum(said.row.random for said in self.said)}

    @property
    def preview(self) -> dict[str, Any]:
        """{"counts", "rows", "ignored"} for the page, what changes something first."""
        first = sorted(self.said, key=lambda said: said.state == "unchanged")[:MAX_SHOWN]
        return {
            "counts": self.counts,
            "rows": [
                {
                    "state": said.state,
                    "case": said.row.case,
                    "repeat": said.row.repeat,
                    "passed": said.row.passed,
                    "reason": said.row.reason[:200],
                    "by": said.by.email if said.by else "",
                    "random": said.row.random,
                }
                for said in first
            ],
            "ignored": self.ignored,
        }


def plan(run: Run, content: bytes, *, by: User | None) -> Plan:
    """What the file says of `run`; rows that name nobody are grades of `by`. InvalidInput: its problems."""
    faults = Faults()
    header, rows = read(content, faults)
    people = _people(rows, faults)
    found = _results(run, rows, faults)
    faults.refuse()
    grades = [(row, found[row.line], people[row.by.lower()] if row.by else by) for row in rows]
    _check_once(grades, faults)
    faults.refuse()
    return Plan(_states(grades), [name for name in header if name not in COLUMNS])


def _people(rows: Sequence[Row], faults: Faults) -> dict[str, User]:
    """The people whom the rows name, by e-mail in small letters."""
    named = {row.by.lower() for row in rows if row.by}
    asked = Q()
    for email in named:
        asked |= Q(email__iexact=email)
    known = {user.email.lower(): user for user in User.objects.filter(asked)} if 0 < len(named) <= 200 else {}
    if len(named) > 200:
        faults.add(f"the file names {len(named):,} people in the column by, at most 200")
        return known
    for row in rows:
        if row.by and row.by.lower() not in known:
            faults.add(f"nobody here has the e-mail {shown(row.by)}", row.line, row.case)
    return known


def _results(run: Run, rows: Sequence[Row], faults: Faults) -> dict[int, int]:
    """By line the result that a row is about."""
    keys = {row.case for row in rows}
    known = Result.objects.filter(run=run, case__key__in=keys).values_list(
        "case__key", "repeat", "pk", "error_kind"
    )
    results = {(key, repeat): (pk, error) for key, repeat, pk, error in known}
    cases = {key for key, _ in results}
    found = {}
    for row in rows:
        repeat = 0 if row.repeat is None and run.repeats == 1 else row.repeat
        result = results.get((row.case, -1 if repeat is None else repeat))
        if row.case not in cases:
            faults.add(f"{run} has no result of a case with this id", row.line, row.case)
        elif repeat is None:
            faults.add(
                f"say which repeat, 0 to {run.repeats - 1}: {run} asked each case {run.repeats} times",
                row.line,
                row.case,
            )
        elif result is None:
            faults.add(
                f"{run} has no result of repeat {repeat}; they are 0 to {run.repeats - 1}", row.line, row.case
            )
        elif result[1]:
            faults.add(f"there is no output to grade: the case got the error {result[1]}", row.line, row.case)
        else:
            found[row.line] = result[0]
    return found


def _check_once(grades: Sequence[tuple[Row, int, User | None]], faults: Faults) -> None:
    seen: dict[tuple[int, int | None], int] = {}
    for row, result, person in grades:
        first = seen.setdefault((result, person.pk if person else None), row.line)
        if first != row.line:
            faults.add(f"line {first} is the same person's grade of the same result", row.line, row.case)


def _states(grades: Sequence[tuple[Row, int, User | None]]) -> list[Said]:
    now = {
        (grade.result_id, grade.by_id): grade
        for grade in graded.newest(Q(result_id__in=[result for _, result, _ in grades]))
    }
    said = []
    for row, result, person in grades:
        before = now.get((result, person.pk if person else None))
        state = "new" if before is None else "changed"
        if before and (before.passed, before.reason) == (row.passed, row.reason):
            state = "unchanged"
        said.append(Said(row, result, person, state))
    return said
