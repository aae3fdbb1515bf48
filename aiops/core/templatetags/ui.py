"""Template tags and filters of the console's components. Loaded into every template."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.template.base import Node, NodeList, Parser, Token
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from aiops.core import diffs, figures, money, toasts

register = template.Library()
Number = float | int | Decimal
FIRST_STYLES = ("tokens", "base")
VARIABLE = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})")


@register.simple_tag
def stylesheets() -> SafeString:
    """A link to each file of static/css: the tokens, the ground, then one file per component."""
    return format_html_join(
        "\n", '<link rel="stylesheet" href="{}">', ((static(f"css/{n}.css"),) for n in _styles())
    )


@cache
def _styles() -> tuple[str, ...]:
    found = sorted(path.stem for path in (settings.BASE_DIR / "static" / "css").glob("*.css"))
    return (*FIRST_STYLES, *(name for name in found if name not in FIRST_STYLES))


@register.simple_tag
def icon(name: str, tone: str = "") -> SafeString:
    """The symbol `name` of static/icons.svg; decoration only, a word stands beside it."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" {tone}" if tone else "",
        static("icons.svg"),
        name,
    )


@register.simple_tag
def chip(kind: str, icon_name: str, word: object) -> SafeString:
    """A state: icon and word. `kind` is good, warn, bad, accent or neutral."""
    modifier = "" if kind in {"", "neutral"} else f" chip--{kind}"
    return format_html('<span class="chip{}">{}{}</span>', modifier, icon(icon_name), word)


@register.filter
def usd(amount: Decimal | None) -> str:
    """Dollars with as many places as it takes to be non-zero."""
    return money.usd(amount if amount is None or isinstance(amount, Decimal) else Decimal(str(amount)))


@register.filter
def num(number: Number | None) -> str:
    return figures.count(number)


@register.filter
def percent(share: Number | None, sample: int | None = None) -> str:
    return figures.percent(share, sample)


@register.filter
def points(difference: Number | None) -> str:
    """A difference of shares in points, with its sign: `−31.3`, `+2.2`, `0`."""
    return figures.points(difference)


@register.filter
def duration(milliseconds: Number | None) -> str:
    return figures.duration(milliseconds)


@register.filter
def ago(when: datetime | None) -> SafeString | str:
    """A relative time, with the absolute one on hover."""
    if not when:
        return figures.NONE
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        when.isoformat(),
        figures.absolute(when),
        figures.ago(when),
    )


@register.filter
def item(mapping: Mapping[Any, Any], key: object) -> Any:
    """`mapping[key]`, None where it is not there."""
    return mapping.get(key)


def _share(part: Number, whole: Number) -> float:
    return 0.0 if not whole else max(0.0, min(100.0, 100.0 * float(part) / float(whole)))


def _at(value: float) -> str:
    return f"{value:.2f}%"


@register.simple_tag
def meter(done: Number | None, failed: Number | None, total: Number | None, tone: str = "") -> SafeString:
    """A bar of `done` (grey, or `tone`: accent, good, warn, bad) and `failed` (red) out of `total`."""
    good, bad = _share(done or 0, total or 0), _share(failed or 0, total or 0)
    bad = min(bad, 100.0 - good)
    said = f"{figures.count(done or 0)} of {figures.count(total or 0)}"
    if failed:
        said += f", {figures.count(failed)} failed"
    return format_html(
        '<svg class="meter{}" role="img" aria-label="{}">'
        '<rect class="done" width="{}" height="100%"/>'
        '<rect class="failed" x="{}" width="{}" height="100%"/></svg>',
        f" meter--{tone}" if tone else "",
        said,
        _at(good),
        _at(good),
        _at(bad),
    )


@register.simple_tag
def interval(
    low: Number | None, mid: Number | None, high: Number | None, tone: str = "", limit: Number | None = None,
    start: Number = 0, end: Number = 1, zero: Number | None = None,
) -> SafeString:  # fmt: skip  # parameters by what they belong to
    """A point and its interval on a scale from `start` to `end` (shares unless told otherwise).

    `tone` follows the verdict, never the sign: pass, block or unsure. `limit` is drawn dashed, `zero` solid.
    """
    if low is None or mid is None or high is None:
        return mark_safe('<span class="muted">–</span>')

    def x(value: Number) -> str:
        return _at(_share(float(value) - float(start), float(end) - float(start)))

    said = f"{figures.percent(mid)}, interval {figures.percent(low)} to {figures.percent(high)}"
    guides = format_html_join(
        "",
        '<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>',
        [(name, x(v), x(v), 0, "100%") for name, v in (("limit", limit), ("zero", zero)) if v is not None],
    )
    return format_html(
        '<svg class="interval{}" role="img" aria-label="{}">{}'
        '<line class="track" x1="0" x2="100%" y1="10" y2="10"/>'
        '<line class="ci" x1="{}" x2="{}" y1="10" y2="10"/>'
        '<line class="cap" x1="{}" x2="{}" y1="7" y2="13"/><line class="cap" x1="{}" x2="{}" y1="7" y2="13"/>'
        '<circle class="pt" cx="{}" cy="10" r="4.5"/></svg>',
        f" interval--{tone}" if tone else "", said, guides,
        x(low), x(high), x(low), x(low), x(high), x(high), x(mid),
    )  # fmt: skip  # arguments by what they belong to


@register.simple_tag
def interval_axis(said: str, start: Number = 0, end: Number = 1) -> SafeString:
    """The head of a column of intervals: its scale, with `said` for those who cannot see it."""
    middle = (float(start) + float(end)) / 2
    ends = ((0, "start"), (50, "middle"), (100, "end"))
    labels = format_html_join(
        "",
        '<text x="{}%" y="14" text-anchor="{}">{}</text>',
        [
            (x, anchor, f"{100 * float(v):.0f}")
            for (x, anchor), v in zip(ends, (start, middle, end), strict=True)
        ],
    )
    return format_html('<svg class="interval" role="img" aria-label="{}">{}</svg>', said, labels)


@register.simple_tag
def spark(values: Sequence[Number | None], said: str = "trend", tone: str = "") -> SafeString:
    """A small line without axes; `said` is what it shows, for those who cannot see it."""
    points = [(position, float(value)) for position, value in enumerate(values) if value is not None]
    if len(points) < 2:
        return mark_safe('<span class="muted">–</span>')
    lowest, highest = min(v for _, v in points), max(v for _, v in points)
    scale = (highest - lowest) or 1.0
    drawn = [(2 + 68 * i / (len(values) - 1), 17 - 14 * (v - lowest) / scale) for i, v in points]
    return format_html(
        '<svg class="spark{}" viewBox="0 0 72 20" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<polyline points="{}"/><circle cx="{}" cy="{}" r="2"/></svg>',
        f" spark--{tone}" if tone else "", said,
        " ".join(f"{x:.1f},{y:.1f}" for x, y in drawn), f"{drawn[-1][0]:.1f}", f"{drawn[-1][1]:.1f}",
    )  # fmt: skip  # arguments by what they belong to


@register.inclusion_tag("_components/prompt.html")
def prompt(text: str, role: str = "") -> dict[str, Any]:
    """A prompt with line numbers, its variables in the accent colour."""
    lines = [
        [(part, bool(VARIABLE.fullmatch(part))) for part in VARIABLE.split(line)]
        for line in text.splitlines()
    ]
    return {"lines": lines, "role": role}


@register.simple_tag
def job_bar(done: Number | None, failed: Number | None, total: Number | None) -> SafeString:
    """The bar of a running job; `done` counts what went well and `failed` what did not."""
    good, bad = _share(done or 0, total or 0), _share(failed or 0, total or 0)
    bad = min(bad, 100.0 - good)
    return format_html(
        '<svg class="job__bar" role="progressbar" aria-label="Progress" aria-valuenow="{}" aria-valuemin="0"'
        ' aria-valuemax="100"><rect class="done" width="{}" height="8"/>'
        '<rect class="failed" x="{}" width="{}" height="8"/></svg>',
        round(good + bad), _at(good), _at(good), _at(bad),
    )  # fmt: skip  # arguments by what they belong to


@register.filter
def pairs(diff: list[diffs.Line]) -> list[tuple[diffs.Line | None, diffs.Line | None]]:
    """Lines of a diff for two columns."""
    return diffs.pairs(diff)


@register.filter
def undo_url(message: Message) -> str:
    return toasts.undo_url(message)


class CaptureNode(Node):
    """Renders what it holds into a variable, so that a frame can tell whether a block says anything."""

    def __init__(self, nodelist: NodeList, name: str) -> None:
        self.nodelist = nodelist
        self.name = name

    def render(self, context: Context) -> SafeString:
        # The nodes below have escaped what they were given.
        context[self.name] = mark_safe(self.nodelist.render(context).strip())  # noqa: S308 - as said above
        return SafeString("")


@register.tag
def capture(parser: Parser, token: Token) -> CaptureNode:
    """`{% capture name %}{% block name %}{% endblock %}{% endcapture %}`"""
    _, name = token.split_contents()
    nodelist = parser.parse(("endcapture",))
    parser.delete_first_token()
    return CaptureNode(nodelist, name)
