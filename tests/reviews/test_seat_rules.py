"""Whatever people do, in any order: k holds, a seat has one person, an old token writes nothing."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from aiops.core import clock
from aiops.core.errors import AiopsError, Conflict
from aiops.reviews import actions, claiming
from aiops.reviews.models import Grade, ReviewItem, Seat
from tests.factories import make_feature, make_review_item, make_user

people = st.integers(0, 3)
items = st.integers(0, 2)


class Desk(RuleBasedStateMachine):
    """Four reviewers and a lead at three items of one to three seats."""

    @initialize(seats=st.tuples(*[st.integers(1, 3)] * 3))
    def begin(self, seats):
        self.feature = make_feature()
        self.people = [make_user(roles=["reviewer"], languages=["en"]) for _ in range(4)]
        self.lead = make_user(roles=["administrator"])
        self.items = [make_review_item(feature=self.feature, seats=k) for k in seats]
        self.pages = {}  # by person the seat that their page shows
        self.lost = []  # pages whose seat somebody else got

    @rule(person=people)
    def claim(self, person):
        seat = claiming.claim_next(self.people[person], feature_id=self.feature.pk)
        if seat is None:
            return
        for other, page in list(self.pages.items()):
            if page.pk == seat.pk and other != person:
                self.lost.append((other, self.pages.pop(other)))
        self.pages[person] = seat

    @rule(person=people, raw=st.integers(0, 1))
    def submit(self, person, raw):
        self._act(person, lambda held: actions.submit_grade(**held, raw=raw))

    @rule(person=people)
    def skip(self, person):
        self._act(person, lambda held: actions.skip_item(**held, why="other"))

    @rule(person=people, to=people)
    def hand_over(self, person, to):
        self._act(person, lambda held: actions.hand_over(**held, to=self.people[to]), gone=False)

    @rule(person=people)
    def leave(self, person):
        self._act(person, lambda held: claiming.give_back(held["seat"].pk, held["token"]))

    @rule()
    def time_goes_by(self):
        Seat.objects.filter(feature=self.feature, state="claimed").update(
            lease_until=clock.now() - timedelta(1)
        )

    @rule(person=people)
    def undo(self, person):
        grade = Grade.objects.filter(reviewer=self.people[person]).first()
        if grade is None or person in self.pages:
            return
        try:
            self.pages[person] = actions.undo_grade(by=self.people[person], grade=grade)
        except Conflict:
            assert grade.item.places.filter(role="adjudicate").exclude(state="free").exists()

    @rule(item=items)
    def requeue(self, item):
        try:
            actions.requeue_item(by=self.lead, item=self.items[item], reason="It hung.")
        except Conflict:
            return
        for person, page in list(self.pages.items()):
            if page.item_id == self.items[item].pk:
                self.lost.append((person, self.pages.pop(person)))

    @rule(raw=st.integers(0, 1))
    def submit_from_a_page_that_lost_its_seat(self, raw):
        for person, page in self.lost:
            before = Grade.objects.count()
            with pytest.raises(Conflict):
                actions.submit_grade(by=self.people[person], seat=page, token=page.token, raw=raw)
            assert Grade.objects.count() == before
        self.lost.clear()

    def _act(self, person, act, *, gone=True):
        page = self.pages.get(person)
        if page is None:
            return
        try:
            act({"by": self.people[person], "seat": page, "token": page.token})
        except AiopsError:
            assert not gone, "what a page holds can be graded, skipped or left"
            return
        del self.pages[person]

    @invariant()
    def nothing_is_held_or_graded_beyond_k(self):
        for item in ReviewItem.objects.filter(feature=self.feature):
            taken = list(item.places.exclude(state="free"))
            assert len([seat for seat in taken if seat.role == "grade"]) <= item.seats
            assert len({seat.reviewer_id for seat in taken}) == len(taken)

    @invariant()
    def what_is_graded_has_its_grade_and_what_is_open_its_seats(self):
        for item in ReviewItem.objects.filter(feature=self.feature):
            graded = set(item.places.filter(state="graded").values_list("pk", flat=True))
            assert graded == set(item.grades.values_list("seat", flat=True))
            assert item.places.filter(role="grade").count() == item.seats
            assert (item.state == "done") == (len(graded) == item.places.count())


@pytest.mark.django_db
def test_the_rules_hold_in_any_order():
    few = settings(
        max_examples=4, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Desk, settings=few)
