"""A graded output as a golden case: its inputs, and the answer as it should have been."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from aiops.accounts.models import User
from aiops.core.errors import Conflict, InvalidInput
from aiops.core.shown.kinds import parsed
from aiops.datasets import actions as datasets
from aiops.datasets import queries as golden
from aiops.datasets.models import Case, Dataset
from aiops.reviews.actions.grading import submit_grade, undo_grade
from aiops.reviews.models import Grade, ReviewItem, Seat
from aiops.reviews.queries import cases as queries

TAG = "from-review"


@transaction.atomic
def grade_as_case(
    *,
    by: User,
    seat: Seat,
    token: uuid.UUID,
    raw: int,
    reasons: Iterable[str] = (),
    comment: str = "",
    corrected_output: str = "",
    seconds: float | None = None,
) -> tuple[Grade, Case]:
    """Grade the item, and put it into the draft of the feature's golden set; both, or neither.

    The better answer is what the case expects; without one the output is, where the grade lets it pass.
    InvalidInput where there is neither, or no inputs; Conflict where somebody has changed the case.
    """
    grade = submit_grade(
        by=by,
        seat=seat,
        token=token,
        raw=raw,
        reasons=reasons,
        comment=comment,
        corrected_output=corrected_output,
        seconds=seconds,
    )
    return grade, _case_of(by, grade)


@transaction.atomic
def undo_with_case(*, by: User, grade: Grade) -> Seat:
    """Take a grade back, and the case that came of it where nobody has changed or frozen it since."""
    seat = undo_grade(by=by, grade=grade)
    made = queries.case_from(grade.item)
    if made and made.created_by_id == by.pk and made.since == made.dataset.draft_number:
        datasets.remove_case(by=by, case=made)
    return seat


def _case_of(by: User, grade: Grade) -> Case:
    item = ReviewItem.objects.select_related("feature", "result__case__dataset").get(pk=grade.item_id)
    if not grade.corrected_output and not grade.passed:
        raise InvalidInput("Write the better answer first: what did not pass is no golden case.")
    expected = _expected(grade.corrected_output or item.output or "")
    if item.result is not None:
        return _corrected(by, item.result.case, expected)
    if not item.inputs:
        raise InvalidInput("No named inputs are kept with this item, so it can be no case.")
    dataset = queries.golden_set(item.feature) or datasets.create_dataset(
        by=by, name=queries.new_set_name(item.feature), feature=item.feature
    )
    return datasets.add_case(by=by, dataset=dataset, values=_values(item, grade, expected))


def _values(item: ReviewItem, grade: Grade, expected: Any) -> dict[str, Any]:
    """Where it came from stands in its metadata: what was asked for real, and who says so."""
    source = {"review_item": item.pk, item.source: item.source_id, "at": item.source_at.isoformat()}
    source |= {"grade": grade.raw, "scale": grade.scale, "corrected": bool(grade.corrected_output)}
    return {
        "id": queries.case_key(item),
        "inputs": {
            name: text if isinstance(text, str) else str(text) for name, text in (item.inputs or {}).items()
        },
        "expected": expected,
        "category": "" if item.category == "unknown" else item.category,
        "locale": item.locale,
        "tags": [TAG],
        "metadata": {"source": source},
    }


def _corrected(by: User, case: Case, expected: Any) -> Case:
    """The evaluated case itself, with what it should expect."""
    dataset: Dataset = case.dataset
    live = golden.draft_cases(dataset).filter(key=case.key).select_related("dataset").first()
    if live is None:
        raise Conflict(f"The case {case.key} is no longer in the draft of {dataset.name}.")
    return datasets.edit_case(by=by, case=live, values={**datasets.values_of(live), "expected": expected})


def _expected(text: str) -> Any:
    value = parsed(text)
    return value if isinstance(value, dict | list) else text
