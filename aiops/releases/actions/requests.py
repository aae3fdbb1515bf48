"""A request for review: opened, talked about, led on to another version, closed."""

from django.db import IntegrityError, transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput
from aiops.prompts.models import Version
from aiops.releases import queries
from aiops.releases.models import LineComment, ReviewRequest, Revision
from aiops.releases.texts import lines_of

MAX_TEXT = 10_000


@transaction.atomic
def open_request(*, by: Actor, version: Version, title: str = "", description: str = "") -> ReviewRequest:
    """Ask for a review of `version`. Conflict where it has one that is open, or is in production already."""
    live = queries.live_version(version.prompt)
    if live and live.pk == version.pk:
        raise Conflict(f"{version} is in production already.")
    try:
        with transaction.atomic():
            request = ReviewRequest.objects.create(
                prompt=version.prompt,
                version=version,
                title=(title.strip() or _title(version))[:200],
                description=_checked(description),
                opened_by=_person(by),
            )
    except IntegrityError:
        raise Conflict(f"{version} has an open review already.") from None
    Revision.objects.create(request=request, cycle=1, version=version, by=_person(by))
    audit.record(
        by=by,
        action="releases.review_opened",
        on=request,
        feature=feature_of(request),
        after={"version": version.number, "sha256": version.sha256, "title": request.title},
    )
    return request


@transaction.atomic
def update_request(*, by: Actor, request: ReviewRequest, version: Version) -> ReviewRequest:
    """Let the request be about `version` from now on: another cycle, which nobody has approved."""
    request = locked(request)
    before = request.version
    if version.prompt_id != request.prompt_id:
        raise InvalidInput(f"{version} is no version of {request.prompt}.")
    if version.pk == before.pk:
        return request
    request.version, request.cycle, request.state = version, request.cycle + 1, ReviewRequest.State.OPEN
    try:
        with transaction.atomic():
            request.save(update_fields=["version", "cycle", "state"])
    except IntegrityError:
        raise Conflict(f"{version} has an open review of its own.") from None
    Revision.objects.create(request=request, cycle=request.cycle, version=version, by=_person(by))
    audit.record(
        by=by,
        action="releases.review_updated",
        on=request,
        feature=feature_of(request),
        before={"version": before.number, "cycle": request.cycle - 1},
        after={"version": version.number, "cycle": request.cycle, "sha256": version.sha256},
    )
    return request


@transaction.atomic
def close_request(*, by: User, request: ReviewRequest, reason: str = "") -> ReviewRequest:
    """End the review without shipping."""
    request = locked(request)
    before = request.state
    request.state, request.closed_at, request.closed_by = ReviewRequest.State.CLOSED, clock.now(), by
    request.save(update_fields=["state", "closed_at", "closed_by"])
    audit.record(
        by=by,
        action="releases.review_closed",
        on=request,
        feature=feature_of(request),
        before={"state": before},
        after={"state": request.state},
        reason=reason.strip(),
    )
    return request


@transaction.atomic
def comment(
    *, by: User, request: ReviewRequest, text: str, part: int | None = None, line: int | None = None
) -> LineComment:
    """Say something about the request, or about one line (from 1) of a part of the version under review."""
    text = _checked(text)
    if not text:
        raise InvalidInput("Write what you have to say.")
    said = LineComment.objects.create(
        request=request,
        cycle=request.cycle,
        version=request.version,
        part=part if line else None,
        line=line if part is not None else None,
        quote=_quote(request.version, part, line),
        text=text,
        by=by,
    )
    audit.record(
        by=by,
        action="releases.commented",
        on=request,
        feature=feature_of(request),
        after={"comment": said.pk, "part": said.part, "line": said.line, "text": text},
    )
    return said


@transaction.atomic
def resolve_comment(*, by: User, comment: LineComment) -> LineComment:
    """Mark what was said as dealt with."""
    comment = LineComment.objects.select_for_update().get(pk=comment.pk)
    if comment.resolved_at:
        return comment
    comment.resolved_at, comment.resolved_by = clock.now(), by
    comment.save(update_fields=["resolved_at", "resolved_by"])
    audit.record(
        by=by,
        action="releases.comment_resolved",
        on=comment.request,
        feature=feature_of(comment.request),
        after={"comment": comment.pk},
    )
    return comment


def locked(request: ReviewRequest) -> ReviewRequest:
    """The request as it is now, for this transaction alone. Conflict where it has ended."""
    rows = ReviewRequest.objects.select_related("version", "prompt__feature")
    request = rows.select_for_update(of=("self",)).get(pk=request.pk)
    if not request.is_active:
        raise Conflict(f"This review is {request.get_state_display().lower()}.")
    return request


def feature_of(request: ReviewRequest) -> str:
    return request.prompt.feature.slug if request.prompt.feature else ""


def _title(version: Version) -> str:
    first = next(iter(version.note.strip().splitlines()), "")
    return first or f"{version} to production"


def _checked(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise InvalidInput(f"That is {len(text):,} characters; at most {MAX_TEXT:,} fit.")
    return text.replace("\r\n", "\n").strip()


def _quote(version: Version, part: int | None, line: int | None) -> str:
    if part is None or line is None:
        return ""
    lines = lines_of(version, part)
    if not 0 < line <= len(lines):
        raise InvalidInput(f"{version} has no line {line} there.")
    return lines[line - 1]


def _person(by: Actor) -> User | None:
    return by if isinstance(by, User) else None
