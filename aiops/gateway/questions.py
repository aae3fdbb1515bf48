"""What a call asks, and whether what was found answers it."""

from collections.abc import Sequence

from aiops.gateway.messages import Call, Passage


def question_of(call: Call) -> str:
    """What to search for: the stated variable, the longest input, or the last thing that the caller said."""
    named = call.feature.policy.retrieval.variable
    if named and named in call.inputs:
        return call.inputs[named]
    if call.inputs:
        return max(call.inputs.values(), key=len)
    return call.messages[-1].content if call.messages else ""


def answering(call: Call, found: Sequence[Passage]) -> tuple[Passage, ...]:
    """All of `found`, or none: where no passage covers as much of the question as the feature wants."""
    best = max((passage.score for passage in found), default=0.0)
    return tuple(found) if found and best >= call.feature.policy.retrieval.least_score else ()
