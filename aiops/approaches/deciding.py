"""From a stored version and inputs to an answer: the one face of rule sets and classifiers."""

import time
from collections.abc import Mapping

from aiops.approaches import rules
from aiops.approaches.face import Answer
from aiops.approaches.models import RuleSetVersion


def answer_by_rules(version: RuleSetVersion, inputs: Mapping[str, str]) -> Answer:
    """What the rules say. Raises InvalidInput as `rules.decide` does."""
    program = rules.program(version.source)
    begun = time.perf_counter()
    decision = rules.decide(program, inputs)
    latency = (time.perf_counter() - begun) * 1000
    if decision.rule is None:
        return Answer(decision.text, latency, "no rule fits: otherwise")
    name = f" ({decision.name})" if decision.name else ""
    return Answer(decision.text, latency, f"rule {decision.rule}{name}: {decision.because}")
