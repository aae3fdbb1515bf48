"""Four eyes on what serves: who waits, who decides, what is put in force."""

from decimal import Decimal

import pytest

from aiops.accounts.models import Workspace
from aiops.audit.models import AuditEvent
from aiops.core.actors import SystemActor
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.deployments import actions
from aiops.deployments.choices import Choice
from aiops.deployments.models import Deployment, DeploymentRequest
from tests import factories

pytestmark = pytest.mark.django_db
SEARCH = Choice("search")


@pytest.fixture
def second():
    return factories.make_user(roles=["product"])


@pytest.fixture
def feature():
    return factories.make_deployment().feature


def ask(by, feature, choice=SEARCH, share=None):
    return actions.ask_or_deploy(by=by, feature=feature, choice=choice, share=share, reason="It is cheaper.")


def test_an_approach_that_nobody_reviewed_waits_and_serves_once_approved(user, second, feature):
    before = str(Deployment.objects.get().stable)
    request = ask(user, feature)
    assert (request.share, request.before, str(Deployment.objects.get().stable)) == (
        100,
        {"stable": before},
        before,
    )
    done = actions.approve_request(by=second, request=request)
    assert (done.state, str(Deployment.objects.get().stable)) == ("approved", "search")
    assert list(AuditEvent.objects.order_by("id").values_list("action", flat=True)) == [
        "deployments.change_asked",
        "deployments.request_approved",
        "deployments.deployed",
    ]


def test_the_first_approach_of_a_feature_waits_too(user, second):
    feature = factories.make_feature()
    request = ask(user, feature)
    assert (request.before, Deployment.objects.exists()) == ({}, False)
    actions.approve_request(by=second, request=request)
    assert str(Deployment.objects.get(feature=feature).stable) == "search"


def test_a_small_share_needs_nobody_and_a_larger_one_waits(user, second, feature):
    assert ask(user, feature, share=Decimal(10)) is None
    request = actions.ask_or_set_share(by=user, feature=feature, share=Decimal(30))
    assert (request.arm, request.share, Deployment.objects.get().share) == ("candidate", 30, 10)
    actions.approve_request(by=second, request=request)
    assert Deployment.objects.get().share == 30
    assert actions.ask_or_set_share(by=user, feature=feature, share=Decimal(2)) is None
    assert actions.ask_or_set_share(by=user, feature=feature, share=Decimal(30)) is None  # as approved
    assert Deployment.objects.get().share == 30
    assert actions.ask_or_set_share(by=user, feature=feature, share=Decimal(31)).share == 31


def test_what_was_approved_for_everybody_comes_back_at_once(user, second, feature):
    actions.approve_request(by=second, request=ask(user, feature))
    other = Choice("passthrough", model=factories.make_price().model)
    actions.deploy_stable(by=SystemActor("shell"), feature=feature, choice=other)
    assert ask(user, feature) is None
    assert str(Deployment.objects.get().stable) == "search"


def test_what_was_approved_for_one_feature_is_not_for_another(user, second, feature):
    actions.approve_request(by=second, request=ask(user, feature))
    assert ask(user, factories.make_deployment().feature) is not None


def test_a_shipped_version_serves_at_once_on_its_model_and_waits_on_another(user):
    model, other = factories.make_price().model, factories.make_price().model
    version = factories.make_version(
        prompt=factories.make_prompt(feature=factories.make_feature()), model=model.name
    )
    factories.make_label(version=version)
    feature = version.prompt.feature
    assert ask(user, feature, Choice("prompt", version=version, model=model)) is None
    assert ask(user, feature, Choice("prompt", version=version, model=other)).served.model == other


def test_who_acts_alone_is_told_to_ask(user, feature):
    with pytest.raises(NotAllowed, match="takes a second person"):
        actions.deploy_stable(by=user, feature=feature, choice=SEARCH)
    with pytest.raises(NotAllowed, match="takes a second person"):
        actions.start_candidate(by=user, feature=feature, choice=SEARCH, share=Decimal(50))
    actions.start_candidate(by=user, feature=feature, choice=SEARCH, share=Decimal(5))
    with pytest.raises(NotAllowed, match="takes a second person"):
        actions.set_share(by=user, feature=feature, share=Decimal(50))


def test_a_workspace_that_wants_no_second_person_asks_for_none(user, feature):
    Workspace.objects.create(four_eyes=Workspace.FourEyes.OFF)
    assert ask(user, feature) is None


def test_nobody_approves_their_own_and_only_they_withdraw(user, second, feature):
    request = ask(user, feature)
    with pytest.raises(NotAllowed, match="somebody else"):
        actions.approve_request(by=user, request=request)
    with pytest.raises(NotAllowed, match="Only"):
        actions.withdraw_request(by=second, request=request)
    assert actions.withdraw_request(by=user, request=request).state == "withdrawn"
    with pytest.raises(Conflict, match="is withdrawn already"):
        actions.decline_request(by=second, request=request)


def test_one_request_of_a_feature_waits_at_a_time(user, feature):
    ask(user, feature)
    with pytest.raises(Conflict, match="waits already"):
        ask(user, feature)


def test_a_request_that_the_world_has_overtaken_is_not_put_in_force(user, second, feature):
    request = ask(user, feature)
    other = Choice("passthrough", model=factories.make_price().model)
    actions.deploy_stable(by=SystemActor("shell"), feature=feature, choice=other)
    with pytest.raises(Conflict, match="has changed since"):
        actions.approve_request(by=second, request=request)
    assert DeploymentRequest.objects.get().state == "waiting"


def test_a_candidate_needs_something_stable_and_a_share_that_is_one(user, feature):
    with pytest.raises(Conflict, match="Nothing serves"):
        ask(user, factories.make_feature(), share=Decimal(50))
    with pytest.raises(InvalidInput, match="from 0 to 100"):
        ask(user, feature, share=Decimal(101))
    with pytest.raises(Conflict, match="has no candidate"):
        actions.ask_or_set_share(by=user, feature=feature, share=Decimal(50))


# The page


def url(feature, rest=""):
    return f"/features/{feature.slug}/deployment/{rest}"


def test_the_page_asks_and_a_product_manager_decides(as_role, feature):
    engineer, product = as_role("engineer"), as_role("product")
    answer = engineer.post(url(feature, "deploy/"), {"approach": "search:", "arm": "stable"}, follow=True)
    assert "Waits for a second person: search. Nothing has changed yet." in answer.content.decode()
    assert "somebody else has to approve it" in engineer.get(url(feature)).content.decode()
    request = DeploymentRequest.objects.get()
    text = product.post(
        url(feature, f"requests/{request.pk}/answer/"), {"answer": "approve"}, follow=True
    ).content.decode()
    assert ("Approved: search serves from now on." in text, "Asked for" in text) == (True, False)


@pytest.mark.parametrize(("given", "state"), [("decline", "declined"), ("withdraw", "waiting")])
def test_others_decline_and_do_not_withdraw(as_role, given, state):
    request = factories.make_deployment_request()
    client = as_role("product")
    client.post(url(request.feature, f"requests/{request.pk}/answer/"), {"answer": given, "reason": "No."})
    request.refresh_from_db()
    assert request.state == state


def test_a_viewer_sees_what_waits_and_decides_nothing(as_role):
    request = factories.make_deployment_request(reason="It is cheaper.")
    client = as_role("viewer")
    text = client.get(url(request.feature)).content.decode()
    assert ("It is cheaper." in text, "Your roles do not let you decide." in text) == (True, True)
    assert client.post(url(request.feature, f"requests/{request.pk}/answer/")).status_code == 403


def test_the_page_asks_the_same_questions_whether_something_waits_or_not(
    as_role, feature, django_assert_num_queries
):
    client, waiting = as_role("viewer"), factories.make_deployment_request()
    client.get(url(feature))
    for one in (feature, waiting.feature):
        with django_assert_num_queries(10):
            client.get(url(one))
