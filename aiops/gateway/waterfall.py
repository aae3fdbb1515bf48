"""A call's spans as a waterfall. Stages lie within each other: a bar is dark where the stage itself worked.

Lengths are percent of the axis, as text for SVG attributes. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiops.gateway import explained

Piece = tuple[float, float]  # from, to, in milliseconds
STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bar:
    """`kind`: work, wait, model or fail."""

    kind: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Row:
    """`took` is the stage's own time, without what lies within it, in milliseconds."""

    name: str
    decision: str
    note: str
    took: float
    bars: list[Bar]
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    x: str
    label: str


@dataclass(frozen=True, slots=True)
class Waterfall:
    rows: list[Row]
    ticks: list[Tick]


def waterfall(
    spans: Sequence[Mapping[str, Any]], attempts: Sequence[Mapping[str, Any]], latency_ms: float
) -> Waterfall:
    """Rows in the order in which the stages began; each attempt of a model is a row of its own."""
    whole = max([latency_ms, *(float(span["ended_ms"]) for span in spans)], default=0.0) or 1.0
    models = [_piece(attempt["begun_ms"], attempt["latency_ms"]) for attempt in attempts]
    rows = [_stage(span, [*_within(spans, place), *models], whole) for place, span in enumerate(spans)]
    rows += [_attempt(attempt, number, whole) for number, attempt in enumerate(attempts, 1)]
    return Waterfall(rows, _ticks(whole))


def _within(spans: Sequence[Mapping[str, Any]], place: int) -> list[Piece]:
    """What lies directly or deeper within the span, as pieces of time."""
    end = float(spans[place]["ended_ms"])
    inner = [span for span in spans[place + 1 :] if float(span["begun_ms"]) < end]
    return [(float(span["begun_ms"]), float(span["ended_ms"])) for span in inner]


def _stage(span: Mapping[str, Any], inner: Iterable[Piece], whole: float) -> Row:
    own = own_pieces((float(span["begun_ms"]), float(span["ended_ms"])), inner)
    bars = [_bar("wait", (float(span["begun_ms"]), float(span["ended_ms"])), whole)]
    bars += [_bar("work", piece, whole) for piece in own]
    took = sum(end - begin for begin, end in own)
    decision = str(span.get("decision") or "")
    failed = decision.endswith("failed")
    return Row(explained.stage(span["stage"]), decision, _facts(span.get("facts") or {}), took, bars, failed)


def _piece(begun: float, took: float) -> Piece:
    return float(begun), float(begun) + float(took)


def own_pieces(span: Piece, inner: Iterable[Piece]) -> list[Piece]:
    """`span` without `inner`: `own_pieces((0, 9), [(2, 5)])` is `[(0, 2), (5, 9)]`."""
    at, end = span
    own: list[Piece] = []
    for begins, ends in sorted(inner):
        if at < begins and at < end:
            own.append((at, min(begins, end)))
        at = max(at, ends)
    return [*own, (at, end)] if at < end else own


def _attempt(attempt: Mapping[str, Any], number: int, whole: float) -> Row:
    begun, took = float(attempt["begun_ms"]), float(attempt["latency_ms"])
    error = str(attempt.get("error") or "")
    return Row(
        name=f"Model, attempt {number}",
        decision=error or "answered",
        note=", ".join(part for part in (attempt["model"], attempt["provider"]) if part),
        took=took,
        bars=[_bar("fail" if error else "model", (begun, begun + took), whole)],
        failed=bool(error),
    )


def _facts(facts: Mapping[str, Any]) -> str:
    """What the stage noted, as words: `reason timeout, others large, larger`."""
    return ", ".join(
        f"{name.replace('_', ' ')} {_said(value)}"
        for name, value in facts.items()
        if value not in ("", None, [], {})
    )


def _said(value: Any) -> str:
    return " ".join(str(part) for part in value) if isinstance(value, list) else str(value)


def _bar(kind: str, piece: Piece, whole: float) -> Bar:
    begin, end = (max(0.0, min(100.0, 100 * edge / whole)) for edge in piece)
    return Bar(kind, f"{begin:.2f}%", f"{max(end - begin, 0.3):.2f}%")


def _ticks(whole: float) -> list[Tick]:
    step = next(
        size * 10.0**power for power in range(-3, 8) for size in STEPS if size * 10.0**power >= whole / 4
    )
    marks = [step * place for place in range(5) if step * place <= whole]
    return [Tick(f"{100 * mark / whole:.2f}%", _time(mark)) for mark in marks]


def _time(ms: float) -> str:
    if not ms:
        return "0"
    return f"{ms / 1000:g} s" if ms >= 1000 else f"{ms:g} ms"
