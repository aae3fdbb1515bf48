"""Counting in plain memory, handed to prometheus-client once a second: each of its own additions takes a lock
and packs numbers into a file, a dozen times for each call.
"""

from bisect import bisect_left
from typing import Any


class Sum:
    """Of a counter's child."""

    __slots__ = ("_amount", "_child")

    def __init__(self, child: Any) -> None:
        self._child = child
        self._amount = 0.0

    def add(self, amount: float) -> None:
        self._amount += amount

    def hand_over(self) -> None:
        if self._amount:
            self._child.inc(self._amount)
            self._amount = 0.0


class Spread:
    """Of a histogram's child."""

    __slots__ = ("_bounds", "_child", "_counts", "_total")

    def __init__(self, child: Any) -> None:
        self._child = child
        self._bounds = child._upper_bounds  # noqa: SLF001 - it shows them nowhere else
        self._counts = [0] * len(self._bounds)
        self._total = 0.0

    def add(self, amount: float) -> None:
        self._counts[bisect_left(self._bounds, amount)] += 1
        self._total += amount

    def hand_over(self) -> None:
        if not any(self._counts):
            return
        self._child._sum.inc(self._total)  # noqa: SLF001 - it takes single observations only
        for bucket, count in zip(self._child._buckets, self._counts, strict=True):  # noqa: SLF001 - the same
            if count:
                bucket.inc(count)
        self._counts = [0] * len(self._bounds)
        self._total = 0.0
