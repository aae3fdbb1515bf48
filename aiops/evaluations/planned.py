"""The runs that are about to be started: what each will cost, and which of its outputs are there already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from aiops.approaches.models import RuleSetVersion
from aiops.core.money import ZERO
from aiops.datasets.models import Dataset, DatasetVersion
from aiops.evaluations import judging, reusing
from aiops.evaluations.estimate import Estimate, estimate, sample_of
from aiops.evaluations.judge_estimate import JudgeEstimate, estimate_judges
from aiops.evaluations.models import AnyApproach, Approach, OnModel, described

FEW = 50  # cases
LABEL = 50  # tokens of what rules and classifiers answer, at most about


@dataclass(frozen=True, slots=True)
class Planned:
    """One run to be started. `estimate` is None where the model has no price; USD."""

    approach: Approach
    estimate: Estimate | None
    reusable: int = 0  # outputs that are there
    reuse: bool = False  # ... and are taken over
    judges: JudgeEstimate = field(default_factory=JudgeEstimate)

    @property
    def calls(self) -> int:
        """Of a model; rules and classifiers make none."""
        if self.estimate is None or not self.approach.asks_model:
            return 0
        return self.estimate.calls - (self.reusable if self.reuse else 0)

    @property
    def likely(self) -> Decimal:
        return self._part(self.estimate.likely) + self.judges.likely if self.estimate else ZERO

    @property
    def most(self) -> Decimal:
        return self._part(self.estimate.most) + self.judges.most if self.estimate else ZERO

    def _part(self, whole: Decimal) -> Decimal:
        """Outputs that are taken over cost nothing; each counts like the average one."""
        total = self.estimate.calls if self.estimate else 0
        return whole * self.calls / total if total else ZERO


@dataclass(frozen=True, slots=True)
class Plan:
    """All runs that one form starts."""

    runs: tuple[Planned, ...] = ()
    cases: int = 0
    problem: str = ""  # why the judges can't be asked

    @property
    def few(self) -> bool:
        """Whether the cases say little, however the runs end."""
        return 0 < self.cases < FEW

    @property
    def asked(self) -> int:
        """Outputs of models that the runs need, taken over or not."""
        return sum(run.estimate.calls for run in self.runs if run.estimate and run.approach.asks_model)

    @property
    def there(self) -> int:
        """How many of them are there already."""
        return sum(run.reusable for run in self.runs)


def plan(
    approaches: Sequence[AnyApproach],
    cases: DatasetVersion | Dataset,
    *,
    repeats: int,
    reuse: bool,
    scorers: Sequence[Mapping[str, Any]] = (),
) -> Plan:
    """What starting each of `approaches` over `cases` comes to, with the judges among `scorers`."""
    judges, problem = judging.foreseen(scorers)
    runs = [_one(approach, cases, repeats, reuse=reuse) for approach in approaches]
    return Plan(tuple(_judged(run, judges, cases) for run in runs), cases.case_count, problem)


def _judged(run: Planned, judges: Sequence[Mapping[str, Any]], cases: DatasetVersion | Dataset) -> Planned:
    """With what its judges cost; they judge outputs that are taken over too."""
    found = run.estimate
    if found is None:
        return run
    sizes = {"tokens": found.answer, "most": found.answer_most}
    return replace(run, judges=estimate_judges(judges, cases, answers=found.calls, **sizes))


def _one(approach: AnyApproach, cases: DatasetVersion | Dataset, repeats: int, *, reuse: bool) -> Planned:
    if isinstance(approach, OnModel):
        found = estimate(version=approach.version, model=approach.model, cases=cases, repeats=repeats)
        return Planned(described(approach), found, reusing.count(approach, cases, repeats), reuse)
    needed = set(approach.inputs) if isinstance(approach, RuleSetVersion) else {approach.variable}
    return Planned(described(approach), _free(needed, cases))


def _free(needed: set[str], cases: DatasetVersion | Dataset) -> Estimate:
    """What asks no model costs nothing; it still needs its inputs."""
    sample = sample_of(cases)
    lacking = [needed - inputs.keys() for inputs in sample]
    problems = [f"the input {name!r} is missing" for missing in lacking for name in sorted(missing)]
    return Estimate(
        cases=cases.case_count,
        calls=cases.case_count,
        likely=ZERO,
        most=ZERO,
        sampled=len(sample),
        unrenderable=sum(bool(missing) for missing in lacking),
        problems=tuple(dict.fromkeys(problems))[:3],
        known_output=True,
        answer=LABEL,
        answer_most=LABEL,
    )
