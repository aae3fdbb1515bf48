"""How much a trained router sends to a small model, and what that loses: Banking77, two simulated models.

    python -m benchmarks.router_banking77 [DIRECTORY]

`DIRECTORY` (../shared/data) holds banking77_train.jsonl and banking77_test.jsonl. The simulated large model
is right in 97 % of the cases. So is the small one, in the same cases, but for every fifth intent: there it is
right in a quarter of them. Scores are cross-fitted over train and test together; thresholds are chosen by
category, so that each loss stays inside its margin (statistics h). Ends
with 1 where fewer than 80 % of the cases in which small is as good are routed small, where a category's loss
is not inside its margin, where the saving is not what the prices imply, or where a decision takes 0.5 ms.
Then a category classifier of the same cases: ends with 1 where a text takes it 2 ms.
"""

import hashlib
import json
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from aiops.approaches import hashed
from aiops.approaches.crossing import crossed, sure
from aiops.evaluations import router_rule
from aiops.evaluations.router_rule import MARGIN, Sample

LEAST_ROUTED = 0.8
MOST_MILLISECONDS = 0.5
MOST_FOR_A_CATEGORY = 2.0
RIGHT, WRONG = 0.97, 0.25  # of the cases of an intent that a model can do, and of those of one that it can't
LARGE_USD, SMALL_USD = 0.010, 0.001  # a call


def main(folder: str = "../shared/data") -> int:
    cases = [case for name in ("train", "test") for case in _cases(Path(folder) / f"banking77_{name}.jsonl")]
    texts = [case["inputs"]["message"] for case in cases]
    large = np.array([_draw(case["id"]) < RIGHT for case in cases], dtype=float)
    small = np.array([_draw(case["id"]) < _skill(case) for case in cases], dtype=float)
    good = small >= large
    begun = time.monotonic()
    labels = ["small" if one else "large" for one in good]
    found = crossed(texts, labels, [""] * len(texts), ["small"])
    print(f"cases          {len(cases):,}; small is as good in {good.mean():.1%}")
    print(
        f"training       {time.monotonic() - begun:.1f} s, {len(hashed.kept(found.model)):,} bytes of weights"
    )
    routed, held = _by_category(cases, found.chances[:, 0], large, small)
    share = float((routed & good).sum() / good.sum())
    print(f"routed small   {routed.mean():.1%} of all, {share:.1%} of those where small is as good")
    implied = float(routed.mean()) * (1 - SMALL_USD / LARGE_USD)
    saving = _saving(cases, routed)
    inside = saving is not None and abs(saving.share - implied) < 1e-9
    if saving is not None:
        print(
            f"saving         {saving.share:.1%} ({saving.share_low:.1%} to {saving.share_high:.1%}); "
            f"by the prices {implied:.1%}"
        )
    each = milliseconds(found.model, texts[:2000])
    print(f"a decision     {each:.3f} ms (median)")
    good_enough = share >= LEAST_ROUTED and held and inside and each < MOST_MILLISECONDS
    quick = _categories(cases)
    return 0 if good_enough and quick else 1


def _categories(cases: list[dict[str, Any]]) -> bool:
    """How well the category is told, and whether quickly enough."""
    texts, names = [case["inputs"]["message"] for case in cases], [case["category"] for case in cases]
    known = sorted(set(names))
    found = crossed(texts, names, [""] * len(texts), known)
    right = np.array(
        [known[best] == name for best, name in zip(found.chances.argmax(axis=1), names, strict=True)]
    )
    rule = sure(found.chances.max(axis=1), right)
    each = milliseconds(found.model, texts[:2000])
    print(f"categories     {len(known)}, {right.mean():.1%} right out of fold; {each:.3f} ms a text")
    if rule.threshold is not None and rule.precision is not None:
        print(
            f"  sure         from {rule.threshold:.2f}: {rule.covered:.1%} of the texts, "
            f"{rule.precision:.1%} right, {rule.lower:.1%} at least"
        )
    return each < MOST_FOR_A_CATEGORY


def _cases(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _draw(*parts: str) -> float:
    """0..1, always the same for the same parts."""
    return int.from_bytes(hashlib.sha256("\x00".join(parts).encode()).digest()[:8]) / 2**64


def _skill(case: dict[str, Any]) -> float:
    return WRONG if _draw("intent", case["expected"]) < 0.2 else RIGHT


def _by_category(cases: list[dict[str, Any]], scores: Any, large: Any, small: Any) -> tuple[Any, bool]:
    """Which cases are routed, and whether every category's loss is inside its margin."""
    routed = np.zeros(len(cases), dtype=bool)
    held = True
    names = np.array([case["category"] for case in cases])
    for name in sorted(set(names.tolist())):
        own = names == name
        rule = router_rule.threshold(scores[own], large[own], small[own])
        if rule.threshold is None or rule.measured is None:
            print(f"  {name:14} n {rule.n:5}: large ({rule.reason})")
            continue
        routed[own] = scores[own] >= rule.threshold
        held = held and rule.measured.upper < MARGIN
        print(
            f"  {name:14} n {rule.n:5}: from {rule.threshold:.2f}, {rule.measured.routed_share:.0%} small, "
            f"loses {rule.measured.loss:.1%}, at most {rule.measured.upper:.1%} of {MARGIN:.0%}"
        )
    return routed, held


def _saving(cases: list[dict[str, Any]], routed: Any) -> router_rule.Savings | None:
    by_category: dict[str, list[float]] = defaultdict(list)
    for case, small in zip(cases, routed, strict=True):
        by_category[case["category"]].append(LARGE_USD - SMALL_USD if small else 0.0)
    return router_rule.savings(
        [Sample(len(saved), saved, [LARGE_USD] * len(saved)) for saved in by_category.values()]
    )


def milliseconds(model: hashed.Model, texts: list[str]) -> float:
    """The median of one text after the other."""
    taken = []
    for text in texts:
        begun = time.perf_counter()
        model.chances(text)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1000


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
