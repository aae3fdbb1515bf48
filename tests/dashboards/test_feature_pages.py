"""The tabs of a feature: its pipeline with live figures, its prompts, evaluations and calls."""

import pytest
from django.urls import reverse

from aiops.dashboards.pipeline import pipeline
from aiops.features.models import Feature
from aiops.features.tabs import tabs
from aiops.gateway import queries
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def feature():
    made = factories.make_feature(slug="summary")
    factories.make_deployment(feature=made)
    return made


def shown(feature, user):
    return {stage.name: (stage.figure, stage.note) for stage in pipeline(feature, user).stages}


def figure(feature, user, name):
    return shown(feature, user)[name][0].replace("\N{NO-BREAK SPACE}", " ")


def test_each_stage_has_the_share_of_calls_that_it_decided(user, feature):
    factories.make_model(name="tiny", tier="small")
    factories.make_rollup(model="tiny", calls=500)
    factories.make_rollup(model="huge", calls=300)
    factories.make_rollup(model="", cache="hit-exact", outcome="cached", calls=100)
    factories.make_rollup(model="", outcome="degraded", reason="budget", cache="off", calls=50)
    factories.make_rollup(model="", outcome="degraded", reason="guardrail", calls=40)
    factories.make_rollup(model="", outcome="refused", reason="kill_switch", cache="off", calls=10)
    factories.make_rollup(feature="other", calls=999)
    found = {name: figure(feature, user, name) for name in ("Kill switch", "Cache", "Limits", "Router")}
    assert found == {"Kill switch": "1.0 %", "Cache": "10.6 %", "Limits": "5.0 %", "Router": "62.5 %"}
    found = {name: figure(feature, user, name) for name in ("Guardrails", "Fallback", "Model")}
    assert found == {"Guardrails": "4.0 %", "Fallback": "9.0 %", "Model": "0.0 %"}


def test_stages_say_what_is_off_and_what_is_not_there(user):
    feature = factories.make_feature()
    guardrails = {"json_schema": "off"}
    factories.make_policy(feature=feature, settings={"cache": {"on": False}, "guardrails": guardrails})
    found = shown(feature, user)
    assert found["Cache"] == ("Off", "every question is asked")
    assert found["Guardrails"] == ("Off", "nothing is checked")
    assert found["Model"] == ("None", "nothing is deployed")
    assert found["Fallback"] == ("–", "an error: there is none")


def test_stages_say_what_the_policy_and_the_deployment_add(user, feature):
    settings = {
        "retrieval": {"on": True, "passages": 3},
        "router": {"kind": "rules", "rules": []},
        "fallbacks": [{"kind": "text", "text": "Later."}, {"kind": "person"}],
        "guardrails": {"json_schema": "observe"},
    }
    factories.make_policy(feature=feature, settings=settings)
    found = shown(feature, user)
    assert found["Retrieval"] == ("On", "3 passages")
    assert (found["Fallback"][1], found["Router"][1]) == ("by text, person", "to a small model, by rules")
    assert found["Guardrails"][1] == "failed, 1 only observed"
    assert found["Model"][1] == f"failed. {feature.deployment.stable}"


def test_a_stop_stands_at_the_head(user, feature):
    factories.make_stop(scope="feature", target="summary")
    assert shown(feature, user)["Kill switch"] == ("Stopped", "off for everyone")


def test_an_unreadable_policy_breaks_no_page(as_role, feature):
    factories.make_policy(feature=feature, settings={"nonsense": 1})
    assert as_role("engineer").get(reverse("features:feature", args=["summary"])).status_code == 200


def test_settings_are_a_click_away_for_those_who_see_them(as_role, feature):
    def links(role):
        user = as_role(role).user
        return {stage.name: stage.url for stage in pipeline(feature, user).stages}

    assert links("engineer")["Cache"] == "/features/summary/policy/#cache"
    assert links("engineer")["Model"] == "/features/summary/deployment/"
    assert (links("reviewer")["Model"], links("reviewer")["Kill switch"]) == ("", "")


SETTINGS = ("Policy", "Router", "Guardrails", "Cache")


@pytest.mark.parametrize(
    ("role", "titles"),
    [
        ("reviewer", ["Overview", *SETTINGS, "History"]),
        (
            "viewer",
            [
                *("Overview", "Prompt", "Evaluations", "Quality", "Drift"),
                *(*SETTINGS, "Deployment", "Knowledge", "History"),
            ],
        ),
        ("finance", ["Overview", *SETTINGS, "Calls", "History"]),
    ],
)
def test_tabs_are_those_that_a_role_may_open(as_role, feature, role, titles):
    kept = [title for title, _, _, _ in tabs(feature, "overview", as_role(role).user)]
    assert kept == titles


def test_try_it_is_offered_to_those_who_may(as_role, feature):
    url = reverse("trying:page", args=["summary"])
    assert url in as_role("product").get(reverse("features:feature", args=["summary"])).content.decode()
    assert url not in as_role("viewer").get(reverse("features:feature", args=["summary"])).content.decode()


def test_the_prompt_tab_shows_the_versions_of_what_serves(as_role, feature):
    prompt = factories.make_prompt(name="helper", feature=feature)
    serving = feature.deployment.stable.version
    factories.make_version(prompt=prompt)
    page = as_role("viewer").get(reverse("feature:prompts", args=["summary"]))
    assert (page.context["prompt"], list(page.context["page"])) == (serving.prompt, [serving])
    assert [one.name for one in page.context["prompts"]] == ["helper"]


def test_without_a_prompt_the_tab_says_so(as_role):
    factories.make_feature(slug="empty")
    page = as_role("viewer").get(reverse("feature:prompts", args=["empty"]))
    assert ("Nothing serves it yet." in page.content.decode(), page.context["prompt"]) == (True, None)


def test_the_calls_tab_shows_this_features_calls_alone(as_role, feature):
    mine = factories.make_call(feature="summary", inputs={"ticket": "<b>lamp</b>"})
    factories.make_call(feature="other")
    page = as_role("engineer").get(reverse("feature:calls", args=["summary"]))
    assert [call.id for call, _, _ in page.context["rows"]] == [mine.id]
    assert "&lt;b&gt;lamp" in page.content.decode()
    assert "lamp" not in as_role("finance").get(reverse("feature:calls", args=["summary"])).content.decode()


def test_calls_that_take_too_long_to_find_say_so(as_role, feature, monkeypatch):
    def too_much(*_args, **_kwargs):
        raise queries.TooMuch

    monkeypatch.setattr("aiops.gateway.queries.page", too_much)
    text = as_role("engineer").get(reverse("feature:calls", args=["summary"])).content.decode()
    assert "The search takes too long" in text


def test_the_evaluations_tab_shows_this_features_runs(as_role):
    run, _ = factories.make_run(), factories.make_run()
    page = as_role("viewer").get(reverse("feature:evaluations", args=[run.feature.slug]))
    assert list(page.context["page"]) == [run]


QUERIES = {"features:feature": 18, "feature:prompts": 10, "feature:evaluations": 7, "feature:calls": 10}


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("rows", [1, 3])
def test_tabs_ask_as_many_questions_for_three_rows_as_for_one(as_role, rows, name, django_assert_num_queries):
    feature = Feature.objects.create(slug="summary", name="Summary")
    factories.make_deployment(feature=feature)
    for number in range(rows):
        factories.make_call(feature="summary")
        factories.make_rollup(feature="summary", model=f"m{number}")
        factories.make_run(feature=feature)
        factories.make_label(version=factories.make_version(prompt=factories.make_prompt(feature=feature)))
    client, url = as_role("engineer"), reverse(name, args=["summary"])
    client.get(url)
    with django_assert_num_queries(QUERIES[name]):
        client.get(url)
