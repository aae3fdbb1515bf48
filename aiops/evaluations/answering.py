"""The work of a shard whose run asks no model: rules or a classifier answer here, at once and for nothing."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from aiops.approaches.deciding import ByRules, judged_on
from aiops.approaches.face import Approach
from aiops.approaches.models import ClassifierVersion, RuleSetVersion
from aiops.core.errors import InvalidInput
from aiops.evaluations import rows
from aiops.evaluations.batch import Batch
from aiops.evaluations.claims import Claim
from aiops.evaluations.models import Run, Shard
from aiops.evaluations.scorers import build_scorers
from aiops.evaluations.work import Item, items_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiops.evaluations.scorers.base import Scorer


class AnsweringWork:
    """The state of one worker on one shard."""

    def __init__(self, claim: Claim, look: Callable[[], None] | None = None) -> None:
        self.batch = Batch(claim, look)
        self.scorers: Mapping[str, Scorer] = build_scorers(claim.run.scorers)
        self.items: Sequence[Item] = items_of(claim.shard, claim.run)
        self.approach = approach_of(claim.run, self.items)

    def run(self) -> Shard.State:
        """Work until nothing is left or the run is over; the state in which to give the shard back."""
        for item in self.items:
            self.batch.rows.append(row_of(self.approach, item, self.scorers))
            if self.batch.due:
                self.batch.flush()
            if self.batch.halted:
                return Shard.State.QUEUED
        self.batch.flush()
        return Shard.State.QUEUED if self.batch.halted else Shard.State.FINISHED


def row_of(approach: Approach, item: Item, scorers: "Mapping[str, Scorer]") -> dict[str, Any]:
    """What `approach` answers to one case, scored; or why it can't."""
    try:
        answer = approach.answer(item.golden.inputs, item.golden.locale)
    except InvalidInput as error:
        return rows.refused(item, "not_answered", error)
    return rows.decided(item, answer, scorers)


def approach_of(run: Run, items: Sequence[Item]) -> Approach:
    """What answers the items of `run`: a classifier never by a model that saw the case's text."""
    of = run.approach.of
    if isinstance(of, RuleSetVersion):
        return ByRules(of)
    if isinstance(of, ClassifierVersion):
        return judged_on(of, [item.golden.inputs.get(of.variable, "") for item in items])
    raise ValueError(f"{run} asks a model")
