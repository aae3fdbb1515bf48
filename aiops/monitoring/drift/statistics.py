"""STATISTICS d, counts: how far two distributions are apart, and how likely that is by chance. Pure.

Reference first, current second; scipy is loaded when it is needed, by a worker.
"""

import math
from collections.abc import Sequence
from typing import Any

PSI_LEAST = 50  # current counts
PSI_BIN = 5  # expected current counts of the smallest bin
LEAST = 100  # on either side of a rate
RATE_POINTS = 0.03


def psi(reference: Sequence[float], current: Sequence[float]) -> dict[str, Any]:
    """Population stability index of counts by bin, with the limit that chance passes once in a hundred times.

    Collecting below 50 current counts, or where the smallest reference bin expects fewer than 5 of them;
    one bin alone says nothing.
    """
    big, n = sum(reference), sum(current)
    if len(reference) < 2 or n < PSI_LEAST or not big or n * min(reference) / big < PSI_BIN:
        return {"state": "collecting", "n": n, "psi": None, "limit": None, "alarm": None}
    bins = len(reference)
    shares = [
        ((r + 0.5) / (big + 0.5 * bins), (c + 0.5) / (n + 0.5 * bins))
        for r, c in zip(reference, current, strict=True)
    ]
    index = sum((r - c) * math.log(r / c) for r, c in shares)
    limit = _chi2_99(bins - 1) * (1 / n + 1 / big)
    return {"state": "measured", "n": n, "psi": index, "limit": limit, "alarm": index > limit}


def _chi2_99(freedom: int) -> float:
    from scipy.special import chdtri  # noqa: PLC0415 - half a second, which most processes never need

    return float(chdtri(freedom, 0.01))


def merged(reference: Sequence[float], current: Sequence[float]) -> tuple[list[float], list[float]]:
    """Neighbouring bins together until each expects 5 current counts: what `psi` needs to measure."""
    big, n = sum(reference), sum(current)
    pairs: list[list[float]] = []
    for r, c in zip(reference, current, strict=True):
        if pairs and big and n * pairs[-1][0] / big < PSI_BIN:
            pairs[-1] = [pairs[-1][0] + r, pairs[-1][1] + c]
        else:
            pairs.append([r, c])
    if len(pairs) > 1 and big and n * pairs[-1][0] / big < PSI_BIN:
        last = pairs.pop()
        pairs[-1] = [pairs[-1][0] + last[0], pairs[-1][1] + last[1]]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def rate_change(
    x_ref: int, n_ref: int, x_cur: int, n_cur: int, points: float = RATE_POINTS
) -> dict[str, Any]:
    """A share in both: the difference (current less reference), whether it is `points` or more, and p."""
    if min(n_ref, n_cur) < LEAST:
        return {"state": "collecting", "n": n_cur if n_cur < LEAST else n_ref, "needed": LEAST}
    difference = x_cur / n_cur - x_ref / n_ref
    found = counts_test([[x_ref, n_ref - x_ref], [x_cur, n_cur - x_cur]])
    practical = abs(difference) >= points - 1e-12
    return {"state": "measured", "difference": difference, "practical": practical, **found}


def counts_test(table: Sequence[Sequence[float]]) -> dict[str, Any]:
    """P that both rows come of the same shares. Chi-squared; Fisher where a 2 x 2 table expects under 5."""
    kept = [column for column in zip(*table, strict=True) if sum(column)]
    rows = list(zip(*kept, strict=True))
    if len(kept) < 2 or not all(map(sum, rows)):
        return {"p": 1.0, "method": "none"}
    total = sum(map(sum, rows))
    expected = [[sum(row) * sum(column) / total for column in kept] for row in rows]
    if len(kept) == 2 and len(rows) == 2 and min(map(min, expected)) < 5:
        from scipy.stats import fisher_exact  # noqa: PLC0415 - half a second, which most processes never need

        return {"p": float(fisher_exact(rows)[1]), "method": "fisher"}
    from scipy.special import chdtrc  # noqa: PLC0415 - half a second, which most processes never need

    squares = sum(
        (seen - wanted) ** 2 / wanted
        for row, of in zip(rows, expected, strict=True)
        for seen, wanted in zip(row, of, strict=True)
    )
    freedom = (len(rows) - 1) * (len(kept) - 1)
    return {"p": float(chdtrc(freedom, squares)), "method": "chi2"}
