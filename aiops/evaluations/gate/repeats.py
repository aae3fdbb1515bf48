"""Whether asking each case more often would help to decide (pure)."""

from collections.abc import Sequence
from statistics import fmean, variance

from aiops.evaluations.gate.cases import Demands, PairedCase, usable

ENOUGH = 0.1  # of the variance between cases: below it repeats have told what they can


def advice(cases: Sequence[PairedCase], demands: Demands) -> str:
    """Says that more repeats will not help; "" where they may, or where no case was asked more than once.

    The fall of a case is the difference of its sides' means. The variance within a case is that of one repeat
    of either side; what it adds to the variance of the falls is taken off the one between cases.
    """
    sides = [(usable(case.base, errors_fail=False), usable(case.cand, errors_fail=True)) for case in cases]
    sides = [(base, cand) for base, cand in sides if len(base) > 1 and len(cand) > 1]
    if len(sides) < demands.min_cases:
        return ""
    falls = [fmean(base) - fmean(cand) for base, cand in sides]
    within = fmean(variance(base) + variance(cand) for base, cand in sides)
    noise = fmean(variance(base) / len(base) + variance(cand) / len(cand) for base, cand in sides)
    between = variance(falls) - noise
    return "More repeats will not help." if within < ENOUGH * between else ""
