"""Where a question is looked for: only among those that differ in nothing else. Pure.

What the exact key is made of, without the question itself: tenant (or shared), feature, approach and its
version, model, knowledge, policy, locale, category, parameters and schema, the other inputs, and all that was
said before.
"""

import hashlib

import orjson

from aiops.gateway.messages import Call
from aiops.gateway.semantic.reading import LONGEST


def partition_of(call: Call, parts: list[object]) -> tuple[bytes, str]:
    """32 bytes and the question; "" where there is none that could be asked in other words.

    `parts` is what the exact key has beside inputs and messages.
    """
    inputs, said, named, question = dict(call.inputs), list(call.messages), "", ""
    if said:
        last = said.pop()
        question = last.content if last.role == "user" and not last.tool_calls else ""
    elif inputs:
        wanted = call.feature.policy.retrieval.variable
        named = wanted if wanted in inputs else max(sorted(inputs), key=lambda name: len(inputs[name]))
        question = inputs.pop(named)
    if not question.strip() or len(question) > LONGEST:
        return b"", ""
    before = [[one.role, one.content, one.tool_calls, one.tool_call_id] for one in said]
    whole = [*parts, named, inputs, before]
    return hashlib.sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)).digest(), question
