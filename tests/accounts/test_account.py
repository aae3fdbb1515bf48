"""One's own account."""

from datetime import timedelta

import pytest
from django.test import Client

from aiops.accounts.models import Session
from aiops.accounts.permissions import Permission, Role
from aiops.accounts.words import PERMISSION_WORDS, ROLE_WORDS, told
from aiops.audit.models import AuditEvent
from aiops.core import clock
from tests.factories import PASSWORD, make_user

NEW = "an altogether new password"


def change(client, present=PASSWORD, new=NEW, again=None):
    fields = {"present": present, "new_password": new, "again": again or new}
    return client.post("/accounts/password/", fields)


def test_every_role_and_permission_is_told_in_words():
    assert set(ROLE_WORDS) == set(Role)
    assert set(PERMISSION_WORDS) == set(Permission)


def test_a_permission_without_words_is_told_by_its_name(monkeypatch):
    monkeypatch.delitem(PERMISSION_WORDS, Permission.HOME_VIEW)
    assert told(Permission.HOME_VIEW) == "home.view"


def test_the_page_tells_what_the_roles_allow(as_role):
    content = as_role("finance").get("/accounts/").content.decode()
    assert ROLE_WORDS[Role.FINANCE] in content
    assert "see what things cost" in content
    assert "read prompts" not in content


def test_somebody_without_role_is_told_so(as_role):
    assert b"You hold no role yet" in as_role().get("/accounts/").content


def test_the_profile_is_saved_and_recorded(as_role):
    client = as_role("viewer")
    fields = {"name": "Ada", "timezone": "Asia/Tokyo", "languages": ["ja", "en"]}
    assert client.post("/accounts/", fields)["Location"] == "/accounts/"
    client.user.refresh_from_db()
    assert (client.user.name, client.user.timezone, client.user.languages) == (
        "Ada",
        "Asia/Tokyo",
        ["ja", "en"],
    )
    event = AuditEvent.objects.get()
    assert (event.action, event.before["timezone"], event.after["timezone"]) == (
        "accounts.profile_changed", "UTC", "Asia/Tokyo",
    )  # fmt: skip  # short names, packed: they would fill the page


def test_saving_what_is_there_already_leaves_no_record(as_role):
    client = as_role("viewer")
    client.post("/accounts/", {"name": client.user.name, "timezone": "UTC"})
    assert not AuditEvent.objects.exists()


def test_a_time_zone_that_does_not_exist_is_refused(as_role):
    answer = as_role("viewer").post("/accounts/", {"name": "Ada", "timezone": "Mars/Olympus"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["timezone"])


def test_times_are_shown_in_the_persons_zone(as_role):
    client = as_role("viewer")
    type(client.user).objects.update(timezone="Asia/Tokyo", created_at="2026-01-31T20:00:00Z")
    assert b"since 1 February 2026" in client.get("/accounts/").content


def test_a_new_password_ends_all_other_sessions_and_keeps_this_one(db):
    user = make_user()
    here, elsewhere = Client(), Client()
    here.force_login(user)
    elsewhere.force_login(user)
    assert change(here)["Location"] == "/accounts/"
    assert here.get("/accounts/").status_code == 200
    assert elsewhere.get("/accounts/").status_code == 302
    user.refresh_from_db()
    assert user.check_password(NEW)
    event = AuditEvent.objects.get()
    assert (event.action, event.after) == ("accounts.password_set", {"sessions_ended": 1})


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"present": "not it"}, "present"),
        ({"new": "eleven char"}, "new_password"),
        ({"new": "password1234"}, "new_password"),
        ({"new": "ada.lovelace"}, "new_password"),
        ({"again": "another one, typed wrong"}, "again"),
    ],
)
def test_a_password_that_will_not_do_is_refused_in_place(db, given, wrong):
    client = Client()
    client.force_login(make_user(email="ada.lovelace@example.com"))
    answer = change(client, **given)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [wrong])
    assert not AuditEvent.objects.exists()


def test_sign_out_everywhere_else(db):
    user = make_user()
    here, elsewhere = Client(), Client()
    here.force_login(user)
    elsewhere.force_login(user)
    answer = here.post("/accounts/sign-out-everywhere/", follow=True)
    assert b"1 other session ended." in answer.content
    assert elsewhere.get("/accounts/").status_code == 302
    assert AuditEvent.objects.get().after == {"sessions_ended": 1}


def test_sign_out_everywhere_where_there_is_no_other(as_role):
    answer = as_role("viewer").post("/accounts/sign-out-everywhere/", follow=True)
    assert b"There was no other session." in answer.content
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    ("agent", "browser"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; like Mac OS X) Version/18.0 Safari/604.1", "Safari on iOS"),
        ("Firefox/140", "Firefox"),
        ("curl/8.5", "curl/8.5"),
        ("", "unknown"),
    ],
)
def test_browsers_are_named_as_people_know_them(agent, browser):
    assert Session(agent=agent).browser == browser


def test_the_list_marks_the_session_one_looks_from(as_role):
    client = as_role("viewer")
    now = clock.now()
    Session.objects.create(
        session_key="other",
        user=client.user,
        started_at=now,
        seen_at=now,
        expire_date=now + timedelta(hours=1),
        agent="Firefox/140 Linux",
    )
    for n in range(8):
        Session.objects.create(
            session_key=f"old{n}",
            user=client.user,
            started_at=now,
            seen_at=now - timedelta(hours=1),
            expire_date=now + timedelta(hours=1),
        )
    content = client.get("/accounts/").content.decode()
    assert "The last 8 of 10." in content
    assert content.count("this one") == 1
    assert "Firefox on Linux" in content
