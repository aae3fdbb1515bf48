"""Every address × every role: who may not, does not get in; who may, gets an answer."""

import logging

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from aiops.accounts.access import PUBLIC, SIGNED_IN
from aiops.accounts.permissions import ROLES, Permission, Role
from tests.architecture.places import places, samples
from tests.factories import make_user

ANSWERS = {200, 204, 302, 405}
REFUSED = {403}

# Allowed, and yet another answer; each with its reason.
OTHERWISE = {
    "accounts:set-password": {410},  # the sample's link is used up
}


@pytest.fixture(autouse=True)
def plain_refusal(monkeypatch):
    """Here are hundreds of refusals: their page and their line in the log are tested elsewhere."""
    monkeypatch.setattr("aiops.urls.handler403", lambda *_, **__: HttpResponse(status=403))
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)


def get(client, url):
    """The answer; what the view did to the database is undone, so that no view's error is the next one's."""
    with transaction.atomic():
        answer = client.get(url)
        transaction.set_rollback(True)
    return answer


@pytest.mark.parametrize("place", places(), ids=lambda place: place.name)
def test_every_view_states_its_permission(place):
    stated = place.permission
    assert stated in {PUBLIC, SIGNED_IN} or isinstance(stated, Permission), (
        f"{place.name}: put @requires(Permission.…), @signed_in or @public on the view"
    )


def test_every_parameter_has_a_sample(db):
    made = samples()
    absent = [
        f"{place.name}: {parameter}"
        for place in places()
        for parameter in place.parameters
        if parameter not in made.get(place.namespace, {})
    ]
    assert not absent, "\n".join(["add them to tests/architecture/places.py", *absent])


@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_a_role_gets_in_where_its_permissions_say_so_and_nowhere_else(db, role):
    client = Client(raise_request_exception=False)  # a page that fails is one line of the list, a 500
    client.force_login(make_user(roles=[role] if role else []))
    made, allowed, wrong = samples(), ROLES[role] if role else set(), []
    for place in places():
        stated = place.permission
        may = stated in {PUBLIC, SIGNED_IN} or stated in allowed
        expected = OTHERWISE.get(place.name, ANSWERS) if may else REFUSED
        answer = get(client, place.url(made))
        if answer.status_code not in expected:
            why = (getattr(answer, "exc_info", None) or ("", ""))[1]
            wrong.append(f"{place.name}: {answer.status_code} instead of {sorted(expected)} {why}")
    assert not wrong, "\n".join(wrong)


def test_strangers_are_asked_to_sign_in(db, client):
    made, wrong = samples(), []
    for place in places():
        url = place.url(made)
        answer = get(client, url)
        if place.permission == PUBLIC:
            fine = answer.status_code in OTHERWISE.get(place.name, ANSWERS)
        else:
            fine = answer.status_code == 302 and answer["Location"].startswith(reverse("accounts:sign-in"))
        if not fine:
            wrong.append(f"{place.name}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
