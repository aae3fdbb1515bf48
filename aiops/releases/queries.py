"""Questions about reviews and what is in production. Nothing here writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from aiops.accounts import queries as accounts
from aiops.accounts.models import User, Workspace
from aiops.accounts.permissions import Permission
from aiops.deployments import queries as deployments
from aiops.deployments.models import Deployment
from aiops.evaluations.models import Run, Verdict
from aiops.prompts.models import Prompt, Version
from aiops.prompts.queries import PRODUCTION
from aiops.releases.models import Approval, LineComment, Release, ReviewRequest, Revision

WHOLE_TRAFFIC = 100  # percent: until there are rollouts, a move to production is all of it
SHOWN = ("open", "mine", "closed")


def live_version(prompt: Prompt) -> Version | None:
    """What is in production now."""
    label = prompt.labels.select_related("version").filter(name=PRODUCTION).first()
    return label.version if label else None


def serving(prompt: Prompt) -> list[Deployment]:
    """The deployments that ask this prompt now, as stable or as candidate, by feature."""
    either = Q(stable__version__prompt=prompt) | Q(candidate__version__prompt=prompt)
    return list(deployments.deployments().filter(either).order_by("feature__slug"))


def verdict_of(version: Version, live: Version) -> Verdict | None:
    """What the gate said last of `version` against what is in production."""
    verdicts = Verdict.objects.filter(candidate__version=version, baseline__version=live)
    return verdicts.select_related("acceptance__by").order_by("-id").first()


def requests_listed(shown: str, user: User) -> "QuerySet[ReviewRequest]":
    """Requests that are open, `user`'s own, or closed, the newest first, with `said`: how many comments."""
    rows = ReviewRequest.objects.select_related("prompt__feature", "version", "opened_by")
    if shown == "mine":
        rows = rows.filter(Q(opened_by=user) | Q(version__author=user))
    elif shown == "closed":
        rows = rows.exclude(state__in=ReviewRequest.ACTIVE)
    else:
        rows = rows.filter(state__in=ReviewRequest.ACTIVE)
    return rows.defer("version__source").annotate(said=Count("comments")).order_by("-id")


def counts(user: User) -> dict[str, int]:
    """How many requests each list has."""
    active, mine = Q(state__in=ReviewRequest.ACTIVE), Q(opened_by=user) | Q(version__author=user)
    return ReviewRequest.objects.aggregate(
        open=Count("pk", filter=active), mine=Count("pk", filter=mine), closed=Count("pk", filter=~active)
    )


def waiting_for(user: User) -> "QuerySet[ReviewRequest]":
    """Open requests that `user` may approve and has not answered in this cycle."""
    if not user.may(Permission.PROMPTS_REVIEW):
        return ReviewRequest.objects.none()
    here = Q(request=OuterRef("pk"))
    own = Revision.objects.filter(here, Q(by=user) | Q(version__author=user))
    answered = Approval.objects.filter(here, cycle=OuterRef("cycle"), by=user)
    rows = ReviewRequest.objects.filter(state__in=ReviewRequest.ACTIVE).exclude(opened_by=user)
    return rows.filter(~Exists(own), ~Exists(answered)).select_related("prompt", "version", "opened_by")


def why_not_answer(request: ReviewRequest, user: User) -> str:
    """Why `user` cannot approve or ask for changes, '' where nothing is against it."""
    if not request.is_active:
        return f"This review is {request.get_state_display().lower()}."
    if not user.may(Permission.PROMPTS_REVIEW):
        return "Your roles do not let you approve prompt versions."
    own = request.revisions.filter(Q(by=user) | Q(version__author=user)).exists()
    if own or request.opened_by_id == user.pk:
        return "You wrote or opened this: somebody else approves it."
    return ""


def answers(request: ReviewRequest) -> list[Approval]:
    """Each person's last answer to the cycle that is under review."""
    given = request.approvals.filter(cycle=request.cycle, sha256=request.version.sha256).select_related("by")
    return list({answer.by_id: answer for answer in given}.values())


@dataclass(frozen=True)
class Grounds:
    """What a request has to show for itself."""

    request: ReviewRequest
    live: Version | None
    answers: list[Approval]
    workspace: Workspace

    @cached_property
    def verdict(self) -> Verdict | None:
        return verdict_of(self.request.version, self.live) if self.live else None

    @cached_property
    def finished_run(self) -> Run | None:
        """The newest evaluation of the version that finished."""
        runs = Run.objects.filter(version=self.request.version, state=Run.State.FINISHED)
        return runs.order_by("-id").first()

    @property
    def approval(self) -> Approval | None:
        """The last approval, unless somebody asks for changes still."""
        kinds = {answer.answer for answer in self.answers}
        if Approval.Answer.CHANGES in kinds or not self.answers:
            return None
        return self.answers[-1]

    @property
    def needs_approval(self) -> bool:
        return self.workspace.asks_for_two(share=WHOLE_TRAFFIC)

    @property
    def evidence(self) -> str:
        """What the release keeps of the evaluation."""
        if self.verdict:
            accepted = f" (accepted by {self.verdict.acceptance.by})" if self.verdict.accepted else ""
            return f"{self.verdict}{accepted}"
        return f"first in production, after {self.finished_run}" if self.finished_run else ""

    @cached_property
    def obstacles(self) -> list[str]:
        """Why it cannot be shipped, a sentence each."""
        return list(self._obstacles())

    def _obstacles(self) -> Iterator[str]:
        if not self.request.is_active:
            yield f"This review is {self.request.get_state_display().lower()}."
        if self.live and self.live.pk == self.request.version_id:
            yield f"v{self.live.number} is in production already."
            return
        if any(answer.answer == Approval.Answer.CHANGES for answer in self.answers):
            yield "Changes are asked for."
        elif self.needs_approval and self.approval is None:
            yield "Nobody has approved it yet."
        yield from self._missing_evidence()

    def _missing_evidence(self) -> Iterator[str]:
        if self.live is None:
            if not self.finished_run:
                yield "It was never evaluated. As a first version it needs one finished evaluation."
        elif self.verdict is None:
            yield f"There is no verdict against v{self.live.number}, which is in production."
        elif not self.verdict.lets_ship:
            yield f"The verdict is {self.verdict.outcome}, and nobody has accepted it."


def grounds(request: ReviewRequest) -> Grounds:
    return Grounds(request, live_version(request.prompt), answers(request), accounts.workspace())


@dataclass(frozen=True, slots=True)
class Said:
    """One entry of the conversation: a comment, an answer, or a version that came in."""

    at: datetime
    comment: LineComment | None = None
    answer: Approval | None = None
    revision: Revision | None = None


def conversation(request: ReviewRequest) -> list[Said]:
    """All that was said and done, the oldest first; the first version is no event."""
    comments = request.comments.select_related("by", "resolved_by", "version").defer("version__source")
    given = request.approvals.select_related("by", "version").defer("version__source")
    came = request.revisions.filter(cycle__gt=1).select_related("by", "version").defer("version__source")
    said = [
        *(Said(row.at, comment=row) for row in comments),
        *(Said(row.at, answer=row) for row in given),
        *(Said(row.at, revision=row) for row in came),
    ]
    return sorted(said, key=lambda entry: entry.at)


def releases_of(prompt: Prompt) -> "QuerySet[Release]":
    """Every move of production, the newest first."""
    rows = prompt.releases.select_related("version", "previous", "by", "approval__by", "request")
    return rows.defer("version__source", "previous__source").order_by("-id")


def live_before(prompt: Prompt) -> "QuerySet[Version]":
    """Versions that were in production and are not now, the last one first, each with `live_at`."""
    moves = Release.objects.filter(version=OuterRef("pk")).order_by("-id")
    last_left = Release.objects.filter(previous=OuterRef("pk")).order_by("-id")
    rows = prompt.versions.filter(Exists(moves)).exclude(labels__name=PRODUCTION)
    marked = rows.annotate(
        live_at=Subquery(moves.values("at")[:1]), left=Subquery(last_left.values("pk")[:1])
    )
    return marked.defer("source").order_by(F("left").desc(nulls_last=True), "-number")


def newer_versions(request: ReviewRequest) -> "QuerySet[Version]":
    """Versions after the one under review, the newest first."""
    rows = request.prompt.versions.filter(number__gt=request.version.number)
    return rows.defer("source").order_by("-number")


def open_request_of(version: Version) -> ReviewRequest | None:
    return version.review_requests.filter(state__in=ReviewRequest.ACTIVE).first()
