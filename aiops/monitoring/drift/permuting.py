"""STATISTICS d, values: Kolmogorov-Smirnov and maximum mean discrepancy, p by exchanging whole blocks. Pure.

A block is what belongs together (a user's day, a session): its rows change sides together, so that twenty
calls of one person do not count as twenty witnesses. Draws come from a seed that is stored with the result.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Masks = NDArray[np.bool_]

ALL_SPLITS = 5000
DRAWS = 500
AT_ONCE = 200_000  # cells of a matrix that is worked on: what stays near the processor
KS_TIE, MMD_TIE = 1e-9, 1e-12


def ks_blocks(
    reference: Sequence[Sequence[float]], current: Sequence[Sequence[float]], seed: int = 0
) -> dict[str, Any]:
    """`d`, the largest distance of the two distributions, and its `p`. NaN rows are left out, and counted."""
    blocks = [np.asarray(block, dtype=float) for block in (*reference, *current)]
    missing = sum(int(np.isnan(block).sum()) for block in blocks)
    blocks = [block[~np.isnan(block)] for block in blocks]
    values, owner = np.concatenate(blocks), np.repeat(np.arange(len(blocks)), [len(b) for b in blocks])
    order = np.argsort(values, kind="stable")
    values, owner = values[order], owner[order]
    last = np.append(values[1:] != values[:-1], [True]) if len(values) else np.zeros(0, bool)
    upto = np.flatnonzero(last) + 1
    sizes = np.bincount(owner, minlength=len(blocks)).astype(float)

    def distances(masks: "Masks") -> "Floats":
        n = masks @ sizes
        m = len(values) - n
        one = np.cumsum(masks[:, owner], axis=1, dtype=np.int32)[:, last]
        with np.errstate(divide="ignore", invalid="ignore"):
            gaps = np.abs(one / n[:, None] - (upto - one) / m[:, None]).max(axis=1, initial=0.0)
        return np.where((n > 0) & (m > 0), np.nan_to_num(gaps), 0.0)

    observed, p, splits = _permuted(
        distances, len(reference), len(current), KS_TIE, seed, max(1, len(values))
    )
    return {"d": observed, "p": p, "splits": splits, "missing": missing}


def mmd_blocks(
    reference: Sequence[Sequence[Sequence[float]]],
    current: Sequence[Sequence[Sequence[float]]],
    seed: int = 0,
) -> dict[str, Any]:
    """Unbiased squared MMD of vectors, kernel exp(-|a-b|²/median), and its p.

    `spread` is 1 less the mean kernel within the reference: the variance in the kernel's own space, by which
    mmd2 becomes a distance in standard deviations.
    """
    blocks = [np.asarray(block, dtype=float) for block in (*reference, *current)]
    owner = np.repeat(np.arange(len(blocks)), [len(block) for block in blocks])  # none is empty
    rows = np.concatenate(blocks)
    squares = squared_distances(rows)
    bandwidth = float(np.median(squares[np.triu_indices(len(rows), 1)])) if len(rows) > 1 else 0.0
    if bandwidth <= 0:
        splits = min(math.comb(len(blocks), len(current)), ALL_SPLITS)
        return {"mmd2": 0.0, "p": 1.0, "bandwidth": 0.0, "splits": splits, "spread": 0.0}
    kernel = np.exp(-squares / bandwidth)
    np.fill_diagonal(kernel, 0.0)
    starts = np.searchsorted(owner, np.arange(len(blocks)))
    sums = np.add.reduceat(np.add.reduceat(kernel, starts, axis=0), starts, axis=1)
    sizes, whole = np.bincount(owner, minlength=len(blocks)).astype(float), sums.sum(axis=1)

    def discrepancies(masks: "Masks") -> "Floats":
        inside = masks.astype(float)
        n, all_of = inside @ sizes, inside @ whole
        m = len(rows) - n
        own = ((inside @ sums) * inside).sum(axis=1)
        between = all_of - own
        others = whole.sum() - own - 2 * between
        with np.errstate(divide="ignore", invalid="ignore"):
            found = own / (n * (n - 1)) + others / (m * (m - 1)) - 2 * between / (n * m)
        return np.where((n > 1) & (m > 1), np.nan_to_num(found), 0.0)

    observed, p, splits = _permuted(
        discrepancies, len(reference), len(current), MMD_TIE, seed, max(1, len(blocks))
    )
    first = owner < len(reference)
    m = int(first.sum())
    within = float(kernel[np.ix_(first, first)].sum()) / (m * (m - 1)) if m > 1 else 1.0
    return {"mmd2": observed, "p": p, "bandwidth": bandwidth, "splits": splits, "spread": 1 - within}


def squared_distances(rows: "Floats") -> "Floats":
    """(n, n), never below 0."""
    lengths = (rows * rows).sum(axis=1)
    between = lengths[:, None] + lengths[None, :] - 2 * rows @ rows.T
    found = np.asarray(np.maximum(between, 0.0), dtype=float)
    np.fill_diagonal(found, 0.0)
    return found


def _permuted(
    statistic: Any, references: int, currents: int, tie: float, seed: int, width: int
) -> tuple[float, float, int]:
    """The statistic of the blocks as they stand, its p, and over how many ways to divide them."""
    blocks = references + currents
    true = np.zeros((1, blocks), dtype=bool)
    true[0, references:] = True
    observed = float(statistic(true)[0])
    splits = math.comb(blocks, currents)
    step = max(1, AT_ONCE // width)
    if splits <= ALL_SPLITS:
        masks = _every(blocks, currents, splits)
        hits = _hits(statistic, masks, observed - tie, step)
        return observed, hits / splits, splits
    draw = np.random.default_rng(seed)
    masks = np.zeros((DRAWS, blocks), dtype=bool)
    np.put_along_axis(
        masks,
        np.argpartition(draw.random((DRAWS, blocks)), currents - 1, axis=1)[:, :currents],
        values=True,
        axis=1,
    )
    return observed, (_hits(statistic, masks, observed - tie, step) + 1) / (DRAWS + 1), DRAWS


def _every(blocks: int, currents: int, splits: int) -> "Masks":
    masks = np.zeros((splits, blocks), dtype=bool)
    for row, chosen in zip(masks, combinations(range(blocks), currents), strict=True):
        row[list(chosen)] = True
    return masks


def _hits(statistic: Any, masks: "Masks", least: float, step: int) -> int:
    return sum(int((statistic(part) >= least).sum()) for part in _parts(masks, step))


def _parts(masks: "Masks", step: int) -> "Iterator[Masks]":
    for start in range(0, len(masks), step):
        yield masks[start : start + step]
