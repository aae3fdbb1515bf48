"""What may be asked for: a review, what is said and answered in it, shipping, rolling back."""

from aiops.releases.actions.answers import answer_request
from aiops.releases.actions.requests import (
    close_request,
    comment,
    open_request,
    resolve_comment,
    update_request,
)
from aiops.releases.actions.shipping import adopt, roll_back, ship

__all__ = [
    "adopt",
    "answer_request",
    "close_request",
    "comment",
    "open_request",
    "resolve_comment",
    "roll_back",
    "ship",
    "update_request",
]
