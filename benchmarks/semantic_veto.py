"""How often the semantic cache would be wrong, and how often of use, with the lexical veto and without.

    python -m benchmarks.semantic_veto [PAIRS]

`PAIRS` (../shared/data/near_duplicates.jsonl) has pairs of prompts and whether one answer serves both. Prints
for each threshold false hits and true rewordings hit, each of n with Wilson's interval; ends with 1 where
with the veto more than 5 % are false at the highest threshold that keeps half of the true ones.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from aiops.core.intervals import wilson
from aiops.gateway.semantic.threshold import GRID
from aiops.gateway.semantic.veto import veto
from aiops.knowledge.vectors import vector

MOST_FALSE = 0.05


class Pair(NamedTuple):
    same: bool
    likeness: float
    vetoed: bool


def main(path: str = "../shared/data/near_duplicates.jsonl") -> int:
    rows = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    begun = time.perf_counter()
    pairs = [
        Pair(row["same_answer"], likeness(row["a"], row["b"]), bool(veto(row["a"], row["b"]))) for row in rows
    ]
    spent = (time.perf_counter() - begun) / len(rows)
    half = half_of([pair.likeness for pair in pairs if pair.same and not pair.vetoed], pairs)
    print(f"{len(rows)} pairs, {1e3 * spent:.2f} ms for two vectors and a veto")
    print("threshold   without veto: false, true                        with veto: false, true")
    for at in sorted({0.0, 0.5, 0.6, *GRID, half}):
        print(f"{at:9.3f}   {shown(pairs, at, vetoing=False)}   {shown(pairs, at, vetoing=True)}")
    wrong, of = hits(pairs, half, same=False, vetoing=True)
    print(f"half of the true ones are kept at {half:.3f}: {wrong} of {of} false ({wrong / of:.1%})")
    return 0 if wrong / of <= MOST_FALSE else 1


def likeness(one: str, other: str) -> float:
    return sum(a * b for a, b in zip(vector(one), vector(other), strict=True))


def half_of(found: Sequence[float], pairs: Sequence[Pair]) -> float:
    """The highest threshold with the veto that keeps half of the true ones."""
    needed = -(-sum(pair.same for pair in pairs) // 2)
    return sorted(found, reverse=True)[needed - 1] if len(found) >= needed else 0.0


def hits(pairs: Sequence[Pair], at: float, *, same: bool, vetoing: bool) -> tuple[int, int]:
    asked = [pair for pair in pairs if pair.same == same]
    return sum(pair.likeness >= at and not (vetoing and pair.vetoed) for pair in asked), len(asked)


def shown(pairs: Sequence[Pair], at: float, *, vetoing: bool) -> str:
    parts = []
    for same in (False, True):
        count, of = hits(pairs, at, same=same, vetoing=vetoing)
        found = wilson(count, of)
        if found:
            parts.append(f"{count:3d} of {of:3d} {found.mid:4.0%} ({found.low:3.0%}–{found.high:4.0%})")
    return "  ".join(parts)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
