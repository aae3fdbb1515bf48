"""How a case is put to an approach: as a call to its model, or answered here, at once and for nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiops.catalog.pricing import worst_case
from aiops.core.errors import InvalidInput
from aiops.core.money import ZERO
from aiops.evaluations import reusing, rows
from aiops.evaluations.answering import approach_of, row_of
from aiops.evaluations.caller import Job, Outcome
from aiops.evaluations.judging import BYTES_PER_TOKEN, Seat, reserve
from aiops.evaluations.models import Run
from aiops.evaluations.scorers import build_scorers
from aiops.evaluations.work import Item, request_for
from aiops.prompts.render import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiops.evaluations.scorers.base import Scorer


@dataclass(frozen=True, slots=True)
class Ready:
    """A case to be asked about (`job`), or its `row`: answered here, or refused.

    `worst` USD is held before it is started, for its answer and for the judges.
    """

    item: Item
    worst: Decimal
    row: dict[str, Any]
    job: Job | None = None


class ByModel:
    """A prompt version on a model."""

    def __init__(self, run: Run, seats: Sequence[Seat], items: Sequence[Item]) -> None:
        self.run = run
        self.stored = reusing.stored(run, items)
        self.asked = run.asked
        self.seats = seats
        self.scorers: Mapping[str, Scorer] = build_scorers(run.scorers)

    @property
    def provider(self) -> int | None:
        """The id of who is asked."""
        return self.asked.model.provider_id

    def ready(self, item: Item) -> Ready:
        """The case with its call, or the row of one that is there already or whose prompt does not render."""
        original = self.stored.pop((item.case_id, item.repeat), None)
        if original is not None:
            row = rows.reused(item, original, self.scorers)
            return Ready(item, reserve(self.seats, item.golden, len(row["output"].encode())), row)
        try:
            messages = render(self.asked.version, item.golden.inputs)
        except InvalidInput as error:
            return Ready(item, ZERO, rows.refused(item, "prompt_not_rendered", error))
        request = request_for(self.run, messages, item.repeat)
        schema = self.asked.version.output_schema
        worst = worst_case(messages, request.max_tokens, self.asked.price, schema=schema)
        judges = reserve(self.seats, item.golden, BYTES_PER_TOKEN * request.max_tokens)
        job = Job(item, request, worst, self.asked.model.provider_id, judges)
        return Ready(item, worst + judges, {}, job)

    def answered(self, outcome: Outcome) -> dict[str, Any]:
        """The row of a call that is over, without its judges' scores."""
        return rows.answered(outcome.job.item, outcome.job, outcome, self.scorers, self.asked.price)


class Here:
    """A rule set or a classifier, whose answers go before the judges like others."""

    provider: int | None = None

    def __init__(self, run: Run, seats: Sequence[Seat], items: Sequence[Item]) -> None:
        self.seats = seats
        self.scorers: Mapping[str, Scorer] = build_scorers(run.scorers)
        self.approach = approach_of(run, items)

    def ready(self, item: Item) -> Ready:
        """The case with its row."""
        row = row_of(self.approach, item, self.scorers)
        size = len(row["output"].encode())
        return Ready(item, ZERO if row["error_kind"] else reserve(self.seats, item.golden, size), row)

    def answered(self, outcome: Outcome) -> dict[str, Any]:
        """Nobody is asked for answers."""
        raise NotImplementedError
