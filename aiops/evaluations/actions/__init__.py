"""What people, the shell and the demo may ask for."""

from aiops.evaluations.actions.grade_files import confirm_grades, import_grades, upload_grades
from aiops.evaluations.actions.grades import draw_sample, grade_result, withdraw_grade
from aiops.evaluations.actions.pairwise import cancel_pairwise, continue_pairwise, start_pairwise
from aiops.evaluations.actions.routers import train_router
from aiops.evaluations.actions.runs import Terms, cancel_run, continue_run, resolve_scorers, start_run
from aiops.evaluations.actions.trust import weigh_judge, weigh_judges
from aiops.evaluations.actions.verdicts import (
    accept_verdict,
    ask_verdict,
    compare_runs,
    judge_run,
    set_policy,
)

__all__ = [
    "Terms",
    "accept_verdict",
    "ask_verdict",
    "cancel_pairwise",
    "cancel_run",
    "compare_runs",
    "confirm_grades",
    "continue_pairwise",
    "continue_run",
    "draw_sample",
    "grade_result",
    "import_grades",
    "judge_run",
    "resolve_scorers",
    "set_policy",
    "start_pairwise",
    "start_run",
    "train_router",
    "upload_grades",
    "weigh_judge",
    "weigh_judges",
    "withdraw_grade",
]
