"""A window held against its reference, signal by signal. Pure: windows in, readings out."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from aiops.monitoring.drift import deciding, permuting, sides, statistics
from aiops.monitoring.drift.deciding import State
from aiops.monitoring.drift.sides import Side
from aiops.monitoring.drift.signals import LOGARITHMIC, Kind, Signal
from aiops.monitoring.drift.windows import VALUES

LEAST = statistics.LEAST
TIMES = 10  # the reference is at least so many times the window
VALUES_AT_MOST = (5_000, 500)  # of the reference, of the window: more say the same, later
VECTORS_AT_MOST = (500, 500)
NAMED = 20  # calls of a part, from which on it is told
BINS = 10


@dataclass(frozen=True, slots=True)
class Sizes:
    """What matters: points of a share (0.03), standard deviations of a mean."""

    rate_points: float = statistics.RATE_POINTS
    mean_sd: float = 0.2


@dataclass(frozen=True, slots=True)
class Part:
    """Where a signal changed: a locale, or a name of a mix."""

    name: str
    n: int
    before: float
    value: float


@dataclass(slots=True)
class Measured:
    """One signal of one window. `state` says COLLECTING, with `why` and `needed`, or is decided later."""

    signal: Signal
    n: int = 0
    n_reference: int = 0
    value: float | None = None
    before: float | None = None
    p: float | None = None
    practical: bool | None = None
    needed: int = 0
    why: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    state: State = State.COLLECTING
    p_adjusted: float | None = None

    @property
    def measured(self) -> bool:
        return self.p is not None

    @property
    def is_worse(self) -> bool:
        """It changed in the direction that does harm."""
        if self.value is None or self.before is None:
            return False
        return self.signal.harm * (self.value - self.before) > 0

    def collecting(self, n: int, needed: int, why: str) -> "Measured":
        self.needed, self.why = needed, why
        self.facts["have"] = n
        return self


def measure(signal: Signal, reference: Side | None, current: Side, sizes: Sizes, seed: int) -> Measured:
    """`signal` of `current`, held against `reference` where there is one. p only where enough is known."""
    ways = {Kind.RATE: _rate, Kind.MIX: _mix, Kind.VALUE: _value, Kind.VECTORS: _vectors}
    found = ways[signal.kind](Measured(signal), reference, current, sizes, seed)
    if found.p is not None and math.isnan(found.p):
        found.p = None
    return found


def _enough(found: Measured, reference: Side | None) -> bool:
    """Whether both sides have a hundred, and the reference ten times as many; else it says what lacks."""
    if found.n < LEAST:
        found.collecting(found.n, LEAST, "calls in the window")
    elif reference is None:
        found.collecting(0, TIMES * found.n, "calls to compare with")
    elif found.n_reference < TIMES * found.n:
        found.collecting(found.n_reference, TIMES * found.n, "calls to compare with")
    else:
        return True
    return False


def _rate(found: Measured, reference: Side | None, current: Side, sizes: Sizes, _seed: int) -> Measured:
    name = found.signal.name
    now = current.rates.get(name, {})
    then = reference.rates.get(name, {}) if reference else {}
    (x, found.n), (x_ref, found.n_reference) = _sum(now), _sum(then)
    found.value = x / found.n if found.n else None
    found.before = x_ref / found.n_reference if found.n_reference else None
    if not _enough(found, reference):
        return found
    tested = statistics.rate_change(x_ref, found.n_reference, x, found.n, sizes.rate_points)
    found.p, found.practical = tested["p"], tested["practical"]
    found.facts |= {"method": tested["method"], "of": x, "of_reference": x_ref}
    found.parts = _ranked(
        Part(part, n, _share(then.get(part, (0, 0))), _share((of, n))) for part, (of, n) in now.items()
    )
    return found


def _sum(counts: Mapping[str, Sequence[int]]) -> tuple[int, int]:
    return sum(pair[0] for pair in counts.values()), sum(pair[1] for pair in counts.values())


def _share(pair: Sequence[int]) -> float:
    return pair[0] / pair[1] if pair[1] else 0.0


def _ranked(parts: Iterable[Part]) -> list[Part]:
    """Those that say something, the one that moved the total most first."""
    kept = [part for part in parts if part.n >= NAMED]
    return sorted(kept, key=lambda part: -abs(part.value - part.before) * part.n)[:6]


def _mix(found: Measured, reference: Side | None, current: Side, sizes: Sizes, _seed: int) -> Measured:
    """`value` and `before` are of the name whose share changed most."""
    name = found.signal.name
    now = current.mixes.get(name, {})
    then = reference.mixes.get(name, {}) if reference else {}
    found.n, found.n_reference = sum(now.values()), sum(then.values())
    if not found.n:
        return found.collecting(0, LEAST, "calls in the window")
    names = sorted({*now, *then})
    most = max(
        names,
        key=lambda one: (
            abs(_of(now, one, found.n) - _of(then, one, found.n_reference)),
            now.get(one, 0),
        ),
    )
    found.facts["name"] = most if then else max(now, key=lambda one: now[one])
    found.value = _of(now, found.facts["name"], found.n)
    found.before = _of(then, found.facts["name"], found.n_reference) if then else None
    if not _enough(found, reference):
        return found
    table = [[then.get(one, 0) for one in names], [now.get(one, 0) for one in names]]
    tested = statistics.counts_test(table)
    found.p = tested["p"]
    found.practical = abs(found.value - (found.before or 0.0)) >= sizes.rate_points
    found.facts |= {"method": tested["method"], **_psi(*table)}
    found.parts = _ranked(
        Part(one, now.get(one, 0), _of(then, one, found.n_reference), _of(now, one, found.n)) for one in names
    )
    return found


def _of(counts: Mapping[str, int], name: str, n: int) -> float:
    return counts.get(name, 0) / n if n else 0.0


def _psi(reference: Sequence[float], current: Sequence[float]) -> dict[str, Any]:
    found = statistics.psi(*statistics.merged(reference, current))
    return {"psi": found["psi"], "psi_limit": found["limit"]}


def _value(found: Measured, reference: Side | None, current: Side, sizes: Sizes, seed: int) -> Measured:
    column = VALUES.index(found.signal.name)
    now, then = current.values[:, column], reference.values[:, column] if reference else np.zeros(0)
    kept, known = ~np.isnan(now), ~np.isnan(then)
    found.n, found.n_reference = int(kept.sum()), int(known.sum())
    found.facts["missing"] = len(now) - found.n
    said = math.exp if found.signal.name in LOGARITHMIC else float
    found.value = said(float(now[kept].mean())) if found.n else None
    found.before = said(float(then[known].mean())) if found.n_reference else None
    if not _enough(found, reference) or reference is None:
        return found
    pair = (sides.grouped(then[known], reference.block[known], VALUES_AT_MOST[0], seed),
            sides.grouped(now[kept], current.block[kept], VALUES_AT_MOST[1], seed + 1))  # fmt: skip  # a pair
    tested = permuting.ks_blocks(*pair, seed=seed)
    moved, deviation = float(now[kept].mean() - then[known].mean()), float(then[known].std(ddof=1))
    found.p = tested["p"]
    found.practical = abs(moved) >= sizes.mean_sd * deviation if deviation else moved != 0
    found.facts |= {"d": tested["d"], "splits": tested["splits"], "seed": seed, "method": "ks",
                    "sd": moved / deviation if deviation else None,
                    **_psi(*_binned(then[known], now[kept]))}  # fmt: skip  # pairs, read as a table
    found.parts = _ranked(_means(reference, current, column, said))
    return found


def _binned(then: Any, now: Any) -> tuple[list[float], list[float]]:
    """Counts between the reference's deciles."""
    edges = np.unique(np.quantile(then, np.linspace(0, 1, BINS + 1)[1:-1]))
    return (
        np.bincount(np.searchsorted(edges, then, side="left"), minlength=len(edges) + 1).tolist(),
        np.bincount(np.searchsorted(edges, now, side="left"), minlength=len(edges) + 1).tolist(),
    )


def _means(reference: Side, current: Side, column: int, said: Any) -> Iterable[Part]:
    places = {name: place for place, name in enumerate(reference.names)}
    for place, name in enumerate(current.names):
        now = current.values[current.locale == place, column]
        then = reference.values[reference.locale == places.get(name, -1), column]
        now, then = now[~np.isnan(now)], then[~np.isnan(then)]
        if len(now) >= NAMED and len(then) >= NAMED:
            yield Part(name, len(now), said(float(then.mean())), said(float(now.mean())))


def _vectors(found: Measured, reference: Side | None, current: Side, sizes: Sizes, seed: int) -> Measured:
    """`value` is the distance in standard deviations of the reference; there is no `before`."""
    which = "inputs" if found.signal.name == "input_meaning" else "outputs"
    now, blocks = sides.known(current, which)
    then, others = sides.known(reference, which) if reference else (now[:0], blocks[:0])
    found.n, found.n_reference = len(now), len(then)
    if found.n < LEAST:
        return found.collecting(found.n, LEAST, "texts in the window")
    if found.n_reference < LEAST:
        return found.collecting(found.n_reference, LEAST, "texts to compare with")
    pair = (sides.grouped(then / 127.0, others, VECTORS_AT_MOST[0], seed),
            sides.grouped(now / 127.0, blocks, VECTORS_AT_MOST[1], seed + 1))  # fmt: skip  # a pair
    tested = permuting.mmd_blocks(*pair, seed=seed)
    found.p = tested["p"]
    found.value = math.sqrt(max(tested["mmd2"], 0.0) / tested["spread"]) if tested["spread"] > 0 else 0.0
    found.practical = found.value >= sizes.mean_sd
    found.facts |= {"mmd2": tested["mmd2"], "splits": tested["splits"], "seed": seed, "method": "mmd"}
    return found


def decide(readings: Sequence[Measured], *, days: int = 0, short: int = 0) -> None:
    """The states of signals that are looked at together. `short`: how many `days` there should have been."""
    measured = [one for one in readings if one.p is not None]
    for one, p in zip(measured, deciding.adjusted([m.p or 0.0 for m in measured]), strict=True):
        one.p_adjusted = p
    for one in readings:
        one.state = deciding.state(measured=one.measured, p_adjusted=one.p_adjusted, practical=one.practical)
        if not one.measured and one.n >= LEAST and short:
            one.collecting(days, short, "days to compare with")
