"""What the drift page shows: small multiples in groups, the worst first, and one signal whole."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiops.core import charts
from aiops.core.charts import Chart, Mark, Series
from aiops.monitoring.drift import wording
from aiops.monitoring.drift.signals import BY_NAME, SIGNALS, Kind
from aiops.monitoring.models import DriftCheck, DriftReading
from aiops.monitoring.queries import drift as queries

Against, State = DriftReading.Against, DriftReading.State
RANK = {State.DRIFT: 0, State.UNPROVEN: 1, State.SMALL_CHANGE: 2, State.STEADY: 3, State.COLLECTING: 4}
ORDER = {signal.name: place for place, signal in enumerate(SIGNALS)}
METHODS = {
    "ks": "Kolmogorov–Smirnov", "mmd": "maximum mean discrepancy", "chi2": "chi-squared",
    "fisher": "Fisher’s", "none": "no test, all alike",
}  # fmt: skip  # pairs, read as a table
DIAL = {0.25: "one false page a year", 0.5: "one false page in half a year", 1: "one false page a quarter",
        3: "one false page a month", 13: "one false page a week"}  # fmt: skip  # pairs, read as a table


@dataclass(frozen=True, slots=True)
class Card:
    """A small multiple: the signal over the windows, and what it says of the last one."""

    reading: DriftReading
    label: str
    change: str
    trend: list[float | None]
    current: bool

    @property
    def is_worse(self) -> bool:
        return wording.is_worse(self.reading)

    @property
    def collecting(self) -> str:
        return wording.collecting(self.reading)


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    note: str
    cards: list[Card]


@dataclass(frozen=True, slots=True)
class Whole:
    """One reading in words and figures."""

    reading: DriftReading
    label: str
    about: str
    sentence: str
    where: str
    test: str
    parts: list[tuple[str, int, str, str]]


@dataclass(frozen=True, slots=True)
class Shown:
    """The page of a feature at one pace; `check` None: nothing was looked at."""

    check: DriftCheck | None
    checks: Sequence[DriftCheck]
    groups: list[Group]
    whole: Whole | None
    tally: dict[str, int]

    @property
    def dial(self) -> str:
        pages = float(self.check.false_pages) if self.check else 1.0
        return DIAL.get(pages, f"{pages:g} false pages a quarter")


def shown(feature: str, pace: DriftCheck.Pace, at: datetime | None, signal: str, against: str) -> Shown:
    """The window that begins at `at`, else the newest; the signal that was asked for, else the worst."""
    checks = queries.checks(feature, pace, at)
    if not checks:
        return Shown(None, (), [], None, {})
    series = queries.values(checks)
    here = list(checks[0].readings.select_related("check_of"))
    chosen = _chosen(here, signal, against)
    tally: dict[str, int] = {}
    for one in here:
        tally[one.state] = tally.get(one.state, 0) + 1
    groups = _groups(here, series, [one.start for one in reversed(checks)], chosen)
    return Shown(checks[0], checks, groups, whole(chosen) if chosen else None, tally)


def _chosen(readings: Sequence[DriftReading], signal: str, against: str) -> DriftReading | None:
    asked = [one for one in readings if one.signal == signal and one.against == (against or Against.OWN)]
    drifting = [one for one in readings if one.state == State.DRIFT]
    return next(iter(asked or sorted(drifting, key=_rank)), None)


def _rank(one: DriftReading) -> tuple[int, bool, float, int]:
    return RANK[State(one.state)], not wording.is_worse(one), one.p or 0.0, ORDER[one.signal]


def _groups(
    readings: Sequence[DriftReading],
    series: Mapping[tuple[str, str], Mapping[datetime, DriftReading]],
    starts: Sequence[datetime],
    chosen: DriftReading | None,
) -> list[Group]:
    found = []
    for against in (Against.CANDIDATE, Against.BEFORE, Against.OWN):
        rows = sorted((one for one in readings if one.against == against), key=_rank)
        if rows:
            cards = [_card(one, series, starts, chosen) for one in rows]
            found.append(Group(*_title(against, rows), cards))
    return found


def _title(against: str, rows: Iterable[DriftReading]) -> tuple[str, str]:
    one = next(iter(rows))
    if against == Against.CANDIDATE:
        return f"Candidate {one.serving}", f"against {one.versus}, which serves the others"
    if against == Against.BEFORE:
        return f"Since {one.serving}", f"against {one.versus}, for a week after the change"
    return "Against its own past", "the same hours of the weeks before; a deploy begins it anew for outputs"


def _card(
    one: DriftReading,
    series: Mapping[tuple[str, str], Mapping[datetime, DriftReading]],
    starts: Sequence[datetime],
    chosen: DriftReading | None,
) -> Card:
    known = series.get((one.signal, one.against), {})
    trend = [known[at].value if at in known else None for at in starts]
    current = chosen is not None and chosen.pk == one.pk
    return Card(one, wording.label(one), wording.change(one), trend, current)


def whole(one: DriftReading) -> Whole:
    signal = BY_NAME[one.signal]
    parts = [
        (
            part["name"] or "not named",
            part["n"],
            wording.said(one, part["before"]),
            wording.said(one, part["value"]),
        )
        for part in one.parts
    ]
    return Whole(
        one, wording.label(one), signal.about, wording.sentence(one), wording.where(one), test(one), parts
    )


def test(one: DriftReading) -> str:
    """How it was tested, and on what."""
    if one.p is None:
        return wording.collecting(one)
    said = [
        f"{METHODS.get(one.facts.get('method', ''), 'test')}, p {_p(one.p)}, adjusted {_p(one.p_adjusted)}"
    ]
    if (deviations := one.facts.get("sd")) is not None:
        said.append(f"the mean moved by {deviations:+.2f} SD")
    if (index := one.facts.get("psi")) is not None:
        said.append(f"PSI {index:.2f}, by chance up to {one.facts['psi_limit']:.2f}")
    days = one.facts.get("days", 0)
    said.append(f"held against {one.n_reference:,} calls, {one.facts.get('same', '')}, {days} days")
    size = "large enough to matter" if one.is_practical else "too small to matter by the settings"
    return f"{'; '.join(said)}. The change is {size}."


def _p(value: float | None) -> str:
    if value is None or value >= 1e-4:
        return f"{value:.2g}" if value is not None else "–"
    return "below 0.0001"


def chart(feature: str, one: DriftReading, checks: Sequence[DriftCheck], marks: Sequence[Mark]) -> Chart:
    """The signal over the windows, with its reference."""
    series = queries.values(checks).get((one.signal, one.against), {})
    starts = sorted(series)
    rows = [series[at] for at in starts]
    share = BY_NAME[one.signal].kind in {Kind.RATE, Kind.MIX}
    lines = [Series(wording.label(one), starts, [row.value for row in rows])]
    if any(row.before is not None and row.p is not None for row in rows):
        lines.append(Series("reference", starts, [row.before if row.p is not None else None for row in rows]))
    return charts.line(
        f"drift-{feature}-{one.signal}",
        wording.label(one),
        lines,
        note=BY_NAME[one.signal].about,
        marks=marks,
        y_format=".0%" if share else "",
    )
