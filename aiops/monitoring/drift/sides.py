"""Windows put together, so that two sides can be compared. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aiops.monitoring.drift.windows import VALUES, Mixes, Rates, Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Windows together. `block` of each row: a user's day; `names` are the locales' and categories'."""

    rates: Rates
    mixes: Mixes
    values: "NDArray[np.float32]"
    block: "NDArray[np.int64]"
    locale: "NDArray[np.int32]"
    names: tuple[str, ...]
    inputs: "NDArray[np.int8]"
    outputs: "NDArray[np.int8]"
    embedded: "NDArray[np.int64]"  # blocks of the rows of `inputs` and `outputs`


def side(windows: Iterable[tuple[int, Rates, Mixes, Sample]]) -> Side:
    """One side of a comparison of (day, rates, mixes, sample)."""
    kept = list(windows)
    names: dict[str, int] = {}
    rates: Rates = {}
    mixes: Mixes = {}
    for _, some, mix, sample in kept:
        for name in sample.names:
            names.setdefault(name, len(names))
        add_rates(rates, some)
        for signal, counts in mix.items():
            total = mixes.setdefault(signal, {})
            for name, count in counts.items():
                total[name] = total.get(name, 0) + count
    samples = [(day, sample) for day, _, _, sample in kept if len(sample)]
    blocks = [_blocks(day, sample) for day, sample in samples]
    return Side(
        rates=rates,
        mixes=mixes,
        values=_joined([s.values for _, s in samples], (0, len(VALUES)), np.float32),
        block=_joined(blocks, (0,), np.int64),
        locale=_joined([_places(s, names) for _, s in samples], (0,), np.int32),
        names=tuple(names),
        inputs=_joined([s.inputs for _, s in samples], (0, 1), np.int8),
        outputs=_joined([s.outputs for _, s in samples], (0, 1), np.int8),
        embedded=_joined(
            [b[: len(s.inputs)] for b, (_, s) in zip(blocks, samples, strict=True)], (0,), np.int64
        ),
    )


def add_rates(total: Rates, more: Mapping[str, Mapping[str, Sequence[int]]]) -> None:
    """Add counts by signal and locale to `total`."""
    for signal, counts in more.items():
        here = total.setdefault(signal, {})
        for name, (of, n) in counts.items():
            pair = here.setdefault(name, [0, 0])
            here[name] = [pair[0] + of, pair[1] + n]


def _blocks(day: int, sample: Sample) -> "NDArray[np.int64]":
    return np.int64(day) * np.int64(2**32) + sample.session.astype(np.int64)


def _places(sample: Sample, names: Mapping[str, int]) -> "NDArray[np.int32]":
    places = np.array([names[name] for name in sample.names] or [0], dtype=np.int32)
    return np.asarray(places[sample.locale], dtype=np.int32)


def _joined(parts: Sequence[Any], empty: tuple[int, ...], kind: Any) -> Any:
    return np.concatenate(parts) if parts else np.zeros(empty, dtype=kind)


def grouped(values: Any, blocks: Any, most: int, seed: int) -> list[Any]:
    """Rows by block; whole blocks, drawn by the seed, until there are `most` rows at most."""
    order = np.argsort(blocks, kind="stable")
    values, blocks = values[order], blocks[order]
    if not len(values):
        return []
    cuts = np.flatnonzero(blocks[1:] != blocks[:-1]) + 1
    groups = np.split(values, cuts)
    if len(values) <= most:
        return groups
    kept, total = [], 0
    for place in np.random.default_rng(seed).permutation(len(groups)):
        group = groups[place][: most - total]
        kept.append(group)
        total += len(group)
        if total >= most:
            break
    return kept


def known(one: Side, which: str) -> tuple[Any, Any]:
    rows = getattr(one, which)
    kept = rows.any(axis=1)
    return rows[kept].astype(float), one.embedded[kept]
