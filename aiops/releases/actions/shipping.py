"""The moves of `production`: nothing else moves it. What serves the prompt's features moves along."""

from django.db import transaction

from aiops.accounts import queries as accounts
from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, NotAllowed
from aiops.deployments import actions as deployments
from aiops.prompts import actions as prompts
from aiops.prompts.models import Prompt, Version
from aiops.releases import queries
from aiops.releases.actions.requests import feature_of, locked
from aiops.releases.models import Release, ReviewRequest


@transaction.atomic
def ship(*, by: User, request: ReviewRequest, expected: int | None = None, reason: str = "") -> Release:
    """Put the version under review into production, for all traffic.

    `expected` is the number that the person saw in production (0: none). NotAllowed with the obstacles.
    """
    request = locked(request)
    _lock(request.prompt)
    grounds = queries.grounds(request)
    if grounds.obstacles:
        raise NotAllowed(" ".join(grounds.obstacles))
    release = Release.objects.create(
        prompt=request.prompt,
        version=request.version,
        previous=grounds.live,
        kind=Release.Kind.SHIP,
        request=request,
        approval=grounds.approval,
        four_eyes=grounds.workspace.four_eyes,
        evidence=grounds.evidence,
        reason=reason.strip(),
        by=by,
    )
    prompts.put_in_production(
        by=by, version=request.version, expected=expected, reason=f"review {request.pk}"
    )
    deployments.follow_production(by=by, prompt=request.prompt)
    request.state, request.closed_at, request.closed_by = ReviewRequest.State.SHIPPED, clock.now(), by
    request.save(update_fields=["state", "closed_at", "closed_by"])
    audit.record(
        by=by,
        action="releases.shipped",
        on=release,
        label=str(release.version),
        feature=feature_of(request),
        before=_number(grounds.live),
        after={
            "version": request.version.number,
            "review": request.pk,
            "approved_by": grounds.approval.by.email if grounds.approval else None,
            "four_eyes": grounds.workspace.four_eyes,
            "evidence": grounds.evidence,
        },
        reason=release.reason,
    )
    return release


@transaction.atomic
def roll_back(*, by: User, version: Version, expected: int | None = None, reason: str = "") -> Release:
    """Put back a version that was in production before: at once, without an approval.

    NotAllowed for one that never was; Conflict where it is in production, or production has moved meanwhile.
    """
    _lock(version.prompt)
    live = queries.live_version(version.prompt)
    if live and live.pk == version.pk:
        raise Conflict(f"{version} is in production.")
    if not version.releases.exists():
        raise NotAllowed(f"{version} was never in production: it needs a review.")
    release = Release.objects.create(
        prompt=version.prompt,
        version=version,
        previous=live,
        kind=Release.Kind.ROLLBACK,
        four_eyes=accounts.workspace().four_eyes,
        reason=reason.strip(),
        by=by,
    )
    prompts.put_in_production(
        by=by, version=version, expected=expected, reason=reason.strip() or "rolled back"
    )
    deployments.follow_production(by=by, prompt=version.prompt)
    _record(by, release, "releases.rolled_back")
    return release


@transaction.atomic
def adopt(*, by: Actor, version: Version, reason: str) -> Release:
    """Begin a prompt's history with what serves already: for programs, where nothing is in production yet."""
    _lock(version.prompt)
    if isinstance(by, User):
        raise NotAllowed("A person puts a version into production by a review.")
    if queries.live_version(version.prompt):
        raise Conflict(f"{version.prompt} has a version in production: another one needs a review.")
    release = Release.objects.create(
        prompt=version.prompt,
        version=version,
        kind=Release.Kind.ADOPTED,
        four_eyes=accounts.workspace().four_eyes,
        reason=reason,
    )
    prompts.put_in_production(by=by, version=version, expected=0, reason=reason)
    deployments.follow_production(by=by, prompt=version.prompt)
    _record(by, release, "releases.adopted")
    return release


def _lock(prompt: Prompt) -> None:
    """One move of production at a time."""
    Prompt.objects.select_for_update().get(pk=prompt.pk)


def _record(by: Actor, release: Release, action: str) -> None:
    feature = release.prompt.feature
    audit.record(
        by=by,
        action=action,
        on=release,
        label=str(release.version),
        feature=feature.slug if feature else "",
        before=_number(release.previous),
        after={"version": release.version.number},
        reason=release.reason,
    )


def _number(version: Version | None) -> dict[str, int] | None:
    return {"version": version.number} if version else None
