"""The calls that moved a signal most: what to look at first. Pure."""

from collections.abc import Sequence

import numpy as np

from aiops.monitoring.drift.measuring import Measured
from aiops.monitoring.drift.permuting import squared_distances
from aiops.monitoring.drift.sides import Side
from aiops.monitoring.drift.signals import Kind
from aiops.monitoring.drift.windows import FLAGS, VALUES, Sample

SHOWN = 12
COMPARED = 200  # vectors of the reference


def of(found: Measured, current: Sequence[Sample], reference: Side | None) -> list[str]:
    """Ids of calls of `current`, the one that moved the signal most first; none of what was thinned."""
    samples = [sample for sample in current if len(sample) and sample.ids.dtype.itemsize > 1]
    if not samples or found.value is None:
        return []
    ranked = {Kind.RATE: _flagged, Kind.MIX: _named, Kind.VALUE: _extreme, Kind.VECTORS: _odd}
    return _ids(ranked[found.signal.kind](found, samples, reference))


def _ids(ranked: list[tuple[float, bytes]]) -> list[str]:
    """Those with the greatest weights; equal ones by their ids, so that it is the same list each time."""
    return [name.decode() for _, name in sorted(ranked, key=lambda one: (-one[0], one[1]))[:SHOWN]]


def _flagged(found: Measured, samples: Sequence[Sample], _: Side | None) -> list[tuple[float, bytes]]:
    """Calls that the rate counts, of the locale that moved it most first."""
    if found.signal.name not in FLAGS:
        return []
    column = FLAGS.index(found.signal.name)
    weights = {part.name: (part.value - part.before) * part.n for part in found.parts}
    return [
        (weights.get(sample.names[sample.locale[row]], 0.0), sample.ids[row])
        for sample in samples
        for row in np.flatnonzero(sample.flags[:, column] == 1)
    ]


def _named(found: Measured, samples: Sequence[Sample], _: Side | None) -> list[tuple[float, bytes]]:
    """Calls of the name that came more often; of one that came less often there is nothing to show."""
    risen = [part for part in found.parts if part.value > part.before]
    name = max(risen, key=lambda part: part.value - part.before).name if risen else found.facts.get("name")
    picked = []
    for sample in samples:
        column = sample.category if found.signal.name == "topics" else sample.locale
        named = [row for row in range(len(sample)) if (sample.names[column[row]] or "unknown") == name]
        picked += [(0.0, sample.ids[row]) for row in named]
    return picked


def _extreme(found: Measured, samples: Sequence[Sample], _: Side | None) -> list[tuple[float, bytes]]:
    """Calls farthest out in the direction in which the mean moved."""
    column = VALUES.index(found.signal.name)
    sign = -1.0 if found.before is not None and (found.value or 0.0) < found.before else 1.0
    return [
        (sign * float(sample.values[row, column]), sample.ids[row])
        for sample in samples
        for row in np.flatnonzero(~np.isnan(sample.values[:, column]))
    ]


def _odd(found: Measured, samples: Sequence[Sample], reference: Side | None) -> list[tuple[float, bytes]]:
    """Calls that are like the others of the window, and unlike the reference's."""
    which = "inputs" if found.signal.name == "input_meaning" else "outputs"
    rows = np.concatenate([getattr(sample, which) for sample in samples]).astype(float) / 127.0
    names = np.concatenate([sample.ids[: len(getattr(sample, which))] for sample in samples])
    known = rows.any(axis=1)
    rows, names = rows[known][:500], names[known][:500]
    if reference is None or not len(rows):
        return []
    other = getattr(reference, which).astype(float) / 127.0
    other = other[other.any(axis=1)]
    other = other[:: max(1, len(other) // COMPARED)][:COMPARED]
    if not len(other):
        return []
    kernel = np.exp(-squared_distances(np.concatenate([rows, other])))[: len(rows)]
    weights = kernel[:, : len(rows)].mean(axis=1) - kernel[:, len(rows) :].mean(axis=1)
    return list(zip(weights.tolist(), names.tolist(), strict=True))
