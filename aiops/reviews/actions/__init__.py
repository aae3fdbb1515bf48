"""What people may ask of outputs to be graded, and of calls that wait."""

from aiops.reviews.actions.cases import grade_as_case, undo_with_case
from aiops.reviews.actions.desks import clear_desk
from aiops.reviews.actions.escalating import escalate_item
from aiops.reviews.actions.grading import (
    change_grade,
    hand_over,
    skip_item,
    submit_grade,
    undo_grade,
)
from aiops.reviews.actions.guidelines import write_guideline
from aiops.reviews.actions.pairs import start_pairs
from aiops.reviews.actions.probes import add_probe
from aiops.reviews.actions.queue import assign_items, requeue_item, set_reviewers, withdraw_item
from aiops.reviews.actions.rounds import close_round, start_round
from aiops.reviews.actions.sampling import change_sampling
from aiops.reviews.actions.sending import send_calls, send_run
from aiops.reviews.actions.ticket_cases import ticket_as_case
from aiops.reviews.actions.tickets import (
    answer_ticket,
    hand_over_ticket,
    reject_ticket,
    send_again,
)

__all__ = [
    "add_probe",
    "answer_ticket",
    "assign_items",
    "change_grade",
    "change_sampling",
    "clear_desk",
    "close_round",
    "escalate_item",
    "grade_as_case",
    "hand_over",
    "hand_over_ticket",
    "reject_ticket",
    "requeue_item",
    "send_again",
    "send_calls",
    "send_run",
    "set_reviewers",
    "skip_item",
    "start_pairs",
    "start_round",
    "submit_grade",
    "ticket_as_case",
    "undo_grade",
    "undo_with_case",
    "withdraw_item",
    "write_guideline",
]
