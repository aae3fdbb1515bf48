"""Whether the headline's interval holds the truth, whatever the judge is worth: our code on drawn calls.

    python -m benchmarks.quality_coverage [--trials 400] [--grades 120] [--seed 1]

A feature's calls of a month in two locales that pass unequally often, one of them judged three times as often
as it is asked for. People grade a random share; of what the judge fails, and of a candidate's calls, they
grade far more. The judge is good, mild (passes half of what people fail), harsh, a coin, or wrong nearly
always. For each: how often the 95 % interval of the true pass rate holds the truth, how wide it is, and how
far off the judge alone is. Below 93 % less two standard errors, a judge fails the program.
"""

import argparse
import math
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date

import numpy as np

from aiops.monitoring.quality import estimating
from aiops.monitoring.quality.samples import Evidence, Human, Verdicts

CALLS = 20_000
LOCALES = {"en": (0.8, 0.92, 0.05), "ja": (0.2, 0.70, 0.15)}  # share of calls, true rate, share judged
CANDIDATE = 0.1  # of the calls; it passes less often
WORSE = 0.15
TAIL = 5.0  # times the base share: what the judge fails, and the candidate's calls
LEAST = 0.93
DAY = date(2026, 11, 1)


@dataclass(frozen=True, slots=True)
class Judge:
    """P(it passes) where people pass, and where they fail."""

    name: str
    of_passes: float
    of_fails: float


JUDGES = (
    Judge("good", 0.97, 0.08),
    Judge("mild", 0.98, 0.50),
    Judge("harsh", 0.70, 0.02),
    Judge("a coin", 0.50, 0.50),
    Judge("contrary", 0.10, 0.90),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """Of one judge: the share of intervals that hold the truth, their mean width, the judge's mean error."""

    held: float
    width: float
    grades: float
    off: float


def main() -> int:
    options = _options()
    draw = np.random.default_rng(options.seed)
    least = LEAST - 2 * math.sqrt(0.05 * 0.95 / options.trials)
    failed = False
    print(f"{options.trials} months of {CALLS:,} calls for each judge, about {options.grades} grades")
    for judge in JUDGES:
        began = time.perf_counter()
        seen = tried(draw, judge, options.trials, options.grades)
        failed = failed or seen.held < least
        print(
            f"  {judge.name:9} interval holds the truth {seen.held:6.1%} (least {least:.1%}), "
            f"{seen.grades:.0f} grades, width {100 * seen.width:4.1f} points; "
            f"the judge alone is {100 * seen.off:+5.1f} points off; {time.perf_counter() - began:.0f} s"
        )
    return int(failed)


def tried(draw: np.random.Generator, judge: Judge, trials: int, grades: int) -> Seen:
    held, widths, counts, off = 0, [], [], []
    for number in range(trials):
        seen, truth, live = month(draw, judge, grades)
        found = estimating.figure(seen, f"{judge.name} {number}", live)
        held += found["low"] <= truth <= found["high"]
        widths.append(found["high"] - found["low"])
        counts.append(found["graded"])
        off.append(found["judge"] - truth)
    return Seen(held / trials, float(np.mean(widths)), float(np.mean(counts)), float(np.mean(off)))


def month(
    draw: np.random.Generator, judge: Judge, grades: int
) -> tuple[Evidence, float, dict[tuple[str, str], int]]:
    """What is known of a month, the true pass rate of its calls, and how often each locale is asked."""
    locales = draw.choice(list(LOCALES), CALLS, p=[one[0] for one in LOCALES.values()])
    japanese = locales == "ja"
    tried = draw.random(CALLS) < CANDIDATE
    rate = np.where(japanese, LOCALES["ja"][1], LOCALES["en"][1]) - WORSE * tried
    good = draw.random(CALLS) < rate
    said = draw.random(CALLS) < np.where(good, judge.of_passes, judge.of_fails)
    chance = np.where(japanese, LOCALES["ja"][2], LOCALES["en"][2])
    judged = draw.random(CALLS) < chance
    base = grades / CALLS / 2  # the other half comes from the tail
    share = np.where(tried | (judged & ~said), TAIL * base, base)
    graded = draw.random(CALLS) < share
    counted = Counter(
        zip(locales[judged], tried[judged], said[judged], chance[judged], strict=True)  # of what was judged
    )
    verdicts = [
        Verdicts(DAY, "", str(locale), "v4" if arm else "v3", _arm(arm), "m", "j", bool(verdict), float(p), n)
        for (locale, arm, verdict, p), n in counted.items()
    ]
    humans = [
        Human(DAY, "", str(locales[i]), "v4" if tried[i] else "v3", _arm(tried[i]), "m", bool(good[i]),
              float(share[i]), bool(share[i] == base), ("j", bool(said[i])))
        for i in np.flatnonzero(graded)
    ]  # fmt: skip  # arguments by what they belong to
    live = {("", name): int((locales == name).sum()) for name in LOCALES}
    return Evidence(verdicts, humans), float(good.mean()), live


def _arm(candidate: bool) -> str:  # noqa: FBT001 - a column
    return "candidate" if candidate else "stable"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--grades", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
