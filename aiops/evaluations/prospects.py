"""What a set of cases can and cannot show of a change, said before the run."""

from collections.abc import Iterable
from dataclasses import dataclass

from aiops.datasets.models import Dataset, DatasetVersion
from aiops.evaluations import comparable
from aiops.evaluations.gate import plan
from aiops.features.models import Feature

FEWEST_FLIPS = 5  # that a test can call a fall
SHOWN = 6  # groups too small that are named


@dataclass(frozen=True, slots=True)
class Prospect:
    """Shares in 0..1. `small` are (category or locale, cases) below the size from which a group is tested."""

    cases: int
    detectable: float | None  # the smallest fall that is found 4 times in 5; None: none can be
    discordant: float  # the share of cases that flip
    known: bool  # ... in this feature's last verdicts, not by assumption
    margin: float
    least: int  # cases without which nothing can pass
    missing: int  # cases to the next usual size, 0 from the largest on
    size: int  # that usual size
    min_category: int
    small: tuple[tuple[str, int], ...]
    small_count: int

    @property
    def detectable_points(self) -> str:
        return _points(self.detectable or 0.0)

    @property
    def margin_points(self) -> str:
        return _points(self.margin)

    @property
    def few_flips(self) -> bool:
        """Whether fewer than five cases can be expected to flip: 1/2 to the power of 4 is above 5 %."""
        return self.cases * self.discordant < FEWEST_FLIPS

    @property
    def lacking(self) -> int:
        return max(0, self.least - self.cases)

    @property
    def small_more(self) -> int:
        return self.small_count - len(self.small)


def prospect(feature: Feature, cases: DatasetVersion | Dataset) -> Prospect:
    """By the policy in force, and by how much the feature's versions differed so far."""
    policy = comparable.policy_of(feature) or comparable.default_policy(feature)
    known = comparable.discordant_share(feature)
    discordant = min(max(known or plan.TYPICAL_DISCORDANT, 0.005), 1.0)
    count = cases.case_count
    size = next((size for size in policy.sizes if size > count), count)
    small = _small(cases.coverage, policy.min_category)
    return Prospect(
        cases=count,
        detectable=plan.mde_binary(count, round(discordant, 3)) if count else None,
        discordant=discordant,
        known=bool(known),
        margin=policy.margin,
        least=max(policy.min_cases, plan.least_to_pass(policy.margin)),
        missing=size - count,
        size=size,
        min_category=policy.min_category,
        small=tuple(small[:SHOWN]),
        small_count=len(small),
    )


def _small(coverage: Iterable[tuple[str, str, int]], least: int) -> list[tuple[str, int]]:
    """Named categories and locales below `least` cases, the smallest first."""
    sizes: dict[tuple[int, str], int] = {}
    for category, locale, count in coverage:
        for key in ((0, category), (1, locale)):
            if key[1]:
                sizes[key] = sizes.get(key, 0) + count
    return sorted(((name, n) for (_, name), n in sizes.items() if n < least), key=lambda group: group[1])


def _points(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0")
