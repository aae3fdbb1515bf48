"""What people of the demo said of the calls that were drawn for them: items, seats and grades."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiops.accounts.languages import language_of
from aiops.accounts.models import User
from aiops.demo import served
from aiops.demo.grading import OTHERWISE, TASTE, problem
from aiops.demo.judged_calls import Answered
from aiops.evaluations.models import Result
from aiops.providers.simulated.draws import fraction
from aiops.reviews.models import Grade, Guideline, ReviewItem, SamplingPolicy, Seat, Stratum
from aiops.reviews.sampling.chance import chance, doubled

REASONS = {"json_schema": "format", "language": "language", "token_f1": "incomplete", "checks": "wrong"}
Drawn = Mapping[str, tuple[Stratum, float]]  # by call its stratum and share
Problem = tuple[str, str]  # which scorer sees it, and in words


@dataclass
class Desk:
    """The reviewers of a feature, and what they said so far. Nothing is stored before `store`."""

    policy: SamplingPolicy
    people: list[User]
    problems: Mapping[tuple[int, str], Problem]
    now: datetime
    guideline: Guideline | None = None
    items: list[ReviewItem] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    grades: list[Grade] = field(default_factory=list)

    def put(self, call: Answered, stratum: Stratum, share: float, *, waits: bool = False) -> None:
        """An item of the call: it waits for somebody, or is graded by who reads its language."""
        item = self._item(call, stratum, share)
        able = [one for one in self.people if item.language in one.languages]
        if waits or not able:
            self.items.append(item)
            self.seats.append(Seat(item=item, feature=item.feature, language=item.language))
            return
        twice = len(able) > 1 and doubled(item.feature.slug, call.id, self.policy.double_share)
        self._grade(item, call, able if twice else [able[len(self.grades) % len(able)]])

    def store(self) -> None:
        """All of it, in one transaction."""
        ReviewItem.objects.bulk_create(self.items)
        for seat in self.seats:
            seat.item_id = seat.item.pk
        Seat.objects.bulk_create(self.seats)
        for grade in self.grades:
            grade.seat_id, grade.item_id = grade.seat.pk, grade.item.pk
        Grade.objects.bulk_create(self.grades)

    def _grade(self, item: ReviewItem, call: Answered, people: list[User]) -> None:
        said = [self._opinion(person, call) for person in people]
        at = min(self.now, call.at + timedelta(hours=3, minutes=len(self.grades) % 50))
        agreed = len({one is None for one in said}) == 1
        item.seats = len(people)
        item.state = ReviewItem.State.DONE if agreed else ReviewItem.State.ADJUDICATE
        item.done_at = at if agreed else None
        self.items.append(item)
        for number, (person, why) in enumerate(zip(people, said, strict=True), start=1):
            self.grades.append(_graded(_seat(item, person, number, at), why, self.guideline, at))
        self.seats += [grade.seat for grade in self.grades[-len(people) :]]
        if not agreed:
            third = {"role": Seat.Role.ADJUDICATE, "rank": Seat.Rank.ADJUDICATE}
            self.seats.append(Seat(item=item, feature=item.feature, language=item.language, **third))

    def _opinion(self, person: User, call: Answered) -> Problem | None:
        """What is wrong, None where nothing; now and then somebody sees it otherwise."""
        seen = self.problems.get(call.alike)
        if fraction("grade", person.email, call.id) < OTHERWISE:
            return None if seen else ("", TASTE)
        return seen

    def _item(self, call: Answered, stratum: Stratum, share: float) -> ReviewItem:
        slug = self.policy.feature.slug
        return ReviewItem(
            feature=self.policy.feature, source=ReviewItem.Source.CALL, source_id=call.id, source_at=call.at,
            tenant=call.tenant, locale=call.locale, language=language_of(call.locale), category=call.category,
            approach_name=call.version, version_id=call.version_id, version_number=call.number,
            model=call.model, arm=call.arm, stratum=stratum, probability=share,
            is_random=chance(slug, call.id) < self.policy.base_share, guideline=self.guideline,
            week=(call.at - timedelta(days=call.at.weekday())).date(), inputs=dict(call.inputs),
            output=call.output, passages=[], created_at=min(self.now, call.at + timedelta(hours=1)),
        )  # fmt: skip  # arguments by what they belong to


def problems(feature: str, model: str) -> dict[tuple[int, str], Problem]:
    """By version and inputs what a person would miss in the answer that the demo's runs got."""
    rows = Result.objects.filter(run__version__prompt__feature__slug=feature, run__model__name=model)
    found = {}
    for result in rows.select_related("run", "case").prefetch_related("scores").order_by("id"):
        if seen := problem(result):
            found[result.run.version_id or 0, served.asked_for(result.case.inputs)] = seen
    return found


def grade(desk: Desk, calls: Iterable[Answered], drawn: Drawn, waiting: int) -> None:
    """Items of the calls that were drawn; the newest `waiting` of them are still to be graded."""
    found = sorted((call for call in calls if call.id in drawn), key=lambda call: call.at)
    for place, call in enumerate(found):
        desk.put(call, *drawn[call.id], waits=place >= len(found) - waiting)
    desk.store()


def _seat(item: ReviewItem, person: User, number: int, at: datetime) -> Seat:
    return Seat(
        item=item, feature=item.feature, language=item.language, number=number, state=Seat.State.GRADED,
        reviewer=person, token=uuid.uuid4(), claimed_at=at - timedelta(seconds=23), graded_at=at,
    )  # fmt: skip  # arguments by what they belong to


def _graded(seat: Seat, why: Problem | None, guideline: Guideline | None, at: datetime) -> Grade:
    passed = why is None
    reasons = [REASONS[why[0]]] if why and why[0] else []
    return Grade(
        seat=seat, item=seat.item, reviewer=seat.reviewer, scale="pass_fail", raw=int(passed),
        value=float(passed), passed=passed, reasons=reasons, comment=why[1] if why else "",
        seconds=14 + 20 * fraction("seconds", seat.item.source_id), guideline=guideline, at=at,
    )  # fmt: skip  # arguments by what they belong to
