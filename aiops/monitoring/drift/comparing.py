"""What a window is held against, and the windows read for it."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiops.monitoring.drift import deciding, judged, measuring, movers, reference, sides, windows
from aiops.monitoring.drift.measuring import Measured, Sizes
from aiops.monitoring.drift.reference import Chosen, Kept
from aiops.monitoring.drift.sides import Side
from aiops.monitoring.drift.signals import SIGNALS, Signal
from aiops.monitoring.drift.windows import Mixes, Rates, Sample
from aiops.monitoring.models import DriftReading, DriftWindow

Against = DriftReading.Against
JUDGE = "judge_pass"
Row = tuple[Rates, Mixes, Sample]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`current` windows against those of `past` before `until`, which must reach back `span`."""

    against: DriftReading.Against
    signals: Sequence[Signal]
    current: Sequence[Kept]
    past: Sequence[Kept]
    span: timedelta
    until: datetime
    serving: str = ""
    versus: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """What a comparison found: a reading for each of its signals, with the ids of calls to look at."""

    of: Comparison
    chosen: Chosen
    readings: list[Measured]
    movers: dict[str, list[str]]


INPUTS = [signal for signal in SIGNALS if not signal.of_output]
OUTPUTS = [signal for signal in SIGNALS if signal.of_output]


def comparisons(known: Sequence[Kept], start: datetime, until: datetime) -> list[Comparison]:
    """Inputs against all past ones, outputs against those of the same approach; for a week after a deploy
    also against those of the approach before, and a candidate's against those of what serves.
    """
    current, past = [o for o in known if o.hour >= start], [o for o in known if o.hour < start]
    found = [Comparison(Against.OWN, INPUTS, current, past, reference.OWN_SPAN, start)]
    serving, candidate = (reference.main(current, candidate=which) for which in (False, True))
    if serving:
        here, own = _of(current, serving), _of(past, serving)
        found.append(Comparison(Against.OWN, OUTPUTS, here, own, reference.OWN_SPAN, start, serving))
        if versus := reference.before(past, serving, start):
            facts = (_of(past, versus), reference.OTHER_SPAN, start, serving, versus)
            found.append(Comparison(Against.BEFORE, OUTPUTS, here, *facts))
    if candidate and (stable := serving or reference.main(past, candidate=False)):
        trial = _of(current, candidate, candidate=True)
        facts = (_of(known, stable), reference.OTHER_SPAN, until, candidate, stable)
        found.append(Comparison(Against.CANDIDATE, OUTPUTS, trial, *facts))
    return found


def _of(some: Iterable[Kept], serving: str, *, candidate: bool = False) -> list[Kept]:
    return [one for one in some if one.serving == serving and one.is_candidate == candidate]


@dataclass(slots=True)
class Reader:
    """Reads windows once, and measures. `name` goes into the seeds: "reply day 2026-11-23"."""

    name: str
    hourly: bool
    verdicts: judged.Counts
    sizes: Sizes
    rows: dict[int, Row] = field(default_factory=dict)

    def read(self, one: Comparison) -> Read:
        """Measure all signals of the comparison; their states are decided together."""
        chosen = reference.chosen(one.past, one.current, hourly=self.hourly, span=one.span, until=one.until)
        current, past = self._side(one.current), self._side(chosen.windows) if chosen.windows else None
        readings = [
            measuring.measure(signal, past, current, self.sizes, self._seed(one, signal))
            for signal in one.signals
        ]
        measuring.decide(readings, days=chosen.days, short=chosen.short)
        samples = [self.rows[kept.pk][2] for kept in one.current]
        found = {r.signal.name: movers.of(r, samples, past) for r in readings if r.state in LOOKED_AT}
        return Read(one, chosen, readings, found)

    def _seed(self, one: Comparison, signal: Signal) -> int:
        return zlib.crc32(f"{self.name} {one.against} {signal.name}".encode())

    def _side(self, kept: Sequence[Kept]) -> Side:
        self._load([one.pk for one in kept if one.pk not in self.rows])
        found = sides.side((one.hour.toordinal(), *self.rows[one.pk]) for one in kept)
        found.rates[JUDGE] = judged.rates(self.verdicts, kept)
        return found

    def _load(self, missing: Sequence[int]) -> None:
        rows = DriftWindow.objects.filter(pk__in=missing).values_list("pk", "rates", "mixes", "sample")
        for pk, rates, mixes, sample in rows.iterator(chunk_size=500):
            self.rows[pk] = rates, mixes, windows.unpacked(bytes(sample))


LOOKED_AT = {deciding.State.DRIFT, deciding.State.SMALL_CHANGE, deciding.State.UNPROVEN}
