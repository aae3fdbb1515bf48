"""Runs with their results; what the gate asks of a change and what it said."""

from aiops.evaluations.models.runs import MAX_REPEATS, Result, Run, Score, Shard

__all__ = ["MAX_REPEATS", "Result", "Run", "Score", "Shard"]
