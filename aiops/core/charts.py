"""Figures for Plotly as plain values, themed to the console's tokens.

    chart = charts.line("score", "Score per run", [charts.Series("v3", days, shares)], y_format=".0%")
    {% include "_components/chart.html" with chart=chart %}

Colours stand as "{c1}" or "{ink}" in a figure; the page puts in those of its theme. Every chart can be read
as a table and saved as CSV.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from aiops.core.exports import csv_lines

X = datetime | date | str | int | float
LIGHT = {
    "ink": "#4c4e54", "note": "#686a70", "grid": "#edede8", "axis": "#d3d3cc", "surface": "#ffffff",
    "band": "rgba(44,78,203,0.11)", "good": "#17693c", "warn": "#835400", "bad": "#ad241c",
    "c1": "#2c4ecb", "c2": "#7a92e6", "c3": "#bcc8f3", "c4": "#847f70", "c5": "#b6b1a2", "c6": "#dedbd0",
}  # fmt: skip  # pairs, read as a table
DARK = {
    "ink": "#b4b6bb", "note": "#8f9298", "grid": "#23252a", "axis": "#383b41", "surface": "#17181b",
    "band": "rgba(128,152,255,0.15)", "good": "#6cc894", "warn": "#dfb153", "bad": "#ff938a",
    "c1": "#8098ff", "c2": "#5468c9", "c3": "#36437f", "c4": "#918c7c", "c5": "#6a665a", "c6": "#46433a",
}  # fmt: skip  # pairs, read as a table
FONT = "-apple-system, BlinkMacSystemFont, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
COLOURS = ("{c1}", "{c2}", "{c3}", "{c4}", "{c5}", "{c6}")
OTHERS = "others"
PLOT_HEIGHT, LINE_HEIGHT = 190, 14  # pixels
LEGEND = {
    "orientation": "h", "y": -0.18, "x": 0, "font": {"color": "{ink}"}, "traceorder": "normal",
    "itemclick": False, "itemdoubleclick": False,
}  # fmt: skip  # pairs, read as a table
HOVER = {
    "bgcolor": "{surface}", "bordercolor": "{axis}", "font": {"size": 12, "color": "{ink}"}, "align": "right"
}  # fmt: skip  # pairs, read as a table


@dataclass(frozen=True, slots=True)
class Series:
    """One named row of numbers over the x values; None is a hole. `low` and `high` draw a band around it."""

    name: str
    x: Sequence[X]
    y: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at something that happened: a deploy, a kill (`bad`). `note`: what pointing says."""

    at: X
    label: str
    bad: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """What `_components/chart.html` shows. `id` is unique on its page and names the CSV file."""

    id: str
    title: str
    note: str
    figure: dict[str, Any]
    columns: list[str]
    rows: list[list[Any]]
    csv_url: str = field(default="")


def line(
    id: str,  # noqa: A002 - it is the element's id
    title: str,
    series: Sequence[Series],
    *,
    note: str = "",
    marks: Sequence[Mark] = (),
    y_format: str = "",
    csv_url: str = "",
) -> Chart:
    """Lines over time or another x; the first series is the subject, drawn in the accent."""
    colours = _colours(series, compare=True)
    traces = [trace for s, c in zip(series, colours, strict=True) for trace in _line_traces(s, c, y_format)]
    return _chart(id, title, note, series, traces, _layout(series, marks, y_format, ends=True), csv_url)


def bars(
    id: str,  # noqa: A002 - it is the element's id
    title: str,
    series: Sequence[Series],
    *,
    note: str = "",
    marks: Sequence[Mark] = (),
    y_format: str = "",
    csv_url: str = "",
) -> Chart:
    """Bars, stacked where there are several series; more than six become five and `others`."""
    shown = at_most_six(series)
    traces = [_bar_trace(s, c, y_format) for s, c in zip(shown, _colours(shown), strict=True)]
    layout = _layout(shown, marks, y_format, ends=False)
    layout["showlegend"] = len(shown) > 1
    return _chart(id, title, note, shown, traces, layout, csv_url)


def at_most_six(series: Sequence[Series]) -> list[Series]:
    """`series`, the largest first; what is past the fifth is summed as `others`."""
    if len(series) <= len(COLOURS):
        return list(series)
    ranked = sorted(series, key=lambda s: -sum(value or 0 for value in s.y))
    kept, rest = ranked[: len(COLOURS) - 1], ranked[len(COLOURS) - 1 :]
    xs = list(dict.fromkeys(x for s in rest for x in s.x))
    sums = dict.fromkeys(xs, 0.0)
    for each in rest:
        for x, y in zip(each.x, each.y, strict=True):
            sums[x] += y or 0
    return [*kept, Series(OTHERS, xs, list(sums.values()))]


def _colours(series: Sequence[Series], *, compare: bool = False) -> list[str]:
    # A subject and its comparison: accent and stone. More: the ramp in order.
    order = ("{c1}", "{c4}") if compare and len(series) <= 2 else COLOURS
    return [s.colour or order[position % len(order)] for position, s in enumerate(series)]


def _line_traces(series: Series, colour: str, y_format: str) -> list[dict[str, Any]]:
    x = [_plain(value) for value in series.x]
    traces: list[dict[str, Any]] = []
    if series.low and series.high:
        edge = {"x": x, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
        traces += [
            {**edge, "y": list(series.low)},
            {**edge, "y": list(series.high), "fill": "tonexty", "fillcolor": "{band}"},
        ]
    mode = "lines+markers" if len(x) <= 30 else "lines"
    traces.append(
        {
            "type": "scatter", "mode": mode, "name": series.name, "x": x, "y": list(series.y),
            "line": {"width": 2, "color": colour, "shape": "linear"}, "marker": {"size": 5, "color": colour},
            "hovertemplate": f"%{{y:{y_format}}}" if y_format else "%{y}",
        }
    )  # fmt: skip  # arguments by what they belong to
    return traces


def _bar_trace(series: Series, colour: str, y_format: str) -> dict[str, Any]:
    return {
        "type": "bar", "name": series.name, "x": [_plain(value) for value in series.x], "y": list(series.y),
        "marker": {"color": colour, "line": {"width": 1, "color": "{surface}"}},
        "hovertemplate": f"%{{y:{y_format}}}" if y_format else "%{y}",
    }  # fmt: skip  # pairs, read as a table


def _layout(series: Sequence[Series], marks: Sequence[Mark], y_format: str, *, ends: bool) -> dict[str, Any]:
    named = ends and len(series) > 1
    dated = [value for s in series for value in s.x if isinstance(value, date)]
    return {
        "font": {"family": FONT, "size": 12, "color": "{note}"},
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "height": 240, "margin": {"l": 44, "r": 104 if named else 16, "t": 26, "b": 24, "pad": 0},
        "bargap": 0.2, "barmode": "stack", "showlegend": False, "separators": ".,",
        "legend": LEGEND,
        "xaxis": {
            "type": "date" if dated else "-", "showgrid": False, "linecolor": "{axis}", "ticks": "",
            "automargin": True, **({"tickformat": _date_format(dated)} if dated else {}), "fixedrange": True,
        },
        "yaxis": {
            "gridcolor": "{grid}", "zeroline": False, "showline": False, "nticks": 5, "automargin": True,
            "rangemode": "tozero", "tickformat": y_format, "fixedrange": True,
        },
        "hovermode": "x unified",
        "hoverlabel": HOVER,
        "shapes": [_mark_line(mark) for mark in marks],
        "annotations": [_mark_label(mark) for mark in marks] + (_end_labels(series) if named else []),
    }  # fmt: skip  # pairs, read as a table


def _date_format(values: Sequence[date]) -> str:
    """Days, or hours where all lie within two days."""
    short = isinstance(values[0], datetime) and max(values) - min(values) <= timedelta(days=2)
    return "%H:%M" if short else "%-d %b"


def _mark_line(mark: Mark) -> dict[str, Any]:
    stroke = {"width": 1, "dash": "2px,3px", "color": "{bad}" if mark.bad else "{note}"}
    at = _plain(mark.at)
    return {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": stroke}


def _mark_label(mark: Mark) -> dict[str, Any]:
    return {
        "x": _plain(mark.at), "y": 1, "yref": "paper", "text": _text(mark.label), "showarrow": False,
        "xanchor": "left", "yanchor": "bottom", "xshift": -4,
        "hovertext": "<br>".join(map(_text, mark.note.split("\n"))),
        "font": {"size": 12, "color": "{bad}" if mark.bad else "{ink}"},
    }  # fmt: skip  # pairs, read as a table


def _end_labels(series: Sequence[Series]) -> list[dict[str, Any]]:
    """The series' names at their right ends, instead of a legend box, moved apart where they touch."""
    last = {s.name: next((y for y in reversed(s.y) if y is not None), None) for s in series}
    ends = sorted(((y, name) for name, y in last.items() if y is not None), reverse=True)
    top = max((y for s in series for y in s.y if y is not None), default=0) or 1
    shifts: dict[str, float] = {}
    free = float("inf")
    for y, name in ends:
        at = PLOT_HEIGHT * y / top
        free = min(at, free)
        shifts[name], free = free - at, free - LINE_HEIGHT
    return [
        {
            "x": 1,
            "xref": "paper",
            "y": y,
            "text": _text(name),
            "showarrow": False,
            "xanchor": "left",
            "xshift": 8,
            "yshift": shifts[name],
            "font": {"size": 12, "color": "{ink}"},
        }
        for name, y in last.items()
        if y is not None
    ]


def _chart(
    id: str,  # noqa: A002 - it is the element's id
    title: str,
    note: str,
    series: Sequence[Series],
    traces: list[dict[str, Any]],
    layout: dict[str, Any],
    csv_url: str,
) -> Chart:
    figure = {
        "data": traces,
        "layout": layout,
        "config": {"displayModeBar": False, "responsive": True},
        "themes": {"light": LIGHT, "dark": DARK},
    }
    columns, rows = _table(series)
    return Chart(id, title, note, figure, columns, rows, csv_url or _csv(columns, rows))


def _table(series: Sequence[Series]) -> tuple[list[str], list[list[Any]]]:
    xs = (
        sorted({_plain(x) for s in series for x in s.x}, key=str)
        if len(series) > 1
        else [_plain(x) for x in series[0].x]
        if series
        else []
    )
    by_series = [dict(zip((_plain(x) for x in s.x), s.y, strict=True)) for s in series]
    return ["", *(s.name for s in series)], [[x, *(values.get(x) for values in by_series)] for x in xs]


def _csv(columns: list[str], rows: list[list[Any]]) -> str:
    """A link that holds the file itself, so that no second address is needed for a small table."""
    return f"data:text/csv;charset=utf-8,{quote(''.join(csv_lines(columns, rows)))}"


def _plain(value: X) -> str | int | float:
    return value.isoformat() if isinstance(value, date) else value


def _text(label: str) -> str:
    """Plotly reads a few tags in labels; ours have none."""
    return label.replace("<", "&lt;").replace(">", "&gt;")
