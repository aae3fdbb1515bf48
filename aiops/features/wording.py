"""A policy in words: what a caller sees when something may not or cannot be answered as usual. Pure."""

from datetime import timedelta

from aiops.features.policy import (
    CachedFallback,
    DeferredFallback,
    Fallback,
    PersonFallback,
    Policy,
    RulesFallback,
    SearchFallback,
    TextFallback,
)

NOTHING = "an error that says so, as the feature has no fallback"
_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def span(seconds: float) -> str:
    """`span(86_400)`: "1 day"; the largest unit that fits without a rest."""
    for size, word in _UNITS:
        if seconds >= size and timedelta(seconds=seconds).total_seconds() % size == 0:
            number = int(seconds // size)
            return f"{number:,} {word}{'' if number == 1 else 's'}"
    return f"{seconds:g} seconds"


def fallback(one: Fallback) -> str:
    match one:
        case CachedFallback():
            return f"the last good answer to the same question, up to {span(one.max_age_seconds)} old"
        case SearchFallback():
            passages = f"the {one.passages} best passages" if one.passages > 1 else "the best passage"
            return f"{passages} of the feature's documents"
        case RulesFallback():
            return f"what the rules {one.rule_set} say"
        case TextFallback():
            more = f" (in {_languages(len(one.by_locale))} too)" if one.by_locale else ""
            return f"the text “{_short(one.text)}”{more}"
        case DeferredFallback():
            return f"a ticket; a worker tries again for {span(one.for_seconds)}"
        case PersonFallback():
            return f"a ticket; a person answers within {span(one.within_seconds)}"


def instead(policy: Policy, *, stopped: bool = False) -> str:
    """What callers get instead of an answer, each way after the other. A stop never serves what is cached."""
    ways = [fallback(one) for one in policy.fallbacks if not (stopped and one.kind == "cached")]
    return ", else ".join(ways) if ways else NOTHING


def preview(policy: Policy) -> list[tuple[list[str], str]]:
    """(when, what a caller then sees), for each way that a call can end otherwise than answered.

    What looks the same to the caller stands together.
    """
    found: dict[str, list[str]] = {}
    for when, what in _ends(policy):
        found.setdefault(what, []).append(when)
    return [(whens, what) for what, whens in found.items()]


def _ends(policy: Policy) -> list[tuple[str, str]]:
    refusing = policy.breaker.when_over == "refuse"
    over = "an error that says when to try again" if refusing else instead(policy)
    found = [
        ("somebody stops the feature", instead(policy, stopped=True)),
        (f"no answer is there after {span(policy.deadline_seconds)}", instead(policy)),
        ("every model that may be tried fails", instead(policy)),
        ("a limit or a budget is reached", over),
        ("the same request fails again and again", over),
    ]
    if any(enforced for _, enforced in policy.guardrails.active):
        mend = ", after the model was told once" if policy.guardrails.repair else ""
        found.append((f"an answer does not pass its guardrails{mend}", instead(policy)))
    if policy.approval.hold != "none":
        which = "every good answer" if policy.approval.hold == "all" else _held(policy)
        found.append((f"{which} waits for a person", "a ticket, and the answer once it is approved"))
    if policy.approval.near is not None:
        near = f"a good answer comes within {policy.approval.near:.0%} of a guardrail's limit"
        found.append((near, "a ticket, and the answer once it is approved"))
    return found


def _held(policy: Policy) -> str:
    return f"a good answer about {', '.join(policy.approval.categories) or 'nothing'}"


def _languages(number: int) -> str:
    return "another language" if number == 1 else f"{number} other languages"


def _short(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
