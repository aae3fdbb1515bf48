"""The reviews of the demo: asked for, talked about, answered and shipped by the people of the manifest."""

from django.db import transaction

from aiops.accounts.models import User
from aiops.demo import content
from aiops.prompts.models import Version
from aiops.releases import actions as releases
from aiops.releases.models import ReviewRequest
from aiops.releases.queries import live_version
from aiops.releases.texts import lines_of


@transaction.atomic
def review(run: content.Run) -> None:
    """The review that a run brings with it, whole or not at all; nothing where it is there already."""
    if run.review is None or known_review(run) is not None:
        return
    wanted, opener = run.review, _person(run.by)
    version = Version.objects.select_related("prompt").get(prompt__name=run.feature, number=run.version)
    request = releases.open_request(
        by=opener, version=version, title=wanted.title, description=wanted.description
    )
    for comment in wanted.comments:
        _say(request, version, comment, opener)
    for answer in wanted.answers:
        releases.answer_request(
            by=_person(answer.by),
            request=request,
            answer=answer.answer,
            cycle=request.cycle,
            text=answer.text,
        )
    if wanted.shipped:
        live = live_version(version.prompt)
        releases.ship(by=opener, request=request, expected=live.number if live else 0, reason=wanted.shipped)


def known_review(run: content.Run) -> ReviewRequest | None:
    """The review that the manifest means, if it has been asked for."""
    of_version = ReviewRequest.objects.filter(
        prompt__name=run.feature, version__number=run.version, opened_by__email=run.by
    )
    return of_version.order_by("id").first()


def _say(request: ReviewRequest, version: Version, wanted: content.Comment, opener: User) -> None:
    part, line = _place(version, wanted.line) if wanted.line else (None, None)
    said = releases.comment(by=_person(wanted.by), request=request, text=wanted.text, part=part, line=line)
    if wanted.settled:
        releases.resolve_comment(by=opener, comment=said)


def _place(version: Version, text: str) -> tuple[int, int]:
    """The message, from 1, and its line that holds `text`."""
    return next(
        (part, line)
        for part in range(1, len(version.messages) + 1)
        for line, words in enumerate(lines_of(version, part), start=1)
        if text in words
    )


def _person(email: str) -> User:
    return User.objects.get(email=email)
