"""Production moves when a version is approved and its verdict lets it, or back to what was there before."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from aiops.accounts.models import Workspace
from aiops.audit.models import AuditEvent
from aiops.core.actors import SystemActor
from aiops.core.errors import Conflict, NotAllowed
from aiops.deployments.models import Deployment
from aiops.evaluations.models import Acceptance, Verdict
from aiops.prompts.models import Label
from aiops.releases import actions, queries
from aiops.releases.models import Release
from tests.architecture.sources import sources
from tests.factories import (
    make_deployment,
    make_feature,
    make_label,
    make_price,
    make_prompt,
    make_review,
    make_run,
    make_served,
    make_user,
    make_version,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer():
    return make_user(roles=["engineer"])


@pytest.fixture
def review():
    """Of v2, while v1 is in production."""
    prompt = make_prompt()
    make_label(version=make_version(prompt=prompt))
    return make_review(version=make_version(prompt=prompt))


def judged(review, outcome="PASS", live=None):
    baseline = make_run(version=live or queries.live_version(review.prompt), state="finished")
    candidate = make_run(version=review.version, state="finished")
    return Verdict.objects.create(
        candidate=candidate,
        baseline=baseline,
        outcome=outcome,
        reason="x",
        sentence="As before.",
        decision={},
    )


def approve(review, by):
    return actions.answer_request(by=by, request=review, answer="approved", cycle=review.cycle)


def live(prompt):
    return Label.objects.get(prompt=prompt, name="production").version.number


def test_an_approved_version_that_passes_takes_production(review, reviewer):
    judged(review)
    approval = approve(review, reviewer)
    release = actions.ship(by=reviewer, request=review, expected=1)
    review.refresh_from_db()
    assert (live(review.prompt), review.state, review.closed_by) == (2, "shipped", reviewer)
    assert (release.approval, release.previous.number) == (approval, 1)
    event = AuditEvent.objects.first()
    assert (event.action, event.object_label, event.before) == (
        "releases.shipped", str(review.version), {"version": 1}
    )  # fmt: skip  # short names, packed: they would fill the page
    assert event.after == {
        "version": 2,
        "review": review.pk,
        "approved_by": reviewer.email,
        "four_eyes": "above",
        "evidence": "PASS: As before.",
    }


def test_without_an_approval_or_a_verdict_nothing_is_shipped(review, reviewer):
    with pytest.raises(NotAllowed, match=r"Nobody has approved it yet\. There is no verdict against v1"):
        actions.ship(by=reviewer, request=review)
    assert live(review.prompt) == 1


def test_four_eyes_hold_for_all_traffic_and_not_where_they_are_off(review, reviewer):
    judged(review)
    for policy in ("always", "above"):
        Workspace.objects.update_or_create(pk=1, defaults={"four_eyes": policy})
        with pytest.raises(NotAllowed, match="Nobody has approved it yet"):
            actions.ship(by=reviewer, request=review)
    Workspace.objects.update(four_eyes="off")
    release = actions.ship(by=reviewer, request=review)
    assert (release.approval, release.four_eyes, live(review.prompt)) == (None, "off", 2)
    assert AuditEvent.objects.first().after["four_eyes"] == "off"


def test_changes_asked_for_stop_it_even_without_four_eyes(review, reviewer):
    judged(review)
    Workspace.objects.create(four_eyes="off")
    actions.answer_request(by=reviewer, request=review, answer="changes", cycle=1, text="No.")
    with pytest.raises(NotAllowed, match="Changes are asked for"):
        actions.ship(by=reviewer, request=review)


@pytest.mark.parametrize("outcome", ["BLOCK", "INCONCLUSIVE"])
def test_a_verdict_that_is_no_pass_needs_somebody_who_accepts_it(review, reviewer, outcome):
    verdict = judged(review, outcome)
    approve(review, reviewer)
    with pytest.raises(NotAllowed, match=f"The verdict is {outcome}, and nobody has accepted it"):
        actions.ship(by=reviewer, request=review)
    Acceptance.objects.create(verdict=verdict, by=reviewer, reason="Few Japanese cases yet.")
    release = actions.ship(by=reviewer, request=review)
    assert release.evidence == f"{outcome}: As before. (accepted by {reviewer})"


def test_the_last_verdict_against_what_is_live_counts(review, reviewer):
    judged(review)
    judged(review, "BLOCK")
    judged(review, live=make_version(prompt=review.prompt))
    approve(review, reviewer)
    with pytest.raises(NotAllowed, match="The verdict is BLOCK"):
        actions.ship(by=reviewer, request=review)


def test_an_approval_dies_with_the_version_that_it_was_for(review, reviewer, user):
    approve(review, reviewer)
    third = make_version(prompt=review.prompt)
    review = actions.update_request(by=user, request=review, version=third)
    judged(review)
    with pytest.raises(NotAllowed, match="Nobody has approved it yet"):
        actions.ship(by=reviewer, request=review)


def test_a_first_version_needs_a_finished_evaluation(reviewer):
    review = make_review()
    approve(review, reviewer)
    with pytest.raises(NotAllowed, match="needs one finished evaluation"):
        actions.ship(by=reviewer, request=review)
    run = make_run(version=review.version, state="finished")
    release = actions.ship(by=reviewer, request=review, expected=0)
    assert (release.previous, release.evidence) == (None, f"first in production, after {run}")


def test_production_that_moved_meanwhile_is_a_conflict_and_changes_nothing(review, reviewer):
    judged(review)
    approve(review, reviewer)
    with pytest.raises(Conflict, match="the label 'production' is on v1 by now"):
        actions.ship(by=reviewer, request=review, expected=7)
    assert (live(review.prompt), Release.objects.count()) == (1, 1)


def test_what_is_live_already_or_has_ended_is_not_shipped(review, reviewer):
    judged(review)
    approve(review, reviewer)
    actions.ship(by=reviewer, request=review)
    with pytest.raises(Conflict, match="This review is shipped"):
        actions.ship(by=reviewer, request=review)
    again = make_review(version=review.version)
    assert queries.grounds(again).obstacles == ["v2 is in production already."]
    review.refresh_from_db()
    assert queries.grounds(review).obstacles[0] == "This review is shipped."


def test_rolling_back_is_at_once_and_can_be_undone(review, reviewer):
    judged(review)
    approve(review, reviewer)
    actions.ship(by=reviewer, request=review)
    first = review.prompt.versions.get(number=1)
    release = actions.roll_back(by=reviewer, version=first, expected=2, reason="Complaints.")
    assert (live(review.prompt), release.kind, release.previous.number) == (1, "rollback", 2)
    event = AuditEvent.objects.first()
    assert (event.action, event.reason, event.after) == (
        "releases.rolled_back",
        "Complaints.",
        {"version": 1},
    )
    actions.roll_back(by=reviewer, version=review.version, expected=1)
    assert live(review.prompt) == 2
    assert [row.number for row in queries.live_before(review.prompt)] == [1]


def test_only_what_was_live_is_rolled_back_to(review, reviewer):
    with pytest.raises(NotAllowed, match="was never in production: it needs a review"):
        actions.roll_back(by=reviewer, version=review.version)
    with pytest.raises(Conflict, match="is in production"):
        actions.roll_back(by=reviewer, version=review.prompt.versions.get(number=1))
    with pytest.raises(DatabaseError, match="only what was live before"), transaction.atomic():
        Release.objects.create(prompt=review.prompt, version=review.version, kind="rollback")


def test_programs_begin_a_history_and_people_do_not(reviewer):
    version = make_version()
    with pytest.raises(NotAllowed, match="A person puts a version into production by a review"):
        actions.adopt(by=reviewer, version=version, reason="")
    actions.adopt(by=SystemActor("demo"), version=version, reason="what serves")
    assert live(version.prompt) == 1
    with pytest.raises(Conflict, match="another one needs a review"):
        actions.adopt(by=SystemActor("demo"), version=make_version(prompt=version.prompt), reason="")


def test_the_database_moves_production_by_a_release_only(review):
    with pytest.raises(DatabaseError, match="production moves by a release only"), transaction.atomic():
        Label.objects.filter(prompt=review.prompt).update(version=review.version)
    version = make_version()
    with pytest.raises(DatabaseError, match="production moves by a release only"), transaction.atomic():
        Label.objects.create(prompt=version.prompt, name="production", version=version)


def test_the_database_ships_nothing_without_the_approval_of_that_version(review, reviewer):
    ship = {"prompt": review.prompt, "version": review.version, "kind": "ship", "request": review}
    with pytest.raises(IntegrityError, match="releases_ship_is_approved"), transaction.atomic():
        Release.objects.create(**ship, four_eyes="above")
    other = make_review()
    approval = approve(other, reviewer)
    with pytest.raises(DatabaseError, match="of another version, request or cycle"), transaction.atomic():
        Release.objects.create(**ship, approval=approval)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Release.objects.update(reason="rewritten")


def test_nothing_but_releases_moves_production():
    callers = [source.path for source in sources() if ".put_in_production(" in source.text]
    assert callers == ["releases/actions/shipping.py"]


@pytest.fixture
def served(review):
    """The feature is served by v1, which is in production."""
    stable = make_served(version=queries.live_version(review.prompt))
    return make_deployment(feature=review.prompt.feature, stable=stable)


def stable(served):
    served.refresh_from_db()
    return served.stable.version.number


def test_shipping_and_rolling_back_move_what_serves_the_feature(review, served, reviewer):
    first, model = queries.live_version(review.prompt), served.stable.model
    judged(review)
    approve(review, reviewer)
    actions.ship(by=reviewer, request=review)
    assert (stable(served), served.stable.model) == (2, model)
    assert [str(one.stable.version) for one in queries.serving(review.prompt)] == [str(review.version)]
    actions.roll_back(by=reviewer, version=first)
    assert (stable(served), served.changed_by) == (1, reviewer)
    moved = AuditEvent.objects.filter(action="deployments.deployed")
    assert [event.reason for event in moved] == [
        f"{first} is in production",
        f"{review.version} is in production",
    ]


def test_a_release_that_cannot_be_deployed_does_not_happen(review, served, reviewer, monkeypatch):
    def fails(**_given):
        raise Conflict("no")

    judged(review)
    approve(review, reviewer)
    monkeypatch.setattr("aiops.releases.actions.shipping.deployments.follow_production", fails)
    with pytest.raises(Conflict):
        actions.ship(by=reviewer, request=review)
    assert (live(review.prompt), stable(served), Release.objects.filter(kind="ship").count()) == (1, 1, 0)


def test_what_is_taken_over_gets_the_features_first_deployment():
    prompt = make_prompt(feature=make_feature())
    version = make_version(prompt=prompt, model=make_price().model.name)
    actions.adopt(by=SystemActor("demo"), version=version, reason="as it was")
    assert Deployment.objects.get(feature=version.prompt.feature).stable.version == version
