from decimal import Decimal

import pytest

from aiops.accounts.models import Workspace
from aiops.core.actors import SystemActor
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.deployments import actions
from aiops.deployments.choices import Choice, check
from aiops.deployments.models import Deployment
from tests import factories

pytestmark = pytest.mark.django_db
SHELL = SystemActor("shell")  # whom nobody has to agree with


@pytest.fixture
def feature():
    return factories.make_feature()


@pytest.fixture
def model():
    return factories.make_price().model


def version_of(feature, *, live=False, prompt=None, **values):
    prompt = prompt or factories.make_prompt(feature=feature)
    version = factories.make_version(prompt=prompt, **values)
    if live:
        factories.make_label(version=version)
    return version


def test_a_version_in_production_is_deployed(user, feature, model):
    version = version_of(feature, live=True)
    choice = Choice("prompt", version=version, model=model)
    made = actions.deploy_stable(by=user, feature=feature, choice=choice)
    assert (str(made.stable), made.changed_by) == (f"{version} on {model}", user)


def test_a_version_that_was_not_shipped_is_not_deployed_as_stable(user, feature, model):
    choice = Choice("prompt", version=version_of(feature), model=model)
    with pytest.raises(NotAllowed, match="Ship it first"):
        actions.deploy_stable(by=user, feature=feature, choice=choice)


def test_the_same_again_is_no_new_deployment(user, feature, model):
    choice = Choice("passthrough", model=model)
    first = actions.deploy_stable(by=SHELL, feature=feature, choice=choice)
    assert actions.deploy_stable(by=user, feature=feature, choice=choice).stable == first.stable


def test_an_unshipped_candidate_stays_small(user, model):
    feature = factories.make_deployment().feature
    choice = Choice("prompt", version=version_of(feature), model=model)
    made = actions.start_candidate(by=user, feature=feature, choice=choice, share=Decimal(10))
    assert (made.share, made.candidate.version) == (10, choice.version)
    with pytest.raises(NotAllowed, match="nobody reviewed"):
        actions.set_share(by=user, feature=feature, share=Decimal("10.5"))
    with pytest.raises(NotAllowed, match="nobody reviewed"):
        actions.start_candidate(by=user, feature=feature, choice=choice, share=Decimal(50))
    assert actions.set_share(by=user, feature=feature, share=Decimal(3)).share == 3


@pytest.mark.parametrize("share", [Decimal(-1), Decimal(101), Decimal("0.001")])
def test_a_share_is_a_percentage(user, feature, model, share):
    deployment = factories.make_deployment(candidate=factories.make_served(), share=Decimal(5))
    with pytest.raises(InvalidInput, match="from 0 to 100"):
        actions.set_share(by=user, feature=deployment.feature, share=share)


def test_the_same_share_changes_nothing(user):
    deployment = factories.make_deployment(candidate=factories.make_served(), share=Decimal(5))
    made = actions.set_share(by=user, feature=deployment.feature, share=Decimal(5))
    assert made.changed_at == deployment.changed_at


def test_a_candidate_that_becomes_stable_is_no_candidate(model):
    feature = factories.make_deployment().feature
    choice = Choice("passthrough", model=model)
    actions.start_candidate(by=SHELL, feature=feature, choice=choice, share=Decimal(5))
    made = actions.deploy_stable(by=SHELL, feature=feature, choice=choice)
    assert (made.candidate, made.share) == (None, 0)


def test_a_candidate_is_stopped_once(user):
    feature = factories.make_deployment(candidate=factories.make_served(), share=Decimal(5)).feature
    made = actions.stop_candidate(by=user, feature=feature)
    assert (made.candidate, made.share) == (None, 0)
    with pytest.raises(Conflict, match="has no candidate"):
        actions.stop_candidate(by=user, feature=feature)
    with pytest.raises(Conflict, match="has no candidate"):
        actions.set_share(by=user, feature=feature, share=Decimal(5))


def test_a_candidate_needs_something_stable(user, feature, model):
    with pytest.raises(Conflict, match="Nothing serves"):
        actions.start_candidate(
            by=user, feature=feature, choice=Choice("passthrough", model=model), share=Decimal(5)
        )


def test_shipping_moves_the_deployment(user, feature, model):
    first = version_of(feature, live=True)
    actions.deploy_stable(by=user, feature=feature, choice=Choice("prompt", version=first, model=model))
    second = version_of(feature, prompt=first.prompt)
    first.labels.all().delete()
    factories.make_label(version=second)
    (moved,) = actions.follow_production(by=user, prompt=first.prompt)
    assert (moved.stable.version, moved.stable.model) == (second, model)
    assert actions.follow_production(by=user, prompt=first.prompt) == []


def test_the_first_shipping_deploys_on_the_suggested_model(user, feature, model):
    version = version_of(feature, live=True, model=model.name)
    (made,) = actions.follow_production(by=user, prompt=version.prompt)
    assert (made.feature, str(made.stable)) == (feature, f"{version} on {model}")


def test_without_a_suggestion_nothing_is_deployed(user, feature):
    version = version_of(feature, live=True)
    assert actions.follow_production(by=user, prompt=version.prompt) == []
    assert actions.follow_production(by=user, prompt=factories.make_prompt()) == []
    assert Deployment.objects.count() == 0


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "magic"}, "no kind"),
        ({"kind": "prompt"}, "Choose a prompt version and a model"),
        ({"kind": "search", "model": factories.make_model}, "does not take a model"),
        ({"kind": "passthrough", "model": factories.make_model}, "has no price"),
        ({"kind": "rules", "rule_set_version": factories.make_rules}, "another feature"),
    ],
)
def test_what_cannot_be_deployed_is_refused(feature, values, words):
    choice = Choice(**{name: value() if callable(value) else value for name, value in values.items()})
    with pytest.raises(InvalidInput, match=words):
        check(choice, feature)


def test_a_retired_model_is_refused(feature, model):
    model.retired_at = model.created_at
    with pytest.raises(InvalidInput, match="is retired"):
        check(Choice("passthrough", model=model), feature)


def test_an_embedding_passes_through():
    with pytest.raises(InvalidInput, match="kind embedding"):
        check(Choice("search"), factories.make_feature(kind="embedding"))


# The page


@pytest.fixture
def off(db):
    """A workspace in which nobody needs a second person."""
    Workspace.objects.create(four_eyes=Workspace.FourEyes.OFF)


@pytest.fixture
def engineer(as_role):
    return as_role("engineer")


def url(feature, rest=""):
    return f"/features/{feature.slug}/deployment/{rest}"


def said(client, feature):
    return client.get(url(feature)).content.decode()


def test_the_page_says_what_serves(engineer, feature):
    assert "Nothing serves it yet" in said(engineer, feature)
    deployment = factories.make_deployment(candidate=factories.make_served(), share=Decimal("2.50"))
    text = said(engineer, deployment.feature)
    assert f"{deployment.candidate} is tried on 2.50 % of the callers." in text


def test_an_approach_is_deployed_on_the_page(engineer, feature, model, off):
    rules = factories.make_rules(rule_set=factories.make_rule_set(feature=feature))
    engineer.post(url(feature, "deploy/"), {"approach": f"rules:{rules.pk}", "arm": "stable"})
    engineer.post(
        url(feature, "deploy/"),
        {"approach": "passthrough:", "model": model.name, "arm": "candidate", "share": "5"},
    )
    made = Deployment.objects.get()
    assert (made.stable.rule_set_version, made.candidate.model, made.share) == (rules, model, 5)
    engineer.post(url(feature, "share/"), {"share": "7.5"})
    assert Deployment.objects.get().share == Decimal("7.5")
    engineer.post(url(feature, "stop/"))
    assert Deployment.objects.get().candidate is None


def test_classifiers_and_prompts_are_offered_to_their_own_feature(engineer, feature, off):
    trained = factories.make_trained(classifier=factories.make_classifier(feature=feature))
    other = factories.make_trained()
    version = version_of(feature, live=True)
    text = said(engineer, feature)
    assert (f"classifier:{trained.pk}" in text, f"classifier:{other.pk}" in text) == (True, False)
    assert f"{version} (in production)" in text
    engineer.post(url(feature, "deploy/"), {"approach": f"classifier:{trained.pk}", "arm": "stable"})
    assert Deployment.objects.get().stable.classifier_version == trained


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"approach": "passthrough:", "arm": "stable"}, "Choose a model."),
        ({"approach": "search:", "arm": "candidate"}, "Say how many percent"),
        ({"approach": "magic:", "arm": "stable"}, "Select a valid choice"),
    ],
)
def test_a_form_that_lacks_something_says_so(engineer, feature, sent, words):
    answer = engineer.post(url(feature, "deploy/"), sent)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)


@pytest.mark.parametrize("rest", ["share/", "stop/"])
def test_without_a_candidate_the_buttons_say_so(engineer, feature, rest):
    factories.make_deployment(feature=feature)
    engineer.post(url(feature, rest), {"share": "5"})
    assert "has no candidate" in said(engineer, feature)
    engineer.post(url(feature, "share/"), {"share": "x"})
    assert "Enter a number" in said(engineer, feature)


def test_an_embedding_offers_models_alone(engineer):
    feature = factories.make_feature(kind="embedding")
    assert "search:" not in said(engineer, feature)


def test_a_viewer_deploys_nothing(as_role, feature):
    viewer = as_role("viewer")
    assert "Your roles do not let you deploy." in said(viewer, feature)
    assert viewer.post(url(feature, "deploy/")).status_code == 403
