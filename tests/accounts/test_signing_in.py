"""Signing in and out: who gets in, how often somebody may try, how long it lasts."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse

from aiops.accounts.backends import EmailBackend
from aiops.accounts.models import Session
from aiops.accounts.sessions import LONGEST
from aiops.audit.models import AuditEvent
from aiops.core import clock
from tests.factories import PASSWORD, make_user

SIGN_IN = "/accounts/sign-in/"


def try_to(client, user, password=PASSWORD, **extra):
    email = getattr(user, "email", user)
    return client.post(
        SIGN_IN, {"username": email, "password": password, **extra}, HTTP_USER_AGENT="Firefox/140 Linux"
    )


def acts():
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def test_sign_in_leads_home_and_is_recorded(client, user):
    answer = try_to(client, user)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert acts() == ["accounts.signed_in"]
    session = Session.objects.get()
    assert (session.user, session.address, session.browser) == (user, "127.0.0.1", "Firefox on Linux")


def test_capitals_and_blanks_in_the_address_do_not_matter(client, db):
    make_user(email="Ada@Example.com")
    assert try_to(client, " aDA@example.COM ").status_code == 302


def test_the_demos_addresses_are_addresses(client, db):
    assert try_to(client, make_user(email="engineer@demo")).status_code == 302


@pytest.mark.parametrize("password", ["wrong", PASSWORD.upper(), f" {PASSWORD}"])
def test_a_wrong_password_is_told_without_saying_which_part_was_wrong(client, user, password):
    answer = try_to(client, user, password)
    assert answer.status_code == 422
    assert b"do not fit together" in answer.content
    assert try_to(client, "nobody@example.com").context["form"].errors == answer.context["form"].errors


def test_somebody_deactivated_does_not_get_in(client, db):
    assert try_to(client, make_user(is_active=False)).status_code == 422


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/tenants/?q=acme", "/tenants/?q=acme"),
        ("http://testserver/tenants/", "http://testserver/tenants/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        (r"/\evil.example", "/"),
    ],
)
def test_next_leads_to_a_page_of_this_host_only(client, user, wanted, reached):
    assert try_to(client, user, next=wanted)["Location"] == reached


def test_the_form_carries_next_from_the_address(client, db):
    answer = client.get(SIGN_IN, {"next": "/tenants/"})
    assert answer.context["next"] == "/tenants/"


def test_somebody_signed_in_is_sent_on(as_role):
    assert as_role("viewer").get(SIGN_IN, {"next": "/accounts/"})["Location"] == "/accounts/"


def test_a_page_asks_for_sign_in_and_leads_back(client, db):
    answer = client.get("/tenants/?q=a")
    assert answer["Location"] == f"{SIGN_IN}?next=/tenants/%3Fq%3Da"


def test_a_fragment_asks_for_sign_in_on_the_whole_page(client, db):
    answer = client.get(
        "/tenants/?q=a", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL="http://testserver/tenants/?page=2"
    )
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"{SIGN_IN}?next=/tenants/%3Fpage%3D2")


def test_a_post_without_session_leads_home_afterwards(client, db):
    assert client.post("/accounts/sign-out/")["Location"] == f"{SIGN_IN}?next=/"


def test_signing_in_changes_the_session_key_and_drops_what_was_in_it(client, user):
    client.session.save()
    stranger = client.session
    stranger["planted"] = "by somebody else"
    stranger.save()
    client.cookies["sessionid"] = stranger.session_key
    try_to(client, user)
    assert client.session.session_key != stranger.session_key
    assert "planted" not in client.session
    assert not Session.objects.filter(pk=stranger.session_key).exists()


def test_sign_out_needs_a_post_and_ends_the_session(client, user):
    try_to(client, user)
    assert client.get("/accounts/sign-out/").status_code == 405
    assert client.post("/accounts/sign-out/")["Location"] == SIGN_IN
    assert acts() == ["accounts.signed_in", "accounts.signed_out"]
    assert client.get("/accounts/").status_code == 302
    assert not Session.objects.exists()


def test_sign_in_refuses_a_form_from_elsewhere(user):
    assert try_to(Client(enforce_csrf_checks=True), user).status_code == 403


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client, user):
    client.get(SIGN_IN)
    try_to(client, user)
    for name in ("sessionid", "csrftoken"):
        assert (client.cookies[name]["httponly"], client.cookies[name]["samesite"]) == (True, "Lax")


def test_no_cache_keeps_a_signed_in_page(as_role):
    assert as_role("viewer").get("/accounts/")["Cache-Control"] == "no-store, private"


@pytest.mark.django_db
class TestThrottling:
    def test_the_fifth_wrong_password_locks_for_a_quarter_of_an_hour(self, client, user):
        answers = [try_to(client, user, "wrong").status_code for _ in range(5)]
        assert answers == [422, 422, 422, 422, 429]
        answer = try_to(client, user)
        assert answer.status_code == 429
        assert b"Try again in 15 minutes." in answer.content
        assert acts() == ["accounts.locked"]

    def test_capitals_do_not_buy_more_tries(self, client, user):
        for spelling in (user.email, user.email.upper(), user.email.title(), f" {user.email}", user.email):
            answer = try_to(client, spelling, "wrong")
        assert answer.status_code == 429

    def test_a_lock_holds_for_one_address_only(self, client, user):
        for _ in range(5):
            try_to(client, user, "wrong")
        assert try_to(Client(REMOTE_ADDR="192.0.2.7"), user).status_code == 302

    def test_an_account_that_does_not_exist_is_locked_alike(self, client):
        answers = [try_to(client, "nobody@example.com").status_code for _ in range(5)]
        assert answers[-1] == 429
        assert acts() == []

    def test_trying_on_does_not_lengthen_the_lock(self, client, user, monkeypatch):
        for _ in range(6):
            try_to(client, user, "wrong")
        later = clock.now() + timedelta(minutes=9, seconds=30)
        monkeypatch.setattr("aiops.core.clock.now", lambda: later)
        assert b"Try again in 6 minutes." in try_to(client, user, "wrong").content

    def test_a_right_password_forgets_the_wrong_ones(self, client, user):
        for _ in range(3):
            for _ in range(4):
                try_to(client, user, "wrong")
            assert try_to(client, user).status_code == 302
            client.logout()

    def test_no_password_is_kept(self, client, user):
        try_to(client, user, "my-secret-typo")
        assert "my-secret-typo" not in str(AccessAttempt.objects.values().get())


class TestExpiry:
    def test_a_session_ends_twelve_hours_after_the_last_click(self, client, user):
        try_to(client, user)
        left = Session.objects.get().expire_date - clock.now()
        assert timedelta(hours=11, minutes=59) < left <= timedelta(hours=12)

    def test_a_click_renews_it_once_in_five_minutes(self, client, user, monkeypatch):
        try_to(client, user)
        client.get("/accounts/")
        first = Session.objects.get().expire_date
        client.get("/accounts/")
        assert Session.objects.get().expire_date == first
        seen = clock.now() - timedelta(minutes=6)
        session = client.session
        monkeypatch.setattr("aiops.core.clock.now", lambda: seen)
        session.save()
        monkeypatch.undo()
        client.get("/accounts/")
        assert Session.objects.get().seen_at > seen
        assert Session.objects.get().expire_date > first

    def test_a_session_ends_seven_days_after_its_start_at_the_latest(self, client, user):
        try_to(client, user)
        session = client.session
        session["started_at"] = (clock.now() - LONGEST + timedelta(hours=1)).isoformat()
        session.save()
        left = Session.objects.get().expire_date - clock.now()
        assert left < timedelta(hours=1, seconds=5)
        session["started_at"] = (clock.now() - LONGEST).isoformat()
        session.save()
        assert client.get("/accounts/").status_code == 302

    def test_sessions_that_ran_out_are_swept_up_when_somebody_signs_in(self, client, user):
        make_session(user, expire_date=clock.now() - timedelta(days=1))
        try_to(client, user)
        assert Session.objects.count() == 1


def make_session(user, **values):
    now = clock.now()
    return Session.objects.create(
        **{"session_key": f"key{now.timestamp()}", "user": user, "started_at": now, "seen_at": now,
           "expire_date": now + timedelta(hours=1), "session_data": "", **values}
    )  # fmt: skip  # arguments by what they belong to


@pytest.mark.django_db
class TestDemo:
    @pytest.fixture(autouse=True)
    def demo(self, settings, tmp_path):
        settings.DEMO_SIGN_INS = True
        settings.AIOPS_HOME = tmp_path
        (tmp_path / "demo-password").write_text(f"{PASSWORD}\n")
        make_user(email="engineer@demo", roles=["engineer"])

    def click(self, client, email="engineer@demo", **headers):
        headers = {"HTTP_HOST": "localhost:8000", **headers}
        return client.post(reverse("accounts:demo-sign-in"), {"email": email}, **headers)

    def test_the_page_offers_each_account_with_what_it_may_do(self, client):
        content = client.get(SIGN_IN, HTTP_HOST="localhost:8000").content
        assert b"engineer@demo" in content
        assert b"Changes, reviews and ships prompts" in content

    def test_one_click_signs_in(self, client):
        assert self.click(client)["Location"] == "/"
        assert acts() == ["accounts.signed_in"]

    def test_only_demo_accounts_are_offered(self, client):
        assert self.click(client, make_user().email).status_code == 404

    def test_an_account_with_another_password_by_now_is_not_entered(self, client, tmp_path):
        (tmp_path / "demo-password").write_text("something else")
        answer = self.click(client)
        assert answer["Location"] == SIGN_IN
        assert acts() == []

    @pytest.mark.parametrize(
        "headers",
        [{"REMOTE_ADDR": "192.0.2.7"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, {"HTTP_HOST": "testserver"}],
    )
    def test_from_elsewhere_nothing_is_offered(self, client, headers):
        assert self.click(client, **headers).status_code == 404
        content = client.get(SIGN_IN, **{"HTTP_HOST": "localhost", **headers}).content
        assert b"engineer@demo" not in content

    def test_nothing_is_offered_unless_the_workspace_is_the_demo(self, client, settings):
        settings.DEMO_SIGN_INS = False
        assert self.click(client).status_code == 404

    def test_nothing_is_offered_without_the_demo_password(self, client, tmp_path):
        (tmp_path / "demo-password").unlink()
        assert self.click(client).status_code == 404


def test_the_backend_knows_nobody_without_credentials(db):
    assert EmailBackend().authenticate(None) is None
