"""What people, the shell and the demo may ask for."""

from aiops.evaluations.actions.runs import cancel_run, continue_run, resolve_scorers, start_run
from aiops.evaluations.actions.verdicts import (
    accept_verdict,
    ask_verdict,
    compare_runs,
    judge_run,
    set_policy,
)

__all__ = [
    "accept_verdict",
    "ask_verdict",
    "cancel_run",
    "compare_runs",
    "continue_run",
    "judge_run",
    "resolve_scorers",
    "set_policy",
    "start_run",
]
