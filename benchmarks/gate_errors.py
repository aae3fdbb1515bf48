"""How often the gate is wrong: 1,000 harmless and 1,000 harmful changes of 200 cases.

    python -m benchmarks.gate_errors [--changes 1000] [--cases 200] [--seed 1]

Each change is drawn anew: five categories and three locales of unequal size, a base that passes 80 % of the
cases that both answer alike, and 10 % of cases (12 % of harmful changes) on which they differ. A harmless
change passes as often as its base; a harmful one truly falls 10 points, over all cases alike.

Bounds: harmless changes blocked by the overall test at most 5 %, with categories and locales at most 10 %;
harmful ones blocked or left INCONCLUSIVE at least 99 %.
"""

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np

from aiops.evaluations.gate.cases import PairedCase
from aiops.evaluations.gate.decision import Decision, Outcome, Reason, decide

CATEGORIES = (("refund", 0.3), ("delivery", 0.25), ("account", 0.2), ("billing", 0.15), ("other", 0.1))
LOCALES = (("en", 0.5), ("de", 0.3), ("ja", 0.2))
PASSES, FLIPS, FALL = 0.8, 0.1, 0.1


def main() -> int:
    options = _options()
    rng = np.random.default_rng(options.seed)
    began = time.perf_counter()
    harmless = [decide(_change(rng, options.cases, 0.0)) for _ in range(options.changes)]
    harmful = [decide(_change(rng, options.cases, FALL)) for _ in range(options.changes)]
    seconds = (time.perf_counter() - began) / (2 * options.changes)
    overall = _share(harmless, lambda one: one.reason == Reason.OVERALL_FALL)
    blocked = _share(harmless, lambda one: one.outcome == Outcome.BLOCK)
    caught = _share(harmful, lambda one: one.outcome != Outcome.PASS)
    print(
        f"{options.changes:,} changes of each kind, {options.cases} cases, {1000 * seconds:.1f} ms a decision"
    )
    good = [
        _line("harmless, blocked by the overall test", overall, 0.05),
        _line("harmless, blocked with categories and locales", blocked, 0.10),
        _line("harmful, neither blocked nor INCONCLUSIVE", 1 - caught, 0.01),
    ]
    print(f"harmless, passed: {_share(harmless, lambda one: one.outcome == Outcome.PASS):.1%}")
    print(f"harmful, blocked: {_share(harmful, lambda one: one.outcome == Outcome.BLOCK):.1%}")
    return 0 if all(good) else 1


def _change(rng: np.random.Generator, cases: int, fall: float) -> list[PairedCase]:
    """Where `d` of cases differ and the fall is `f`, (d + f) / 2 got worse and (d - f) / 2 better."""
    discordant = FLIPS if fall < FLIPS else 0.12
    worse, better = (discordant + fall) / 2, (discordant - fall) / 2
    kinds = rng.choice(3, size=cases, p=(worse, better, 1 - worse - better))
    same = rng.random(cases) < PASSES
    categories = rng.choice(len(CATEGORIES), size=cases, p=[share for _, share in CATEGORIES])
    locales = rng.choice(len(LOCALES), size=cases, p=[share for _, share in LOCALES])
    return [
        PairedCase(
            base=(int(kind == 0 or (kind == 2 and passed)),),
            cand=(int(kind == 1 or (kind == 2 and passed)),),
            category=CATEGORIES[category][0],
            locale=LOCALES[locale][0],
            key=str(at),
        )
        for at, (kind, passed, category, locale) in enumerate(
            zip(kinds, same, categories, locales, strict=True)
        )
    ]


def _share(decisions: list[Decision], holds: Callable[[Decision], bool]) -> float:
    return sum(map(holds, decisions)) / len(decisions)


def _line(what: str, share: float, bound: float) -> bool:
    good = share <= bound
    print(f"{what}: {share:.1%} (at most {bound:.0%}) {'ok' if good else 'TOO MANY'}")
    return good


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--changes", type=int, default=1000)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
