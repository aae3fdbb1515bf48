"""A number in 0..1 for each call, from its id alone: the same in every worker, and for ever."""

import mmh3


def chance(feature: str, call_id: str) -> float:
    """A call is drawn where this is below its share: one number for all strata, so that shares nest."""
    return _number(f"review:{feature}:{call_id}")


def doubled(feature: str, source_id: str, share: float) -> bool:
    """Whether two people grade it; apart from whether it was drawn."""
    return _number(f"review twice:{feature}:{source_id}") < share


def _number(text: str) -> float:
    return mmh3.hash64(text, signed=False)[0] / 2**64
