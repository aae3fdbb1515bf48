"""Which stratum a call is in (pure): the one with the greatest share of those that fit, else random."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from aiops.reviews.models import TAIL, Stratum

NEAR = 0.1  # of a guardrail's margin
RARE = 0.02  # of the feature's calls
ENOUGH = 100  # calls, before anything is rare, long or dear
UNNAMED = ("", "unknown")  # no category


class Seen(NamedTuple):
    """What of a call its stratum depends on."""

    at: Any
    id: str
    locale: str
    category: str
    arm: str
    output_tokens: int
    cost: Decimal
    checks: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Usual:
    """What the feature's calls were like before: None where too few are known.

    `longest` tokens and `dearest` USD are passed by one call in fifty.
    """

    longest: int | None = None
    dearest: Decimal | None = None
    locales: Mapping[str, int] = field(default_factory=dict)  # calls by locale
    categories: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Learnt:
    """Ids of calls that something was said of, or whose texts are like nothing before."""

    thumbs_down: Collection[str] = ()
    judge_fail: Collection[str] = ()
    judge_unsure: Collection[str] = ()
    new_topic: Collection[str] = ()


def traits(call: Seen, usual: Usual, learnt: Learnt) -> set[Stratum]:
    """All tails that the call is in."""
    found = {
        Stratum.THUMBS_DOWN: call.id in learnt.thumbs_down,
        Stratum.JUDGE_FAIL: call.id in learnt.judge_fail,
        Stratum.JUDGE_UNSURE: call.id in learnt.judge_unsure,
        Stratum.GUARDRAIL_NEAR_MISS: any(map(_near, call.checks)),
        Stratum.CANARY: call.arm == "candidate",
        Stratum.NEW_TOPIC: call.id in learnt.new_topic or _new(call.category, usual.categories),
        Stratum.RARE_LOCALE: bool(call.locale) and _rare(call.locale, usual.locales),
        Stratum.DEAREST: usual.dearest is not None and call.cost > usual.dearest,
        Stratum.LONGEST: usual.longest is not None and call.output_tokens > usual.longest,
    }
    return {stratum for stratum, fits in found.items() if fits}


def stratum_of(fitting: Collection[Stratum], shares: Mapping[str, float], base: float) -> Stratum:
    """The one of `fitting` with the greatest share, of equal ones the first in TAIL; random below `base`."""
    wanted = [stratum for stratum in TAIL if stratum in fitting]
    best = max(wanted, key=lambda stratum: shares.get(stratum, 0.0), default=Stratum.RANDOM)
    return best if shares.get(best, 0.0) > base else Stratum.RANDOM


def _near(check: Mapping[str, Any]) -> bool:
    """A guardrail that only observes let it pass, it was mended, or it was close."""
    margin = check.get("margin")
    close = margin is not None and margin <= NEAR
    return close or not check.get("passed", True) or bool(check.get("mended") or check.get("repaired"))


def _rare(name: str, counts: Mapping[str, int]) -> bool:
    total = sum(counts.values())
    return total >= ENOUGH and counts.get(name, 0) < RARE * total


def _new(category: str, counts: Mapping[str, int]) -> bool:
    """Hardly anybody has asked of it before."""
    if category in UNNAMED or not any(name not in UNNAMED for name in counts):
        return False
    total = sum(counts.values())
    return total >= ENOUGH and counts.get(category, 0) < RARE / 10 * total
