import pytest
from django.conf import settings
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from aiops.dashboards import errors, rail
from aiops.dashboards.rail import Place
from tests.factories import make_feature, make_user

pytestmark = pytest.mark.django_db


def labels(*roles):
    return [item.label for section in rail.sections(make_user(roles=roles)) for item in section.items]


def test_the_rail_offers_what_the_role_may_see():
    assert labels("finance") == ["Home", "Alerts", "Features", "Calls", "Spend", "Admin"]
    assert labels("auditor") == [
        "Home", "Alerts", "Features", "Prompts", "Approaches", "Datasets", "Evaluations", "Reviews",
        "Flags & kill switches", "Calls", "Quality", "Drift", "Health", "Spend", "Audit", "Admin",
    ]  # fmt: skip  # short names, packed: they would fill the page
    assert labels() == []


def test_a_page_that_is_not_there_is_not_offered(monkeypatch):
    monkeypatch.setattr(rail, "PLACES", (("", (Place("health", "Health", "monitoring:health"),)),))
    assert labels("administrator") == []


def test_the_current_page_is_marked_in_the_rail(as_role):
    page = as_role("engineer").get(reverse("dashboards:home")).content.decode()
    assert page.count('aria-current="page"><svg') == 1
    assert f'<a href="{reverse("dashboards:home")}" title="Home" aria-current="page">' in page


def test_a_page_has_landmarks_a_skip_link_and_the_token_for_htmx(as_role):
    page = as_role("engineer").get(reverse("dashboards:home")).content.decode()
    for part in ('<a class="button skip" href="#page">', '<main class="page', 'role="search"', "x-csrftoken"):
        assert part in page


def test_strangers_see_a_page_without_rail_or_search():
    page = Client().get("/nothing-here/").content.decode()
    assert "There is nothing here" in page
    assert 'id="rail"' not in page


@pytest.mark.parametrize(
    ("came_from", "feature", "leads_to"),
    [
        ("prompts:list", "triage", "/prompts/?feature=triage"),
        ("prompts:list", "", "/prompts/"),
        ("dashboards:home", "triage", "/?feature=triage"),
        ("dashboards:search", "triage", "/features/triage/"),
        ("dashboards:search", "unknown", "/features/"),
    ],
)
def test_the_switcher_narrows_a_list_or_leads_to_the_feature(came_from, feature, leads_to, as_role):
    make_feature(slug="triage")
    asked = {"from": reverse(came_from), "feature": feature}
    response = as_role("engineer").get(reverse("dashboards:switch"), asked)
    assert (response.status_code, response["Location"]) == (302, leads_to)


@pytest.mark.parametrize("path", ["https://elsewhere.example/", "//elsewhere.example", "\0", ""])
def test_the_switcher_never_leads_elsewhere(path, as_role):
    response = as_role("engineer").get(reverse("dashboards:switch"), {"from": path})
    assert response["Location"] == "/features/"


def test_the_switcher_leads_home_who_may_see_no_features(as_role):
    assert as_role().get(reverse("dashboards:switch"))["Location"] == "/"


def test_admin_lists_what_one_may_open(as_role):
    everything = as_role("administrator").get(reverse("dashboards:admin")).content.decode()
    assert "Models and prices" in everything
    assert "People" in everything
    assert (
        reverse("accounts:people") not in as_role("finance").get(reverse("dashboards:admin")).content.decode()
    )
    assert (
        "Nothing here is open to you" in as_role("viewer").get(reverse("dashboards:admin")).content.decode()
    )


def test_the_policy_and_its_companions_are_on_every_answer(as_role):
    response = as_role("engineer").get(reverse("dashboards:home"))
    policy = response["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]


def test_not_found_says_what_is_missing(as_role):
    response = as_role("engineer").get("/features/nothing-like-it/")
    assert response.status_code == 404
    assert "nothing-like-it" in response.content.decode()


def test_not_found_without_words_lists_no_patterns(as_role):
    page = as_role("engineer").get("/no/such/page/").content.decode()
    assert "There is nothing here" in page
    assert "tried" not in page


@pytest.mark.parametrize(
    "exception", [Exception(), Exception({"tried": []}), Exception("No Feature matches the query.")]
)
def test_not_found_hides_what_was_written_for_programs(exception):
    assert errors._words(exception) == ""


def test_a_bad_request_does_not_repeat_what_was_sent():
    response = errors.bad_request(RequestFactory().get("/"), Exception("<script>"))
    assert response.status_code == 400
    assert b"<script>" not in response.content.replace(b"<script src", b"")


def test_a_server_error_needs_no_database(django_db_blocker):
    with django_db_blocker.block():
        response = errors.server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "The console failed, not you" in response.content.decode()


def test_too_many_requests_says_to_wait():
    response = errors.too_many_requests(RequestFactory().get("/"), "Five tries failed.")
    assert response.status_code == 429
    assert "Five tries failed." in response.content.decode()


@pytest.mark.parametrize("debug", [True, False])
def test_a_form_without_its_token_is_explained(debug, as_role):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(roles=["auditor"]))
    with override_settings(DEBUG=debug):
        response = client.post(reverse("dashboards:audit-verify"))
    assert response.status_code == 403
    assert "This form is out of date" in response.content.decode()
    assert ("CSRF" in response.content.decode().split("<main")[1]) is debug


def test_the_failure_view_is_in_use():
    assert settings.CSRF_FAILURE_VIEW == "aiops.dashboards.errors.csrf_failed"


def test_the_switcher_shows_the_feature_one_is_on(as_role):
    make_feature(slug="triage", name="Triage")
    page = as_role("engineer").get("/features/triage/").content.decode()
    assert '<option value="triage" selected>Triage</option>' in page
