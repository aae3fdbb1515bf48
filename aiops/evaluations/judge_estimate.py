"""What the judges of a run will cost on top of its answers: about, and at most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F

from aiops.catalog.pricing import cost, worst_case
from aiops.core.errors import InvalidInput
from aiops.core.money import ZERO
from aiops.datasets import queries as datasets
from aiops.datasets.models import Dataset, DatasetVersion
from aiops.evaluations.judging import BYTES_PER_TOKEN, Seat, seats_of
from aiops.evaluations.scorers.base import Golden
from aiops.evaluations.scorers.judge_reply import SCHEMAS
from aiops.evaluations.scorers.judge_rubric import messages_for
from aiops.evaluations.work import parameters_of
from aiops.prompts.render import estimate_tokens
from aiops.providers.protocol import Message, Usage

SAMPLE = 100  # cases whose rubrics are rendered; the rest counts as their average
REPLY = 80  # tokens of a verdict with its reason, about


@dataclass(frozen=True, slots=True)
class JudgeEstimate:
    """Calls to judges, and what they cost in USD."""

    calls: int = 0
    likely: Decimal = ZERO
    most: Decimal = ZERO


def estimate_judges(
    entries: Sequence[Mapping[str, Any]],
    cases: DatasetVersion | Dataset,
    *,
    answers: int,
    tokens: int,
    most: int,
) -> JudgeEstimate:
    """For pinned `entries` and `answers` answers of about `tokens` tokens, at most `most`."""
    seats = seats_of(entries)
    sample = _sample(cases) if seats else []
    if not sample:
        return JudgeEstimate()
    parts = [_of(seat, golden, tokens, most) for seat in seats for golden in sample]
    share = Decimal(answers) / len(sample)
    return JudgeEstimate(
        calls=round(sum(part.calls for part in parts) * share),
        likely=sum((part.likely for part in parts), ZERO) * share,
        most=sum((part.most for part in parts), ZERO) * share,
    )


def _of(seat: Seat, golden: Golden, tokens: int, most: int) -> JudgeEstimate:
    """Of one answer to one case."""
    if seat.reference and golden.expected is None:
        return JudgeEstimate()
    try:
        messages = messages_for(seat.rubric, golden, {"output": ""}, seat.kind)
    except InvalidInput:
        return JudgeEstimate()
    bound = int(parameters_of(seat.rubric, seat.model.max_output_tokens)["max_tokens"])
    usage = Usage(input=estimate_tokens(messages) + tokens, output=min(REPLY, bound))
    answer = Message("user", "x" * (BYTES_PER_TOKEN * most))
    worst = worst_case((*messages, answer), bound, seat.price, schema=SCHEMAS[seat.kind])
    return JudgeEstimate(seat.repeats, cost(usage, seat.price) * seat.repeats, worst * seat.repeats)


def _sample(cases: DatasetVersion | Dataset) -> list[Golden]:
    rows = datasets.cases_of(cases) if isinstance(cases, DatasetVersion) else datasets.draft_cases(cases)
    step = max(1, -(-cases.case_count // SAMPLE))
    if step > 1:
        rows = rows.annotate(nth=F("position") % step).filter(nth=0)
    found = rows.order_by("position", "id").values("inputs", "expected", "category", "locale")[:SAMPLE]
    return [Golden(**row) for row in found]
