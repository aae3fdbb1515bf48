import pytest
from django.urls import reverse

from aiops.dashboards import search
from tests.dashboards.test_home import make_built_feature
from tests.factories import make_dataset, make_feature, make_prompt, make_tenant, make_user

pytestmark = pytest.mark.django_db
SEARCH = "/search/"


def found(text, *roles):
    return [
        (hit.kind, hit.label) for hit in search.find(text, make_user(roles=roles or ["administrator"]), 5)
    ]


def test_search_finds_each_kind_by_a_part_of_its_name():
    make_feature(slug="ticket-triage", name="Triage")
    make_prompt(name="triage-short")
    make_dataset(name="triage-golden")
    make_tenant(slug="triage-inc", name="Triage Inc.")
    assert found("TRIAGE") == [
        ("Feature", "ticket-triage"),
        ("Prompt", "triage-short"),
        ("Dataset", "triage-golden"),
        ("Tenant", "triage-inc"),
    ]


def test_names_that_are_or_begin_like_the_text_come_first():
    for name in ("a-reply", "reply-long", "reply"):
        make_prompt(name=name)
    assert [label for _, label in found("reply")] == ["reply", "reply-long", "a-reply"]


@pytest.mark.parametrize("text", ["{}", "run {}", "Run #{}", "#{}"])
def test_a_run_is_found_by_its_number(text):
    _, run = make_built_feature()
    assert ("Run", f"Run {run.pk}") in found(text.format(run.pk))


def test_search_shows_only_what_one_may_see():
    make_prompt(name="secret-prompt")
    assert found("secret", "finance") == []


@pytest.mark.parametrize("text", ["", "   ", "\0", "9" * 30, "%", "nothing-like-it"])
def test_search_for_nothing_finds_nothing(text, as_role):
    response = as_role("engineer").get(SEARCH, {"q": text})
    assert (response.status_code, response.context["hits"]) == (200, [])


def test_htmx_gets_suggestions(as_role):
    make_feature(slug="support-summary")
    part = as_role("viewer").get(SEARCH, {"q": "supp"}, headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith(f'<a href="{reverse("features:feature", args=["support-summary"])}">')


def test_a_tenant_is_shown_in_its_list():
    make_tenant(slug="acme")
    (hit,) = search.find("acme", make_user(roles=["finance"]), 5)
    assert hit.url == reverse("tenants:list") + "?q=acme"


def test_search_asks_once_for_each_kind(as_role, django_assert_max_num_queries):
    client = as_role("administrator")
    with django_assert_max_num_queries(12):
        client.get(SEARCH, {"q": "reply"})
