"""The answer of a second person."""

from django.db import transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.releases import queries
from aiops.releases.actions.requests import feature_of, locked
from aiops.releases.models import Approval, ReviewRequest


@transaction.atomic
def answer_request(*, by: User, request: ReviewRequest, answer: str, cycle: int, text: str = "") -> Approval:
    """Approve what is under review, or ask for changes (then `text` says which).

    `cycle` is the one that the person read: Conflict where another version has come in since. NotAllowed
    for whoever wrote or opened it, an administrator too.
    """
    request = locked(request)
    if why := queries.why_not_answer(request, by):
        raise NotAllowed(why)
    if cycle != request.cycle:
        raise Conflict(f"The review is about v{request.version.number} by now. Read that, then answer.")
    if answer == Approval.Answer.CHANGES and not text.strip():
        raise InvalidInput("Say what should change.")
    given = Approval.objects.create(
        request=request,
        cycle=request.cycle,
        version=request.version,
        sha256=request.version.sha256,
        answer=answer,
        text=text.strip(),
        by=by,
    )
    _set_state(request)
    audit.record(
        by=by,
        action="releases.approved" if answer == Approval.Answer.APPROVED else "releases.changes_asked",
        on=request,
        feature=feature_of(request),
        after={"version": request.version.number, "sha256": given.sha256, "cycle": request.cycle},
        reason=given.text,
    )
    return given


def _set_state(request: ReviewRequest) -> None:
    """Changes asked for by anybody outweigh approvals, until that person approves."""
    kinds = {given.answer for given in queries.answers(request)}
    asked = Approval.Answer.CHANGES in kinds
    request.state = ReviewRequest.State.CHANGES_REQUESTED if asked else ReviewRequest.State.APPROVED
    request.save(update_fields=["state"])
