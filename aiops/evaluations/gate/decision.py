"""The verdict: PASS, BLOCK or INCONCLUSIVE; the first rule that holds decides."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from aiops.evaluations.gate.cases import Demands, PairedCase, must_pass_failed, pair_up
from aiops.evaluations.gate.groups import Group, cluster_numbers, compare, compare_named


class Outcome(StrEnum):
    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    BLOCK = "BLOCK"
    INCONCLUSIVE = "INCONCLUSIVE"


class Reason(StrEnum):
    MUST_PASS = "must_pass"  # noqa: S105 - a reason, not a password
    MISSING_RESULTS = "missing_results"
    OVERALL_FALL = "overall_fall"
    CATEGORY_FALL = "category_fall"
    TOO_FEW_CASES = "too_few_cases"
    WITHIN_MARGIN = "within_margin"
    NOT_RESOLVED = "not_resolved"


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict with its evidence; `small` maps "category:name" to a size too small to be tested."""

    outcome: Outcome
    reason: Reason
    demands: Demands
    total: Group | None
    cases: int
    missing: int
    must_pass_failed: tuple[str, ...]
    categories: dict[str, Group] = field(default_factory=dict)
    locales: dict[str, Group] = field(default_factory=dict)
    small: dict[str, int] = field(default_factory=dict)
    clusters: int | None = None

    @property
    def missing_share(self) -> float:
        return self.missing / self.cases if self.cases else 0.0

    @property
    def fallen(self) -> dict[str, Group]:
        """Categories and locales whose corrected p-value calls a fall, the largest fall first."""
        groups = {**self.categories, **self.locales}
        fallen = {
            name: group
            for name, group in groups.items()
            if group.p_holm is not None and group.p_holm <= self.demands.alpha
        }
        return dict(sorted(fallen.items(), key=lambda item: -item[1].fall))


def decide(cases: Sequence[PairedCase], demands: Demands | None = None) -> Decision:
    """Compare candidate with base on `cases`. Pure and repeatable: the seed is part of `demands`."""
    demands = demands or Demands()
    pairs = pair_up(cases, demands)
    failed = tuple(case.key for case in cases if must_pass_failed(case, demands))
    total = compare(pairs, demands) if pairs else None
    categories, locales, small = compare_named(pairs, demands)
    numbers = cluster_numbers(pairs)
    undecided = Decision(
        outcome=Outcome.INCONCLUSIVE,
        reason=Reason.NOT_RESOLVED,
        demands=demands,
        total=total,
        cases=len(cases),
        missing=len(cases) - len(pairs),
        must_pass_failed=failed,
        categories=categories,
        locales=locales,
        small=small,
        clusters=None if numbers is None else len(set(numbers)),
    )
    return settle(undecided)


def settle(seen: Decision) -> Decision:
    """`seen` with the outcome and the reason of the first rule that holds."""
    outcome, reason = _rule(seen)
    return replace(seen, outcome=outcome, reason=reason)


def _rule(seen: Decision) -> tuple[Outcome, Reason]:  # noqa: PLR0911 - the table of rules, one return a row
    demands, total = seen.demands, seen.total
    if seen.must_pass_failed:
        return Outcome.BLOCK, Reason.MUST_PASS
    if total is None or seen.missing_share > demands.max_missing:
        return Outcome.INCONCLUSIVE, Reason.MISSING_RESULTS
    if total.p <= demands.alpha:
        return Outcome.BLOCK, Reason.OVERALL_FALL
    if seen.fallen:
        return Outcome.BLOCK, Reason.CATEGORY_FALL
    if total.n < demands.min_cases or (seen.clusters is not None and seen.clusters < demands.min_clusters):
        return Outcome.INCONCLUSIVE, Reason.TOO_FEW_CASES
    if total.upper < demands.margin:
        return Outcome.PASS, Reason.WITHIN_MARGIN
    return Outcome.INCONCLUSIVE, Reason.NOT_RESOLVED
