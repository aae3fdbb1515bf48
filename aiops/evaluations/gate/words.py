"""A decision in words that a colleague could repeat (pure)."""

from django.conf.locale import LANG_INFO

from aiops.core import figures
from aiops.evaluations.gate import plan
from aiops.evaluations.gate.cases import Demands
from aiops.evaluations.gate.decision import Decision, Outcome, Reason
from aiops.evaluations.gate.groups import Group

NAMED = 2  # groups and must-pass cases that a sentence names; the others are counted
SMALL = 0.01  # below one point a decimal says something


def sentence(decision: Decision) -> str:  # noqa: PLR0911 - the table of reasons, one return a row
    """The verdict without its first word: "Japanese fell 31 points (19 to 41), although the average …"."""
    total = decision.total
    if decision.reason == Reason.MUST_PASS:
        return _must_pass(decision)
    if total is None or decision.reason == Reason.MISSING_RESULTS:
        return _missing(decision)
    if decision.reason == Reason.OVERALL_FALL:
        return _overall(total, decision.demands)
    if decision.reason == Reason.CATEGORY_FALL:
        return _fallen(decision, total)
    if decision.reason == Reason.TOO_FEW_CASES:
        return _too_few(decision, total)
    limit = f"you allow {points(decision.demands.margin)}"
    if decision.outcome == Outcome.PASS:
        return f"The average {moved(-total.fall)}; {_at_worst(total.upper)}, and {limit}"
    return f"The average {moved(-total.fall)}, {_at_most(total.upper)}; {limit}. {further(decision)}"


def why(decision: Decision) -> str:
    """The evidence behind the sentence, in one line or two."""
    total = decision.total
    if total is None:
        return f"{_share(decision.missing, decision.cases)} have no result on both sides."
    fallen = fallen_groups(decision)
    if fallen and decision.reason in (Reason.CATEGORY_FALL, Reason.MUST_PASS):
        name, group = fallen[0]
        parts = [f"Of {group.n:,} {name} cases, {_flips(group)}.", _interval(group)]
    else:
        parts = [f"Of {total.n:,} cases, {_flips(total)}.", _interval(total)]
        if fallen:
            parts.append(f"Fallen as well: {', '.join(name for name, _ in fallen)}.")
    if decision.must_pass_failed:
        parts.append(f"Must pass and fail: {_listed(list(decision.must_pass_failed), 6)}.")
    if decision.missing:
        parts.append(f"{_share(decision.missing, decision.cases)} have no result on both sides.")
    if decision.small:
        sizes = (
            f"{group_words(key)} ({n} of {decision.demands.min_category})"
            for key, n in decision.small.items()
        )
        parts.append(f"Not tested: {_listed(list(sizes), 6)}.")
    return " ".join(parts)


def fallen_groups(decision: Decision) -> list[tuple[str, Group]]:
    """Categories and locales that fell, by the name people use, the largest fall first."""
    groups = [*decision.categories.items(), *((named(code), one) for code, one in decision.locales.items())]
    alpha = decision.demands.alpha
    fallen = [(name, one) for name, one in groups if one.p_holm is not None and one.p_holm <= alpha]
    return sorted(fallen, key=lambda group: -group[1].fall)


def further(decision: Decision) -> str:
    """How many cases more would decide an INCONCLUSIVE."""
    total, demands = decision.total, decision.demands
    if total is None:
        return ""
    more = plan.further_cases(total.n, total.fall, total.var, demands.margin)
    if more is None:
        return "More cases would not help: the fall measured is more than that"
    if not more:
        return "A few more cases would decide it"
    return f"About {more:,} more {'case' if more == 1 else 'cases'} would decide it"


def moved(rise: float) -> str:
    """A difference as a verb: "rose 2 points", "fell 31 points", "stayed the same"."""
    if points(rise) == "0":
        return "stayed the same"
    return f"{'rose' if rise > 0 else 'fell'} {points(rise)} {_unit(rise)}"


def points(share: float) -> str:
    """The size of a difference in points: whole, with a decimal below one."""
    size = abs(100 * share)
    text = f"{size:.1f}" if abs(share) < SMALL else f"{size:.0f}"
    return text.removesuffix(".0")


def named(name: str) -> str:
    """A locale's English name; anything else is a name already."""
    code = name.lower().replace("_", "-")
    for candidate in (code, code.split("-")[0]):
        language = LANG_INFO.get(candidate, {}).get("name")
        if language and (candidate == code or "-" in code):
            return str(language) if candidate == code else f"{language} ({name})"
    return name


def group_words(key: str) -> str:
    """The key of a group, "locale:ja", as people say it."""
    kind, _, name = key.partition(":")
    return named(name) if kind == "locale" else name


def _must_pass(decision: Decision) -> str:
    """What broke as a whole stands before the single cases."""
    keys = decision.must_pass_failed
    if decision.total is not None and fallen_groups(decision):
        fallen = _fallen(decision, decision.total)
        return f"{fallen}; {len(keys):,} must-pass {'case fails' if len(keys) == 1 else 'cases fail'}"
    if len(keys) == 1:
        return f"A must-pass case fails: {keys[0]}"
    return f"{len(keys):,} must-pass cases fail: {_listed(list(keys), NAMED + 1)}"


def _missing(decision: Decision) -> str:
    if decision.total is None:
        return "No case has a result on both sides"
    allowed = figures.percent(decision.demands.max_missing, 100)
    missing = f"{_share(decision.missing, decision.cases)} have no result on both sides"
    return f"{missing}; at most {allowed} may be missing"


def _overall(total: Group, demands: Demands) -> str:
    if total.upper < demands.margin:
        most = 100 * total.upper
        return f"The average fell {100 * total.fall:.1f} points, at most {most:.1f}: real but small"
    return f"The average fell {points(total.fall)} {_unit(total.fall)} ({_range(total)})"


def _fallen(decision: Decision, total: Group) -> str:
    groups = fallen_groups(decision)
    name, worst = groups[0]
    text = f"{_capital(name)} fell {points(worst.fall)} {_unit(worst.fall)} ({_range(worst)})"
    text += "".join(f" and {n} {points(g.fall)}" for n, g in groups[1:NAMED])
    if len(groups) > NAMED:
        text += f" ({len(groups) - NAMED} more fell)"
    if total.fall <= 0 or points(total.fall) == "0":
        average = moved(-total.fall).removesuffix(" points").removesuffix(" point")
        return f"{text}, although the average {average}"
    return f"{text}; the average fell {points(total.fall)}"


def _too_few(decision: Decision, total: Group) -> str:
    demands = decision.demands
    if total.n < demands.min_cases:
        return f"{total.n} cases say too little: the policy asks for {demands.min_cases}"
    few = f"{decision.clusters} independent groups of cases say too little"
    return f"{few}: the policy asks for {demands.min_clusters}"


def _at_worst(upper: float) -> str:
    if upper <= 0:
        return f"at worst it {moved(-upper)}"
    return f"at worst it fell {points(upper)}"


def _at_most(upper: float) -> str:
    return f"and may have fallen {points(upper)}"


def _flips(group: Group) -> str:
    worse, better = f"{group.regressed:,} got worse", f"{group.improved:,} better"
    return f"{worse} and {better}" if group.regressed or group.improved else "none flipped"


def _interval(group: Group) -> str:
    low, high = -group.high, -group.low
    return f"The true difference lies between {_signed(low)} and {_signed(high)} points (95 %)."


def _signed(share: float) -> str:
    text = points(share)
    return text if text == "0" else f"{'+' if share > 0 else '−'}{text}"


def _range(group: Group) -> str:
    low = points(group.low) if group.low >= 0 or points(group.low) == "0" else f"−{points(group.low)}"
    return f"{low} to {points(group.high)}"


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} cases"


def _unit(share: float) -> str:
    return "point" if points(share) == "1" else "points"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _listed(names: list[str], most: int) -> str:
    """Joined as in a sentence: "a, b and c", "a, b and 7 more"."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
