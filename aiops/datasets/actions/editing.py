"""Single cases: add, edit, remove, bring back. An edit closes the row and adds another."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db import transaction
from django.db.models import Max, Value
from django.db.models.functions import Cast

from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput, Problem
from aiops.datasets import queries, tally, words
from aiops.datasets.actions.locking import hold, person_of, slug_of
from aiops.datasets.content import MAX_CASES
from aiops.datasets.models import Case, Dataset
from aiops.datasets.validation import Checked, check, quoted


@transaction.atomic
def add_case(*, by: Actor, dataset: Dataset, values: Mapping[str, Any]) -> Case:
    """Add the case that `values` (the object of a JSON line) describe, at the end of the draft."""
    checked = _checked(values)
    held = hold(dataset)
    key = checked.content.key
    if queries.draft_cases(held).filter(key=key).exists():
        raise InvalidInput(f"There is a case with the id {quoted(key)} already.")
    if held.case_count >= MAX_CASES:
        raise InvalidInput(f"{held.name} has {MAX_CASES:,} cases, which is the most it can have.")
    gone = queries.history(held, key).first()
    last = held.cases.aggregate(last=Max("position"))["last"] or 0
    case = _add(by, held, checked, gone.position if gone else last + 1)
    _audited(by, "datasets.case_added", held, case, after=case)
    return case


@transaction.atomic
def edit_case(*, by: Actor, case: Case, values: Mapping[str, Any]) -> Case:
    """The case's new row; the same one where nothing differs. `case` is the row that the person saw.

    Raises Conflict where somebody else changed or removed the case since, InvalidInput for bad values.
    """
    checked = _checked({**values, "id": case.key})
    held = hold(case.dataset)
    seen = _still_open(held, case)
    if seen.digest == checked.digest:
        return seen
    at = clock.now()  # of both rows: it tells an edit from a removal
    _close(by, held, seen, at)
    made = _add(by, held, checked, seen.position, at)
    _audited(by, "datasets.case_edited", held, made, before=seen, after=made)
    return made


@transaction.atomic
def remove_case(*, by: Actor, case: Case) -> None:
    """Take the case out of the draft; frozen versions keep it. Raises Conflict as `edit_case` does."""
    held = hold(case.dataset)
    seen = _still_open(held, case)
    _close(by, held, seen, clock.now())
    tally.recount(held)
    _audited(by, "datasets.case_removed", held, seen, before=seen)


@transaction.atomic
def restore_case(*, by: Actor, dataset: Dataset, key: str) -> Case:
    """Bring a removed case back as it was last. Raises Conflict where it is there."""
    held = hold(dataset)
    last = queries.history(held, key).first()
    if last is None or last.until is None:
        raise Conflict(f"The case {quoted(key)} is not removed.")
    checked = _checked(values_of(last))
    made = _add(by, held, checked, last.position)
    _audited(by, "datasets.case_restored", held, made, after=made)
    return made


def values_of(case: Case) -> dict[str, Any]:
    """What a case says, as the object of a JSON line."""
    values = {name: getattr(case, name) for name in Case.CONTENT}
    return {"id": values.pop("key"), **values}


def _checked(values: Mapping[str, Any]) -> Checked:
    checked, problems = check(values)
    if checked is None:
        raise InvalidInput("The case was not saved.", [Problem(message) for message in problems])
    return checked


def _still_open(held: Dataset, case: Case) -> Case:
    seen = held.cases.select_related("closed_by").get(pk=case.pk)
    if seen.until is not None:
        who = seen.closed_by or "An import"
        raise Conflict(f"{who} changed the case {quoted(case.key)} meanwhile.")
    return seen


def _close(by: Actor, held: Dataset, case: Case, at: datetime) -> None:
    held.cases.filter(pk=case.pk).update(until=held.draft_number, closed_at=at, closed_by=person_of(by))


def _add(by: Actor, held: Dataset, checked: Checked, position: int, at: datetime | None = None) -> Case:
    content = checked.content
    vector = words.vector(words.lexemes(content.texts()))
    made = Case.objects.create(
        dataset=held,
        since=held.draft_number,
        position=position,
        digest=checked.digest,
        words=Cast(Value(vector), SearchVectorField()),
        created_at=at or clock.now(),
        created_by=person_of(by),
        **{name: getattr(content, name) for name in Case.CONTENT},
    )
    tally.recount(held)
    return made


def _audited(
    by: Actor, action: str, held: Dataset, case: Case, before: Case | None = None, after: Case | None = None
) -> None:
    """The audit keeps short what changed; the case's own rows keep all of it."""
    was, now = (values_of(before) if before else {}), (values_of(after) if after else {})
    names = [name for name in (now or was) if was.get(name) != now.get(name)]
    audit.record(
        by=by,
        action=action,
        on=case,
        label=f"{held.name}: {case.key}",
        feature=slug_of(held),
        before=_short(was, names) if before else None,
        after=_short(now, names) if after else None,
    )


def _short(values: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: text if len(text := str(values[name])) <= 500 else f"{text[:500]}…" for name in names}
