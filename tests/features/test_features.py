"""Features: what each act does and records, and the pages."""

import pytest
from django.test import Client

from aiops.audit.models import AuditEvent
from aiops.core.actors import SystemActor
from aiops.core.errors import Conflict, InvalidInput
from aiops.features import actions
from aiops.features.models import Feature
from tests.factories import make_dataset, make_feature, make_label, make_prompt, make_version

pytestmark = pytest.mark.django_db
SHELL = SystemActor("shell")


@pytest.fixture
def product(as_role) -> Client:
    return as_role("product")


def test_new_feature_is_recorded(user):
    made = actions.create_feature(by=user, slug="support-summary", name=" Support ", description="Sums up")
    assert (made.slug, made.name, made.description) == ("support-summary", "Support", "Sums up")
    event = AuditEvent.objects.get()
    assert (event.action, event.feature) == ("features.feature_created", "support-summary")
    assert (event.before, event.after) == (None, {"name": "Support", "description": "Sums up"})


@pytest.mark.parametrize("slug", ["", "Support", "a b", "new", "-a", "é", "a" * 61])
def test_bad_slug_is_refused(slug):
    with pytest.raises(InvalidInput, match="is no slug"):
        actions.create_feature(by=SHELL, slug=slug, name="Support")


def test_feature_without_a_name_or_twice_is_refused():
    make_feature(slug="support")
    with pytest.raises(InvalidInput, match="needs a name"):
        actions.create_feature(by=SHELL, slug="other", name="  ")
    with pytest.raises(InvalidInput, match="needs a name"):
        actions.change_feature(by=SHELL, feature=Feature.objects.get(), name=" ", description="")
    with pytest.raises(Conflict, match="a feature 'support' exists already"):
        actions.create_feature(by=SHELL, slug="support", name="Support")


def test_change_is_recorded_once(user):
    feature = make_feature(slug="support", name="Support")
    for _ in range(2):
        actions.change_feature(by=user, feature=feature, name="Help", description="")
    event = AuditEvent.objects.get()
    assert (event.before["name"], event.after["name"]) == ("Support", "Help")


def test_act_whose_record_fails_is_undone(monkeypatch):
    feature = make_feature(name="Support")
    monkeypatch.setattr(AuditEvent.objects, "create", lambda **_: (_ for _ in ()).throw(RuntimeError("full")))
    with pytest.raises(RuntimeError, match="full"):
        actions.create_feature(by=SHELL, slug="other", name="Other")
    with pytest.raises(RuntimeError, match="full"):
        actions.change_feature(by=SHELL, feature=feature, name="Help", description="")
    assert list(Feature.objects.values_list("name", flat=True)) == ["Support"]


@pytest.mark.parametrize("path", ["", "new/", "support/", "support/edit/", "support/history/"])
def test_page_opens(product, path):
    make_feature(slug="support")
    assert product.get(f"/features/{path}").status_code == 200


def test_pages_open_where_there_is_nothing_yet(product, as_role):
    assert "No feature yet" in product.get("/features/").content.decode()
    assert "makes the first one" in as_role("viewer").get("/features/").content.decode()
    assert product.get("/features/none/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_the_same_number_of_questions(product, count, django_assert_num_queries):
    for _ in range(count):
        make_prompt(feature=make_feature())
    with django_assert_num_queries(5):
        product.get("/features/")


def test_list_is_narrowed_by_the_url(product):
    make_feature(slug="support", name="Help")
    make_feature(slug="other")
    shown = [product.get(f"/features/?text={text}").context["page"].object_list for text in ("help", "x")]
    assert [[feature.slug for feature in rows] for rows in shown] == [["support"], []]
    assert "No feature matches" in product.get("/features/?text=x").content.decode()


def test_feature_page_shows_what_the_role_may_see(product, as_role):
    feature = make_feature(slug="support")
    make_label(version=make_version(prompt=make_prompt(name="greet", feature=feature)))
    make_dataset(name="golden", feature=feature)
    shown = product.get("/features/support/").content.decode()
    assert "production v1" in shown
    assert "/datasets/golden/" in shown
    hidden = as_role("finance").get("/features/support/").content.decode()
    assert "greet" not in hidden
    assert "golden" not in hidden
    assert "1 prompt." in hidden


def test_new_feature_by_its_form(product):
    response = product.post("/features/new/", {"slug": "support", "name": "Support"})
    assert response.url == "/features/support/"
    again = product.post("/features/new/", {"slug": "support", "name": "Support"})
    assert again.status_code == 422
    assert "exists already" in again.content.decode()


def test_edit_by_its_form_and_its_history(product):
    actions.create_feature(by=SHELL, slug="support", name="Support")
    assert product.post("/features/support/edit/", {"name": ""}).status_code == 422
    assert product.post("/features/support/edit/", {"name": "<b>Help"}).url == "/features/support/"
    shown = product.get("/features/support/history/").content.decode()
    assert "<del>Support</del>" in shown
    assert "&lt;b&gt;Help" in shown


def test_viewer_changes_nothing(as_role):
    make_feature(slug="support")
    viewer = as_role("viewer")
    assert viewer.get("/features/new/").status_code == 403
    assert viewer.post("/features/support/edit/", {"name": "x"}).status_code == 403


def test_switcher_knows_the_feature_of_the_page(product):
    make_feature(slug="support")
    for path, chosen in (
        ("/features/support/", "support"),
        ("/features/support/router/", "support"),
        ("/features/support/cache/", "support"),
        ("/features/support/knowledge/", "support"),
        ("/features/?feature=x", "x"),
        ("/features/", ""),
    ):
        assert product.get(path).context["current_feature"] == chosen
