from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from aiops.core import clock
from aiops.flags import queries
from aiops.flags.audience import NOBODY, Audience
from aiops.flags.forms import written
from aiops.flags.models import ChangeRequest, KillSwitch
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(as_role):
    return as_role("product")


def page(client, url, status=200, **headers):
    answer = client.get(url, **headers)
    assert answer.status_code == status
    return answer.content.decode()


def at_commit():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_as_many_questions_for_three_as_for_one(rows, product, django_assert_max_num_queries):
    for _ in range(rows):
        factories.make_flag(tenants=[factories.make_tenant()], changed_by=product.user)
        factories.make_stop()
        factories.make_request()
    with django_assert_max_num_queries(21):
        page(product, "/flags/")


def test_the_list_says_who_may_use_what(product):
    factories.make_tenant()
    flag = factories.make_flag(tenants=[factories.make_tenant()], percent=Decimal(10))
    said = page(product, "/flags/")
    assert "On for 1 of 2 tenants and 10 % of the rest" in said
    assert f"/flags/features/{flag.feature.slug}/" in said


def test_the_list_is_narrowed_by_text(product):
    flag = factories.make_flag()
    assert flag.feature.slug in page(product, f"/flags/?text={flag.feature.slug}")
    assert "No feature matches" in page(product, "/flags/?text=zzz")


def test_without_a_feature_the_list_says_what_comes(product):
    assert "No feature yet" in page(product, "/flags/")


def test_stopping_takes_two_clicks_and_shows_who_knows(product):
    feature = factories.make_feature()
    factories.make_policy(
        feature=feature, settings={"fallbacks": [{"kind": "cached"}, {"kind": "text", "text": "Back soon."}]}
    )
    said = page(product, f"/flags/stop/?scope=feature&target={feature.slug}")
    assert "The text “Back soon.”." in said
    answer = product.post(
        "/flags/stop/", {"scope": "feature", "target": feature.slug, "reason": "It invents prices."}
    )
    stop = KillSwitch.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/flags/stops/{stop.pk}/")
    assert stop.by == product.user
    assert "No gateway runs" in page(product, answer["Location"])


def test_a_stop_of_nothing_says_so_at_the_field(product):
    answer = product.post("/flags/stop/", {"scope": "feature", "target": "none", "reason": "x"})
    assert (answer.status_code, "There is no feature none." in answer.content.decode()) == (422, True)


def test_the_panel_is_asked_again_until_all_know(product):
    process = factories.make_process(started_at=clock.now() - timedelta(hours=1))
    stop = factories.make_stop()
    at_commit()
    stop.refresh_from_db()
    url = f"/flags/stops/{stop.pk}/"
    said = page(product, url, headers={"HX-Request": "true"})
    assert (process.instance in said, "every 500ms" in said, "<html" in said) == (True, True, False)
    process.acknowledgements.create(
        revision=stop.revision, at=stop.published_at + timedelta(milliseconds=200)
    )
    type(process).objects.update(revision=stop.revision)
    said = page(product, url)
    assert f"{str(stop).capitalize()} is off on 1 of 1 process after 0.20 s." in said
    assert "every 500ms" not in said


def test_ones_own_stop_is_lifted_at_once(product):
    stop = factories.make_stop(by=product.user)
    assert "You may lift it alone." in page(product, f"/flags/stops/{stop.pk}/")
    assert product.post(f"/flags/stops/{stop.pk}/lift/")["Location"] == "/flags/"
    assert KillSwitch.objects.get().lifted_at is not None
    assert "Lifted" in page(product, f"/flags/stops/{stop.pk}/")
    assert "is lifted already" in page(product, product.post(f"/flags/stops/{stop.pk}/lift/")["Location"])


def test_another_ones_stop_waits_for_a_second_person(product, as_role):
    stop = factories.make_stop()
    assert "Ask to turn on again" in page(product, f"/flags/stops/{stop.pk}/")
    answer = product.post(f"/flags/stops/{stop.pk}/lift/", {"reason": "mended"})
    request = ChangeRequest.objects.get()
    assert answer["Location"] == f"/flags/requests/{request.pk}/"
    assert "somebody else has to approve it" in page(product, answer["Location"])
    second = as_role("engineer")
    assert "Approve" in page(second, f"/flags/requests/{request.pk}/")
    second.post(f"/flags/requests/{request.pk}/answer/", {"answer": "approve"})
    assert KillSwitch.objects.get().lifted_by == second.user


def change(client, feature, **values):
    seen = written(queries.audience(feature))
    return client.post(f"/flags/features/{feature.slug}/", {"seen": seen, "percent": "0", **values})


def test_turning_off_is_at_once(product):
    feature = factories.make_feature()
    assert change(product, feature, state="nobody")["Location"] == "/flags/"
    assert queries.audience(feature) == NOBODY


def test_turning_on_shows_the_difference_and_waits(product):
    flag = factories.make_flag(on=False)
    answer = change(product, flag.feature, state="everyone", reason="ready")
    request = ChangeRequest.objects.get()
    assert answer["Location"] == f"/flags/requests/{request.pk}/"
    assert "<del>Off for everyone</del>" in page(product, answer["Location"])
    assert f"change request {request.pk} waits" in page(product, "/flags/")
    assert "waits for a second person" in page(product, f"/flags/features/{flag.feature.slug}/")


def test_some_are_tenants_and_a_percentage(product):
    tenant, other = factories.make_tenant(), factories.make_tenant()
    feature = factories.make_feature()
    change(product, feature, state="some", tenants=[tenant.slug], percent="2.5")
    assert queries.audience(feature) == Audience(
        limited=True, percent=Decimal("2.50"), tenants=frozenset({tenant.slug})
    )
    assert "On for 1 of 2 tenants and 2.5 % of the rest now." in page(
        product, f"/flags/features/{feature.slug}/"
    )
    assert other.slug not in queries.audience(feature).tenants


def test_a_change_on_an_old_page_is_refused(product):
    feature = factories.make_feature()
    answer = product.post(
        f"/flags/features/{feature.slug}/", {"state": "nobody", "seen": written(NOBODY), "percent": "0"}
    )
    assert (answer.status_code, "has changed since you opened" in answer.content.decode()) == (422, True)


@pytest.mark.parametrize(("answer", "state"), [("withdraw", "withdrawn"), ("decline", "declined")])
def test_a_request_is_ended_without_a_change(product, answer, state):
    asked_by = product.user if answer == "withdraw" else None
    request = factories.make_request(asked_by=asked_by)
    product.post(f"/flags/requests/{request.pk}/answer/", {"answer": answer})
    request.refresh_from_db()
    assert request.state == state
    assert request.get_state_display() in page(product, f"/flags/requests/{request.pk}/")


def test_an_answer_that_may_not_be_given_is_said(product):
    request = factories.make_request(asked_by=product.user)
    answer = product.post(f"/flags/requests/{request.pk}/answer/", {"answer": "approve"})
    assert "somebody else has to approve it" in page(product, answer["Location"])


def test_past_stops_are_listed(product):
    factories.make_stop(lifted_at=clock.now(), lift_reason="mended")
    assert "Lifted: mended" in page(product, "/flags/stops/")


def test_a_viewer_sees_and_does_nothing(as_role):
    viewer = as_role("viewer")
    stop = factories.make_stop()
    assert "Stop something" not in page(viewer, "/flags/")
    assert "Your roles do not let you lift it." in page(viewer, f"/flags/stops/{stop.pk}/")
    page(viewer, "/flags/stop/", status=403)
