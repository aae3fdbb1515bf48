"""Whether two answers say the same, as far as that can be told without a model. Doubt counts as no."""

from aiops.core.texts.normalise import normalised
from aiops.gateway.messages import Reply
from aiops.gateway.semantic.reading import facts_of

LONGEST = 4_000  # characters of an answer that are read
SHARED = 0.6  # of the words of meaning of both answers together


def equivalent(stored: Reply, fresh: Reply) -> bool:
    """The same object; or the same numbers, negations and names, and mostly the same words."""
    if stored.structured is not None and fresh.structured is not None:
        return bool(stored.structured == fresh.structured)
    if normalised(stored.text) == normalised(fresh.text):
        return True
    a, b = facts_of(stored.text[:LONGEST]), facts_of(fresh.text[:LONGEST])
    if sorted(a.numbers) != sorted(b.numbers) or a.negations != b.negations or a.close != b.close:
        return False
    if set(a.names) != set(b.names) or a.directions != b.directions:
        return False
    words, others = set(a.words), set(b.words)
    return len(words & others) >= SHARED * max(1, len(words | others))
