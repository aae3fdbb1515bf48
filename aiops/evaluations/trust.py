"""Whether a judge may be trusted, against human grades drawn at random (pure; statistics e)."""

from dataclasses import dataclass
from enum import StrEnum

from statsmodels.stats.proportion import proportion_confint

MINIMUM_GRADES = 50
MINIMUM_FAILS = 9  # fewer than 9 of 9 can never give a lower bound of .7
RECALL = 0.7
BIAS = 0.03


class Trust(StrEnum):
    UNKNOWN = "UNKNOWN"
    TRUSTED = "TRUSTED"
    NOT_TRUSTED = "NOT_TRUSTED"


@dataclass(frozen=True, slots=True)
class Recall:
    """Share of `n` with its Wilson 95 % interval; without any case the interval is 0 to 1."""

    hits: int
    n: int

    @property
    def share(self) -> float | None:
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        if not self.n:
            return 0.0, 1.0
        low, high = proportion_confint(self.hits, self.n, method="wilson")
        return float(low), float(high)


@dataclass(frozen=True, slots=True)
class JudgeTrust:
    """`fail_recall`: P(judge fails | human fails); `pass_recall`: P(judge passes | human passes)."""

    fail_recall: Recall
    pass_recall: Recall
    bias: float
    state: Trust
    because: str


def judge_trust(
    *,
    human_fail_judge_fail: int,
    human_fail_judge_pass: int,
    human_pass_judge_pass: int,
    human_pass_judge_fail: int,
    bias: float,
    changed: bool = False,
) -> JudgeTrust:
    """The judge's state from random grades of four weeks; `bias` = judge's pass rate - human-anchored one."""
    fails = Recall(human_fail_judge_fail, human_fail_judge_fail + human_fail_judge_pass)
    passes = Recall(human_pass_judge_pass, human_pass_judge_pass + human_pass_judge_fail)
    state, because = _state(fails, fails.n + passes.n, bias, changed=changed)
    return JudgeTrust(fails, passes, bias, state, because)


def _fault(fails: Recall, bias: float) -> str:
    also = f", and {_off(bias)}" if abs(bias) > BIAS else ""
    return f"it finds only {fails.hits} of {fails.n} human fails{also}"


def _off(bias: float) -> str:
    return f"it passes {abs(bias) * 100:.1f} points {'more' if bias > 0 else 'fewer'} than people do"


def _state(fails: Recall, grades: int, bias: float, *, changed: bool) -> tuple[Trust, str]:
    low, high = fails.interval
    if changed:
        return Trust.UNKNOWN, "the judge or its prompt changed"
    if grades < MINIMUM_GRADES:
        return Trust.UNKNOWN, f"{grades} of {MINIMUM_GRADES} random grades in 4 weeks"
    if high < RECALL or abs(bias) > BIAS:
        return Trust.NOT_TRUSTED, _fault(fails, bias) if high < RECALL else _off(bias)
    if fails.n < MINIMUM_FAILS:
        return Trust.UNKNOWN, f"{fails.n} of {MINIMUM_FAILS} human fails seen"
    if low >= RECALL:
        return Trust.TRUSTED, f"it finds {fails.hits} of {fails.n} human fails"
    return Trust.NOT_TRUSTED, f"it finds {fails.hits} of {fails.n} human fails, too few to be sure"
