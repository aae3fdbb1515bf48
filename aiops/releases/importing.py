"""Files that ask for `production`: each opens a review instead."""

from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse

from aiops.core.actors import Actor
from aiops.prompts.models import Version
from aiops.releases import actions, queries
from aiops.releases.models import ReviewRequest


def open_reviews(versions: Iterable[Version], *, by: Actor) -> list[str]:
    """Ask for a review of each, or lead its prompt's open one on to it. A sentence each, with the address."""
    return [_sentence(_request(version, by), version) for version in versions]


def _request(version: Version, by: Actor) -> ReviewRequest:
    if request := queries.open_request_of(version):
        return request
    rows = version.prompt.review_requests.filter(state__in=ReviewRequest.ACTIVE)
    if request := rows.filter(version__number__lt=version.number).order_by("-id").first():
        return actions.update_request(by=by, request=request, version=version)
    return actions.open_request(by=by, version=version, description="Asked for by the prompt's file.")


def _sentence(request: ReviewRequest, version: Version) -> str:
    live = queries.live_version(version.prompt)
    stays = f"production stays at v{live.number}" if live else "nothing is in production"
    address = settings.PUBLIC_URL.rstrip("/") + reverse("releases:request", args=[request.pk])
    return f"{version.prompt.name}: {stays}; v{version.number} waits for its review: {address}"
