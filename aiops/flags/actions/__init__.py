"""What may be asked for: a flag changed, something stopped, a stop lifted, a request answered."""

from aiops.flags.actions.flags import change_flag
from aiops.flags.actions.requests import approve_request, decline_request, withdraw_request
from aiops.flags.actions.stops import lift, stop

__all__ = ["approve_request", "change_flag", "decline_request", "lift", "stop", "withdraw_request"]
