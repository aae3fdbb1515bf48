"""What people, the shell and the demo may ask for."""

from aiops.evaluations.actions.runs import cancel_run, continue_run, resolve_scorers, start_run

__all__ = ["cancel_run", "continue_run", "resolve_scorers", "start_run"]
