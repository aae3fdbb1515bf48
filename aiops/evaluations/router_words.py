"""A router's evidence in the words of STATISTICS h, and as rows of a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiops.approaches.models import RouterVersion
from aiops.core.figures import percent

TOO_FEW = "too_few_cases"
LEAST_CASES = 60  # of `router_rule`, which loads scipy


@dataclass(frozen=True, slots=True)
class Row:
    """One category or locale; `tone` and `chip` follow what was decided."""

    name: str
    n: int
    threshold: float | None
    share: float
    loss: str  # in points; "" where it was not measured
    upper: str  # of what is allowed
    chip: tuple[str, str, str]
    said: str


def rows(version: RouterVersion, group: str) -> list[Row]:
    """The categories or the locales of a version's report."""
    return [_row(one, version.margin) for one in version.report[group]]


def _row(one: Mapping[str, Any], margin: float) -> Row:
    name = one["name"] or "without one"
    return Row(
        name=name,
        n=one["n"],
        threshold=one.get("threshold"),
        share=one["routed_share"],
        loss="" if one["loss"] is None else _points(one["loss"]),
        upper="" if one["upper"] is None else f"{_points(one['upper'])} of {_points(margin)}",
        chip=_chip(one),
        said=sentence(one, margin),
    )


def sentence(one: Mapping[str, Any], margin: float) -> str:
    """As in "Refunds: small model from score 0.70 (68 % of cases), loses at most 3.1 points of 5"."""
    name = one["name"] or "Without one"
    if one["reason"] == TOO_FEW:
        return f"{name}: large. {one['n']} of {LEAST_CASES} cases."
    allowed = f"{_points(margin)} allowed"
    if one["reason"] != "ok":
        known = "" if one["upper"] is None else f": it may lose {_points(one['upper'])} points"
        return f"{name}: large. Not inside the margin of {allowed}{known}."
    if not one["routed_share"]:
        return f"{name}: large. No case scores high enough."
    place = f" from score {one['threshold']:.2f}" if one.get("threshold") is not None else ""
    return (
        f"{name}: small model{place} ({percent(one['routed_share'], one['n'])} of cases), "
        f"loses at most {_points(one['upper'])} points of {allowed}."
    )


def _chip(one: Mapping[str, Any]) -> tuple[str, str, str]:
    if one["reason"] == TOO_FEW:
        return ("neutral", "clock", f"{one['n']} of {LEAST_CASES}")
    if one["reason"] != "ok":
        return ("warn", "warn", "Large")
    return ("good", "ok", "Routed") if one["routed_share"] else ("neutral", "dot", "Large")


def _points(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0").replace("-", "\N{MINUS SIGN}")
