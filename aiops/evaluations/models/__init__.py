"""Runs with their results; what the gate asks of a change and what it said."""

from aiops.evaluations.models.runs import MAX_REPEATS, Result, Run, Score, Shard
from aiops.evaluations.models.verdicts import Acceptance, GatePolicy, Verdict

__all__ = ["MAX_REPEATS", "Acceptance", "GatePolicy", "Result", "Run", "Score", "Shard", "Verdict"]
