"""How often drift calls somebody for nothing, and how soon it sees a fall: the worker's code on drawn calls.

    python -m benchmarks.drift_pages [--quarters 20] [--falls 1000] [--seed 1]

Quiet: calls whose every property is drawn alike for ever, ten signals (rates, mixes, values, words), 200 a
day, each day held against the 28 before it, for many quarters; pages are counted at the dial "one a quarter".
The dial promises at most that: what is above it by more than two standard errors fails. The same with even
p-values, for very many quarters, says it sharply. Fall: a rate falls by
ten points, 200 calls a window, among other signals that stay; how many falls are DRIFT after one window and
after two.
"""

import argparse
import math
import sys
import time

import numpy as np

from aiops.monitoring.drift import deciding, measuring, sides
from aiops.monitoring.drift.measuring import Measured, Sizes, decide
from aiops.monitoring.drift.signals import SIGNALS
from aiops.monitoring.drift.windows import DIMENSIONS, VALUES, Sample

CALLS, DAYS, QUARTER = 200, 28, 90
USERS = 60
RATES = {"refusals": 0.06, "wrong_language": 0.02, "format_fails": 0.04, "judge_pass": 0.9}
TOPICS = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
WATCHED = [signal for signal in SIGNALS if signal.name not in {"languages", "input_meaning", "retrieval"}]
IN_TWO = 0.95  # of the falls
EVEN = 5_000  # quarters
Row = tuple[sides.Rates, sides.Mixes, Sample]


def main() -> int:
    options = _options()
    draw = np.random.default_rng(options.seed)
    began = time.perf_counter()
    pages, first = quiet(draw, options.quarters)
    rate = pages / options.quarters
    error = math.sqrt(max(pages, 1)) / options.quarters
    print(f"quiet: {pages} pages in {options.quarters} quarters, {rate:.2f} ± {error:.2f} a quarter, dial 1")
    print(f"       {first} of {options.quarters} quarters had one; {time.perf_counter() - began:.0f} s")
    count = even(draw, EVEN)
    bets, wide = count / EVEN, math.sqrt(count) / EVEN
    print(f"even p-values: {bets:.3f} ± {wide:.3f} pages a quarter over {EVEN:,} quarters, dial 1")
    one, two = falls(draw, options.falls)
    print(
        f"fall of 10 points, n 200: DRIFT after one window {one:.1%}, after two {two:.1%} of {options.falls}"
    )
    return int(max(rate - 2 * error, bets - 2 * wide) > 1 or two < IN_TWO)


def quiet(draw: np.random.Generator, quarters: int) -> tuple[int, int]:
    """Pages, and quarters with one: each quarter begins with days of its own."""
    pages = [pages_of(draw) for _ in range(quarters)]
    return sum(pages), sum(count > 0 for count in pages)


def pages_of(draw: np.random.Generator) -> int:
    days = [day(draw) for _ in range(DAYS)]
    levels: dict[str, float] = {}
    pages = 0
    for number in range(QUARTER):
        current = day(draw)
        found = look(days[-DAYS:], current, seed=number)
        bets = {one.signal.name: None if one.p is None else deciding.evidence(one.p) for one in found}
        levels = deciding.next_levels(levels, bets)
        if deciding.alarm_level(levels) >= deciding.threshold(1, "day"):
            pages += 1
            levels = dict.fromkeys(levels, 0.0)
        days.append(current)
    return pages


def even(draw: np.random.Generator, quarters: int) -> int:
    """Pages where each signal's p is drawn evenly: the dial without the tests, over so many quarters."""
    levels, limit, pages = np.zeros((quarters, len(WATCHED))), deciding.threshold(1, "day"), 0
    for _ in range(QUARTER):
        levels = (1 + levels) * 0.5 / np.sqrt(np.maximum(draw.random(levels.shape), deciding.LEAST_P))
        over = levels.mean(axis=1) >= limit
        pages += int(over.sum())
        levels[over] = 0.0
    return pages


def look(past: list[Row], current: Row, seed: int) -> list[Measured]:
    reference = sides.side((place, *row) for place, row in enumerate(past))
    here = sides.side([(len(past), *current)])
    found = [measuring.measure(signal, reference, here, Sizes(), seed) for signal in WATCHED]
    decide(found)
    return found


def day(draw: np.random.Generator, calls: int = CALLS) -> Row:
    """A day's window. Values are a user's habit and chance; words are drawn about one direction."""
    session = draw.integers(USERS, size=calls)
    habit = draw.normal(size=(USERS, len(VALUES)))[session] * 0.5
    words = draw.normal(size=(120, DIMENSIONS)) + 2 * np.eye(DIMENSIONS)[0]
    words = np.rint(words / np.linalg.norm(words, axis=1, keepdims=True) * 127).astype(np.int8)
    sample = Sample(
        ids=np.zeros(calls, dtype="S1"),
        session=session.astype(np.uint32),
        locale=np.zeros(calls, dtype=np.int16),
        category=np.zeros(calls, dtype=np.int16),
        names=("en",),
        answered=np.ones(calls, dtype=bool),
        values=(habit + draw.normal(size=(calls, len(VALUES)))).astype(np.float32),
        flags=np.full((calls, 3), -1, dtype=np.int8),
        inputs=words,
        outputs=words,
    )
    rates = {name: {"en": [int(draw.binomial(calls, share)), calls]} for name, share in RATES.items()}
    topics = draw.multinomial(calls, TOPICS)
    return rates, {"topics": {f"topic {place}": int(n) for place, n in enumerate(topics)}}, sample


def falls(draw: np.random.Generator, count: int) -> tuple[float, float]:
    """The shares of falls from 90 % to 80 % that are DRIFT after one window, and after two."""
    seen = np.array([[_seen(draw), _seen(draw)] for _ in range(count)])
    return float(seen[:, 0].mean()), float(seen.any(axis=1).mean())


def _seen(draw: np.random.Generator) -> bool:
    """One window: the judge's passes fall, the p-values of the other signals are even."""
    reference = {"judge_pass": {"en": [int(draw.binomial(10 * CALLS, 0.9)), 10 * CALLS]}}
    current = {"judge_pass": {"en": [int(draw.binomial(CALLS, 0.8)), CALLS]}}
    judge = next(signal for signal in SIGNALS if signal.name == "judge_pass")
    empty = sides.side([])
    one = measuring.measure(judge, _with(empty, reference), _with(empty, current), Sizes(), 0)
    others = [Measured(signal, n=CALLS, p=float(draw.random()), practical=False) for signal in SIGNALS[:-1]]
    decide([one, *others])
    return one.state == deciding.State.DRIFT


def _with(side: sides.Side, rates: sides.Rates) -> sides.Side:
    kept = {name: getattr(side, name) for name in sides.Side.__slots__}
    return sides.Side(**{**kept, "rates": rates})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--quarters", type=int, default=20)
    parser.add_argument("--falls", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
