import pytest
from django.test import Client, override_settings

from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def gallery():
    client = Client()
    client.force_login(make_user(roles=["administrator"]))
    with override_settings(ROOT_URLCONF="tests.core.urls"):
        return client.get("/_gallery").content.decode()


def test_a_toast_offers_undo_by_post(gallery):
    assert "Globex’s limit is now $3,000." in gallery
    assert '<form method="post" action="/undo">' in gallery
    assert "toast--error" in gallery


def test_a_field_with_an_error_names_it(gallery):
    assert 'aria-invalid="true"' in gallery
    assert 'id="id_limit_error"' in gallery
    assert "Enter a number." in gallery
    assert 'aria-describedby="id_name_helptext"' in gallery


def test_optional_fields_say_so(gallery):
    assert 'Note <span class="field__optional">optional</span>' in gallery


def test_pagination_keeps_to_fifty_rows(gallery):
    assert "1 to 50 of 1,204" in gallery
    assert 'href="?page=2" rel="next"' in gallery


def test_problems_say_where(gallery):
    assert "<span>line 12, case t-012</span><span>the inputs are not an object</span>" in gallery
    assert "<span>whole file</span><span>not UTF-8</span>" in gallery


def test_a_diff_is_shown_inline_and_side_by_side(gallery):
    assert '<li class="cut">' in gallery
    assert 'class="side side--add"' in gallery
    assert "<del>the language of the ticket</del>" in gallery


def test_a_chart_carries_its_figure_its_table_and_its_csv(gallery):
    assert '<script id="quality" type="application/json">' in gallery
    assert "<summary>View as table</summary>" in gallery
    assert 'download="quality.csv"' in gallery


def test_the_current_tab_is_marked(gallery):
    assert '<a href="#a" aria-current="page">Overview</a>' in gallery
    assert '<a href="#c">Runs<b>3</b></a>' in gallery
