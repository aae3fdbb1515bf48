"""Runs with their results; what the gate asks of a change and what it said."""

from aiops.evaluations.models.approaches import (
    AnyApproach,
    Approach,
    Asked,
    Kind,
    OnModel,
    described,
    with_approaches,
)
from aiops.evaluations.models.grades import MAX_REASON, GradeSample, GradeUpload, HumanGrade
from aiops.evaluations.models.pairwise import Pairwise, PairwiseResult
from aiops.evaluations.models.playground import PlaygroundCall, Trial
from aiops.evaluations.models.runs import MAX_REPEATS, Result, Run, Score, Shard
from aiops.evaluations.models.summaries import RunSummary
from aiops.evaluations.models.trust import JudgeTrust
from aiops.evaluations.models.verdicts import Acceptance, GatePolicy, Verdict

__all__ = [
    "MAX_REASON",
    "MAX_REPEATS",
    "Acceptance",
    "AnyApproach",
    "Approach",
    "Asked",
    "GatePolicy",
    "GradeSample",
    "GradeUpload",
    "HumanGrade",
    "JudgeTrust",
    "Kind",
    "OnModel",
    "Pairwise",
    "PairwiseResult",
    "PlaygroundCall",
    "Result",
    "Run",
    "RunSummary",
    "Score",
    "Shard",
    "Trial",
    "Verdict",
    "described",
    "with_approaches",
]
