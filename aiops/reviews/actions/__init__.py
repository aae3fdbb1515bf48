"""What people may ask of calls that wait."""

from aiops.reviews.actions.tickets import answer_ticket, reject_ticket, send_again

__all__ = ["answer_ticket", "reject_ticket", "send_again"]
