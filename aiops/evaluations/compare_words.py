"""Which approach is the cheapest that is not worse, in words that a colleague could repeat (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from aiops.core import figures
from aiops.core.money import usd
from aiops.evaluations.statistics import LEAST


class Standing(StrEnum):
    """An approach against another one, by the paired gate."""

    BEST = "best"  # is the other one
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    BLOCK = "block"
    MUST_PASS = "must_pass"  # noqa: S105 - a reason, not a password
    UNSURE = "unsure"
    FEW = "few"
    MISSING = "missing"
    OPEN = "open"  # the gate was not asked, and takes too long for a page


WORSE = (Standing.BLOCK, Standing.MUST_PASS)


@dataclass(frozen=True, slots=True)
class Contender:
    """An approach with its quality (shares 0..1 of `n` cases), its cost in USD per 1,000 requests and its p50
    in ms; `further` cases and `fall` are against the best one (0 where a group fell and not the average).
    """

    name: str
    mid: float
    low: float
    high: float
    n: int
    cost: Decimal
    p50: float | None
    standing: Standing
    fall: float = 0.0
    further: int | None = None


def sentence(contenders: Sequence[Contender], least: int = LEAST) -> str:
    """`least` cases are what the policy asks for. The best one is among the contenders, as BEST."""
    if len(contenders) < 2:
        return "There is nothing to compare: it takes two finished runs over the same cases."
    best = next(one for one in contenders if one.standing == Standing.BEST)
    if best.n < least:
        return f"Not enough cases to say: {best.n:,} of {least:,}, {least - best.n:,} are missing."
    fit = [one for one in contenders if one.standing in (Standing.BEST, Standing.PASS)]
    chosen = min(fit, key=_price)
    cheaper = sorted((one for one in contenders if one.cost < chosen.cost), key=_price)
    undecided = [one for one in cheaper if one.standing not in WORSE]
    if undecided and chosen is best:
        return _unsaid(undecided[0], best)
    text = _chosen(chosen, best, cheaper)
    return (
        f"{text} {_capital(undecided[0].name)} is cheaper still; {_lacking(undecided[0])}."
        if undecided
        else text
    )


def _chosen(chosen: Contender, best: Contender, cheaper: Sequence[Contender]) -> str:
    """What is to be taken, and what the next ones would cost or lose."""
    worse = [one for one in cheaper if one.standing in WORSE]
    if chosen is not best:
        beside = f"{best.name} costs {usd(best.cost)} for {figures.percent(best.mid, best.n)}"
        return f"{_capital(chosen.name)} is the cheapest that is not worse: {_all(chosen)}; {beside}."
    if not worse:
        return f"{_capital(best.name)} is the best and the cheapest: {_all(best)}."
    loses = f"{worse[-1].name} costs {usd(worse[-1].cost)} and {_loses(worse[-1])}"
    return f"{_capital(best.name)} is the cheapest that is not worse: {_all(best)}; {loses}."


def _unsaid(cheaper: Contender, best: Contender) -> str:
    """The best one is dearer than one of which nobody knows whether it is worse."""
    if cheaper.standing == Standing.OPEN:
        asks = f"Ask the gate whether {cheaper.name} is worse than {best.name}"
    else:
        asks = (
            f"Not enough cases to say whether {cheaper.name} is worse than {best.name}: {_lacking(cheaper)}"
        )
    return f"{asks}. {_capital(cheaper.name)}: {_all(cheaper)}; {best.name}: {_all(best)}."


def _lacking(one: Contender) -> str:
    """What would decide it."""
    if one.standing == Standing.OPEN:
        return "ask the gate whether it is worse"
    if one.standing == Standing.MISSING:
        return "too many cases have no result on both sides"
    if one.further is None:
        return "what was measured is beyond the margin, though chance may explain it"
    if not one.further:
        return "a few more cases would decide it"
    return f"about {one.further:,} more {'case' if one.further == 1 else 'cases'} would decide it"


def _loses(one: Contender) -> str:
    if one.standing == Standing.MUST_PASS:
        return "fails cases that must pass"
    lost = f"{abs(100 * one.fall):.1f}".removesuffix(".0")
    if one.fall <= 0:
        return "is worse in a category or locale"
    return f"is worse by {lost} {'point' if lost == '1' else 'points'}"


def _all(one: Contender) -> str:
    """Such as "86.8 % (84–89) at $0.00 per 1,000, p50 2 ms"."""
    share = f"{figures.percent(one.mid, one.n)} ({interval(one.low, one.high)})"
    text = f"{share} at {usd(one.cost)} per 1,000"
    return text if one.p50 is None else f"{text}, p50 {figures.duration(one.p50)}"


def interval(low: float, high: float) -> str:
    """The bounds in whole per cent: "84–89"."""
    return f"{100 * low:.0f}–{100 * high:.0f}"


def _price(one: Contender) -> tuple[Decimal, float]:
    """The cheaper first; of those that cost the same the quicker one."""
    return one.cost, float("inf") if one.p50 is None else one.p50


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
