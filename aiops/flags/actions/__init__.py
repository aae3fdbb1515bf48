"""What may be asked for: a flag changed now or later, a stop thrown or lifted, a request answered."""

from aiops.flags.actions.drills import end_drill, start_drill
from aiops.flags.actions.flags import change_flag
from aiops.flags.actions.requests import approve_request, decline_request, withdraw_request
from aiops.flags.actions.schedules import approve_schedule, cancel_schedule, carry_out, plan_change
from aiops.flags.actions.stops import lift, stop

__all__ = [
    "approve_request",
    "approve_schedule",
    "cancel_schedule",
    "carry_out",
    "change_flag",
    "decline_request",
    "end_drill",
    "lift",
    "plan_change",
    "start_drill",
    "stop",
    "withdraw_request",
]
