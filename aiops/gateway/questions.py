"""What a call asks."""

from aiops.gateway.messages import Call


def question_of(call: Call) -> str:
    """What to search for: the stated variable, the longest input, or the last thing that the caller said."""
    named = call.feature.policy.retrieval.variable
    if named and named in call.inputs:
        return call.inputs[named]
    if call.inputs:
        return max(call.inputs.values(), key=len)
    return call.messages[-1].content if call.messages else ""
