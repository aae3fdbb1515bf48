"""What is drawn for people to look at, who looks at it, and what they say.

A policy and guidelines belong to a feature; the sampler makes review items of calls; an item has seats, a
seat at most one grade.
"""

from aiops.reviews.models.agreement import AgreementReport
from aiops.reviews.models.claims import TicketClaim
from aiops.reviews.models.grades import Escalation, Grade, GradeEdit, Reason, Skip
from aiops.reviews.models.items import CalibrationRound, ReviewItem, Seat
from aiops.reviews.models.judged import JudgedCall, JudgeWatch
from aiops.reviews.models.sampling import (
    TAIL,
    Guideline,
    SamplingBatch,
    SamplingPolicy,
    Scale,
    Stratum,
)

__all__ = [
    "TAIL",
    "AgreementReport",
    "CalibrationRound",
    "Escalation",
    "Grade",
    "GradeEdit",
    "Guideline",
    "JudgeWatch",
    "JudgedCall",
    "Reason",
    "ReviewItem",
    "SamplingBatch",
    "SamplingPolicy",
    "Scale",
    "Seat",
    "Skip",
    "Stratum",
    "TicketClaim",
]
