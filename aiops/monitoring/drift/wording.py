"""What a reading says, in words: always with its n."""

from collections.abc import Sequence

from aiops.core import figures
from aiops.monitoring.drift.signals import BY_NAME, Kind
from aiops.monitoring.models import DriftReading

Against = DriftReading.Against
ARROW = "→"


def label(reading: DriftReading) -> str:
    """The signal's name; of a mix the name in it that changed most too."""
    signal = BY_NAME[reading.signal]
    name = reading.facts.get("name")
    return f"{signal.label}: {name}" if signal.kind == Kind.MIX and name else signal.label


def said(reading: DriftReading, value: float | None) -> str:
    """A value of the reading's signal in its unit."""
    signal = BY_NAME[reading.signal]
    if value is None:
        return figures.NONE
    if signal.kind in {Kind.RATE, Kind.MIX}:
        return figures.percent(value, reading.n)
    if signal.kind == Kind.VECTORS:
        return f"{value:.2f} SD"
    if signal.unit == "ms":
        return figures.duration(value)
    if signal.unit == "$":
        return f"${value:.2g}"
    return f"{value:,.0f} {signal.unit}" if signal.unit else f"{value:.3g}"


def change(reading: DriftReading) -> str:
    """From what to what: "6 % → 11 %"; of meanings how far away."""
    if BY_NAME[reading.signal].kind == Kind.VECTORS and reading.value is not None:
        return f"{said(reading, reading.value)} away"
    if reading.before is None:
        return said(reading, reading.value)
    return f"{said(reading, reading.before)} {ARROW} {said(reading, reading.value)}"


def sentence(reading: DriftReading) -> str:
    """For example: Refusals 6 % → 11 % (n 250) since reply v8."""
    return " ".join(filter(None, (f"{label(reading)} {change(reading)} (n {reading.n:,})", since(reading))))


def since(reading: DriftReading) -> str:
    if reading.against == Against.BEFORE:
        return f"since {reading.serving}"
    return f"in the candidate {reading.serving}" if reading.against == Against.CANDIDATE else ""


def where(reading: DriftReading) -> str:
    """The part that changed most, where one stands out: "Most in ja: 2 % → 61 %"."""
    parts = reading.parts
    if len(parts) < 2 or BY_NAME[reading.signal].kind == Kind.MIX:
        return ""
    first, moved = parts[0], [abs(part["value"] - part["before"]) * part["n"] for part in parts]
    if not first["name"] or moved[0] < sum(moved) / 2:
        return ""
    return (
        f"Most in {first['name']}: {said(reading, first['before'])} {ARROW} {said(reading, first['value'])} "
        f"(n {first['n']:,})"
    )


def others(readings: Sequence[DriftReading]) -> str:
    """What else says drift: its names."""
    drifting = [one for one in readings if one.state == DriftReading.State.DRIFT]
    names = list(dict.fromkeys(BY_NAME[one.signal].label.lower() for one in drifting))
    return f"Also {', '.join(names[:4])}" if names else ""


def is_worse(reading: DriftReading) -> bool:
    """It changed in the direction that does harm."""
    if reading.value is None or reading.before is None:
        return False
    return BY_NAME[reading.signal].harm * (reading.value - reading.before) > 0


def collecting(reading: DriftReading) -> str:
    """For example: Collecting, 63 of 100 calls in the window."""
    have = reading.facts.get("have", reading.n)
    if not reading.needed:
        return "Not measured"
    return f"Collecting, {have:,} of {reading.needed:,} {reading.why}"
