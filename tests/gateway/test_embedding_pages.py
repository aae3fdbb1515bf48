"""The page of embedders: what is in force, what another would cost, a change under way, and its end."""

import pytest
from django.urls import reverse

from aiops.embeddings.models import Change
from aiops.gateway.embedding_words import rows
from tests import factories

pytestmark = pytest.mark.django_db
PAGE = "embeddings:page"


@pytest.fixture
def admin(as_role):
    return as_role("administrator")


def url(name="page", *args):
    return reverse(f"embeddings:{name}", args=args)


def body(response):
    return response.content.decode()


def test_everything_begins_with_hashing(admin):
    page = body(admin.get(url()))
    assert page.count("Hashing") >= 4
    assert "No change yet" in page


def test_a_model_is_chosen_with_what_it_costs_at_most(admin):
    factories.make_document("# Returns\n\nWithin 30 days.\n")
    model = factories.make_space().model
    page = body(admin.get(url("change", "knowledge")))
    assert f"{model.name}: $1.00 per million tokens, at most $0.0000" in page
    assert "1 texts of" in page
    said = {"embedder": model.pk, "asked": "256", "cut": ""}
    assert admin.post(url("change", "knowledge"), said).status_code == 302
    change = Change.objects.get()
    assert (change.use, change.space.asked, change.created_by) == ("knowledge", 256, admin.user)
    page = body(admin.get(url()))
    assert "Being changed" in page
    assert url("cancel", change.pk) in page


def test_what_cannot_work_is_said_beside_the_form(admin):
    model = factories.make_space().model
    for said, words in (
        ({"embedder": "local"}, "Say which model."),
        ({"embedder": model.pk, "cut": "on"}, "Say how many numbers are kept."),
        ({"embedder": model.pk, "asked": "3072"}, "less than or equal to 2000"),
        ({"embedder": "local", "local_name": "e5"}, "pip install"),
    ):
        response = admin.post(url("change", "cache"), said)
        assert response.status_code == 422
        assert words in body(response)


def test_back_to_hashing_is_offered_where_it_is_not_in_force(admin):
    assert "Hashing: no model" not in body(admin.get(url("change", "knowledge")))
    factories.make_choice()
    assert "Hashing: no model" in body(admin.get(url("change", "knowledge")))
    assert admin.post(url("change", "knowledge"), {"embedder": "hashing"}).status_code == 302


def test_progress_is_shown_until_it_ends(admin):
    change = factories.make_change(state="running", total=10, done=4)
    bar = admin.get(url("progress", change.pk))
    assert "<b>4</b> of 10 done" in body(bar)
    assert "HX-Refresh" not in bar.headers
    assert admin.post(url("cancel", change.pk)).status_code == 302
    assert admin.get(url("progress", change.pk)).headers["HX-Refresh"] == "true"
    assert "ended already" in body(admin.post(url("cancel", change.pk), follow=True))


def test_states_in_words(admin):
    factories.make_choice(use="grounding")
    factories.make_change(use="cache", state="failed", reason="No room.", finished_at="2026-11-01T00:00Z")
    factories.make_document()
    factories.make_choice()
    assert [row.chip[2] for row in rows()] == ["1 wait", "Change failed", "No model", "In force"]
    assert "No room." in body(admin.get(url()))


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_runs_the_same_queries_for_one_change_and_for_three(admin, count, django_assert_num_queries):
    for _ in range(count):
        factories.make_change(state="failed", finished_at="2026-11-01T00:00Z")
    admin.get(url())
    with django_assert_num_queries(QUERIES):
        admin.get(url())


QUERIES = 10


def test_an_engineer_sees_it_and_changes_nothing(as_role):
    engineer = as_role("engineer")
    assert ">Change<" not in body(engineer.get(url()))
    assert engineer.get(url("change", "cache")).status_code == 403
