"""People: who administrators may add, change, shut out and let in again."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.urls import reverse

from aiops.accounts import actions, links
from aiops.accounts.models import User
from aiops.accounts.permissions import ROLES, Permission, Role
from aiops.accounts.tasks import mail_password_link
from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.core.errors import Conflict, InvalidInput
from tests.factories import PASSWORD, make_user

SHELL = SystemActor("shell")
NEW = "an altogether new password"


def last_event():
    return AuditEvent.objects.order_by("-id").first()


def lock(user, client=None):
    for _ in range(5):
        (client or Client()).post("/accounts/sign-in/", {"username": user.email, "password": "wrong"})


class TestActions:
    def test_add(self, user):
        person = actions.add_person(
            by=user, email=" ada@example.com", name="Ada ", roles=["engineer", "viewer"]
        )
        assert (person.email, person.name, person.roles, person.has_password) == (
            "ada@example.com", "Ada", ["viewer", "engineer"], False,
        )  # fmt: skip  # short names, packed: they would fill the page
        event = AuditEvent.objects.get()
        assert (event.action, event.after) == (
            "accounts.person_added",
            {"email": "ada@example.com", "name": "Ada", "roles": ["viewer", "engineer"]},
        )

    def test_an_address_is_taken_whatever_its_capitals(self, user):
        make_user(email="ada@example.com")
        with pytest.raises(
            InvalidInput, match=r"Somebody with the address ADA@example.com is here already\."
        ):
            actions.add_person(by=user, email="ADA@example.com", name="Ada", roles=[])

    def test_a_role_that_does_not_exist_is_named(self, user):
        with pytest.raises(InvalidInput, match=r"No such role: god\. There are viewer, reviewer"):
            actions.add_person(by=user, email="ada@example.com", name="Ada", roles=["god"])

    def test_change_is_recorded_with_before_and_after(self, user):
        person = make_user(email="a@example.com", name="A", roles=["viewer"])
        actions.change_person(by=user, person=person, email="b@example.com", name="B", roles=["finance"])
        event = AuditEvent.objects.get()
        assert event.before == {"email": "a@example.com", "name": "A", "roles": ["viewer"]}
        assert event.after == {"email": "b@example.com", "name": "B", "roles": ["finance"]}

    def test_a_change_that_changes_nothing_leaves_no_record(self, user):
        actions.change_person(by=user, person=user, email=user.email, name=user.name, roles=user.roles)
        assert not AuditEvent.objects.exists()

    def test_nobody_takes_their_own_administrator_role_away(self, user):
        make_user(roles=["administrator"])
        with pytest.raises(Conflict, match=r"You cannot take your own administrator role away\."):
            actions.change_person(by=user, person=user, email=user.email, name=user.name, roles=["viewer"])

    def test_nobody_deactivates_themselves(self, db):
        viewer = make_user()
        with pytest.raises(Conflict, match=r"You cannot deactivate yourself\."):
            actions.deactivate_person(by=viewer, person=viewer)

    def test_the_last_administrator_stays(self, user):
        make_user(roles=["administrator"], is_active=False)
        with pytest.raises(Conflict, match="is the last administrator"):
            actions.change_person(by=SHELL, person=user, email=user.email, name=user.name, roles=["viewer"])
        with pytest.raises(Conflict, match="is the last administrator"):
            actions.deactivate_person(by=SHELL, person=user)
        assert not AuditEvent.objects.exists()

    def test_deactivating_ends_sessions_at_once(self, user):
        person, client = make_user(), Client()
        client.force_login(person)
        actions.deactivate_person(by=user, person=person, reason="left the company")
        assert client.get("/accounts/").status_code == 302
        event = AuditEvent.objects.get()
        assert (event.after, event.reason) == ({"is_active": False, "sessions_ended": 1}, "left the company")

    def test_deactivating_and_reactivating_twice_is_recorded_once(self, user):
        person = make_user()
        for act in (actions.deactivate_person, actions.reactivate_person):
            act(by=user, person=person)
            act(by=user, person=person)
        recorded = AuditEvent.objects.order_by("id").values_list("action", flat=True)
        assert list(recorded) == ["accounts.person_deactivated", "accounts.person_reactivated"]

    def test_a_role_taken_away_counts_with_the_next_click(self, user):
        person, client = make_user(roles=["finance"]), Client()
        client.force_login(person)
        assert client.get("/tenants/").status_code == 200
        actions.change_person(by=user, person=person, email=person.email, name=person.name, roles=["viewer"])
        assert client.get("/tenants/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_demote_each_other_at_once_leave_one():
    one, two = make_user(roles=["administrator"]), make_user(roles=["administrator"])
    barrier, refused = Barrier(2), []

    def demote(by, person):
        try:
            barrier.wait(10)
            actions.change_person(
                by=by, person=person, email=person.email, name=person.name, roles=["viewer"]
            )
        except Conflict as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [Thread(target=demote, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert User.objects.filter(roles__contains=["administrator"]).count() == 1
    assert len(refused) == 1
    assert "is the last administrator" in refused[0]


class TestLinks:
    def path(self, person):
        return actions.issue_password_link(by=SHELL, person=person)

    def use(self, client, path, password=NEW):
        return client.post(path, {"new_password": password, "again": password})

    def test_a_link_sets_a_password_once(self, client, db):
        person = actions.add_person(by=SHELL, email="ada@example.com", name="Ada", roles=["viewer"])
        path = self.path(person)
        assert b"ada@example.com" in client.get(path).content
        assert self.use(client, path)["Location"] == "/accounts/sign-in/"
        assert self.use(client, path).status_code == 410
        assert (
            client.post("/accounts/sign-in/", {"username": person.email, "password": NEW}).status_code == 302
        )
        assert (last_event().actor_id, last_event().action) == (person.actor_id, "accounts.signed_in")

    def test_a_link_dies_after_a_day(self, client, user, settings):
        path = self.path(user)
        assert client.get(path).status_code == 200
        settings.PASSWORD_RESET_TIMEOUT = -1
        assert client.get(path).status_code == 410

    def test_a_link_dies_when_its_person_signs_in(self, client, user):
        path = self.path(user)
        client.post("/accounts/sign-in/", {"username": user.email, "password": PASSWORD})
        assert client.get(path).status_code == 410

    def test_a_link_is_for_its_person_alone(self, client, user):
        path = self.path(user).replace(f"/{user.pk}/", f"/{make_user().pk}/")
        assert client.get(path).status_code == 410

    def test_a_link_is_dead_while_its_person_is_deactivated(self, client, user):
        person = make_user()
        path = self.path(person)
        actions.deactivate_person(by=user, person=person)
        assert client.get(path).status_code == 410

    @pytest.mark.parametrize("make", [actions.issue_password_link, actions.mail_password_link])
    def test_there_is_no_link_for_somebody_deactivated(self, user, make):
        with pytest.raises(Conflict, match="is deactivated"):
            make(by=user, person=make_user(is_active=False))

    def test_a_weak_password_is_refused_and_the_link_lives_on(self, client, user):
        path = self.path(user)
        assert self.use(client, path, "short").status_code == 422
        assert self.use(client, path).status_code == 302

    def test_a_new_password_lifts_a_lock_and_ends_sessions(self, client, user):
        signed_in = Client()
        signed_in.force_login(user)
        path = self.path(user)
        lock(user)
        self.use(client, path)
        assert signed_in.get("/accounts/").status_code == 302
        assert client.post("/accounts/sign-in/", {"username": user.email, "password": NEW}).status_code == 302

    def test_the_link_is_not_in_the_audit(self, user):
        path = self.path(user)
        token = path.rstrip("/").rpartition("/")[2]
        assert token not in str(AuditEvent.objects.values().get())

    def test_by_mail(self, client, user, settings):
        settings.PUBLIC_URL = "https://aiops.example"
        mail_password_link(user.pk)
        [letter] = mail.outbox
        assert letter.to == [user.email]
        path = next(line for line in letter.body.splitlines() if line.startswith("https://aiops.example/"))
        assert client.get(path.removeprefix("https://aiops.example")).status_code == 200


class TestPages:
    @pytest.fixture
    def admin(self, as_role):
        return as_role("administrator")

    def person(self, person):
        return reverse("accounts:person", args=[person.pk])

    def test_add_shows_the_link_once(self, admin):
        fields = {"name": "Ada", "email": "ada@example.com", "roles": ["engineer"]}
        answer = admin.post(reverse("accounts:person-add"), fields)
        link = answer.context["link"]
        assert link.startswith("http://testserver/accounts/set-password/")
        assert answer["Cache-Control"] == "no-store, private"
        assert Client().get(link).status_code == 200
        assert link.encode() not in admin.get(self.person(User.objects.get(email="ada@example.com"))).content

    def test_add_with_a_taken_address_says_so(self, admin):
        make_user(email="ada@example.com")
        fields = {"name": "Ada", "email": "ADA@example.com", "roles": ["engineer"]}
        answer = admin.post(reverse("accounts:person-add"), fields)
        assert answer.status_code == 422
        assert b"is here already" in answer.content

    def test_with_a_mail_server_a_link_is_mailed_and_not_shown(self, admin, settings, monkeypatch):
        sent = []
        monkeypatch.setattr(actions, "enqueue", lambda *args: sent.append(args))
        settings.SENDS_EMAIL = True
        person = make_user()
        answer = admin.post(reverse("accounts:person-link", args=[person.pk]), follow=True)
        assert f"on its way to {person.email}" in answer.content.decode()
        assert sent == [("accounts.mail_password_link", person.pk)]
        shown = admin.post(reverse("accounts:person-link", args=[person.pk]), {"show": "1"})
        assert links.path_for(person)[:30] in shown.context["link"]

    def test_change(self, admin):
        person = make_user()
        fields = {"name": "Ada", "email": "ada@example.com", "roles": ["finance", "viewer"]}
        answer = admin.post(reverse("accounts:person-change", args=[person.pk]), fields)
        assert answer["Location"] == self.person(person)
        person.refresh_from_db()
        assert (person.name, person.roles) == ("Ada", ["viewer", "finance"])

    @pytest.mark.parametrize(("email", "status"), [("ada@demo", 302), ("ada@example.com", 302), ("ada", 422)])
    def test_what_is_an_address(self, admin, email, status):
        fields = {"name": "Ada", "email": email, "roles": ["viewer"]}
        assert (
            admin.post(reverse("accounts:person-change", args=[make_user().pk]), fields).status_code == status
        )

    def test_a_change_that_is_refused_shows_what_was_typed_and_why(self, admin):
        fields = {"name": "Typed", "email": admin.user.email, "roles": ["viewer"]}
        answer = admin.post(reverse("accounts:person-change", args=[admin.user.pk]), fields)
        assert answer.status_code == 422
        assert b"You cannot take your own administrator role away" in answer.content
        assert b"Typed" in answer.content

    def test_a_form_without_role_is_refused_in_place(self, admin):
        answer = admin.post(reverse("accounts:person-change", args=[make_user().pk]), {"name": "A"})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["email", "roles"])

    def test_deactivate_and_reactivate(self, admin):
        person = make_user()
        answer = admin.post(
            reverse("accounts:person-deactivate", args=[person.pk]), {"reason": "left"}, follow=True
        )
        assert b"is deactivated and signed out everywhere" in answer.content
        assert b"Reactivate" in answer.content
        admin.post(reverse("accounts:person-reactivate", args=[person.pk]))
        person.refresh_from_db()
        assert person.is_active

    def test_what_is_refused_is_said_after_the_redirect(self, admin):
        deactivate = reverse("accounts:person-deactivate", args=[admin.user.pk])
        assert b"You cannot deactivate yourself" in admin.post(deactivate, follow=True).content
        link = reverse("accounts:person-link", args=[make_user(is_active=False).pk])
        assert b"Reactivate first" in admin.post(link, follow=True).content

    def test_a_lock_is_shown_and_lifted(self, admin):
        person = make_user(email="Ada@example.com")
        lock(person)
        assert b"Locked" in admin.get(reverse("accounts:people")).content
        page = admin.get(self.person(person)).content
        assert b"Lift the lock" in page
        admin.post(reverse("accounts:person-lift-lock", args=[person.pk]))
        assert last_event().action == "accounts.lock_lifted"
        answer = Client().post("/accounts/sign-in/", {"username": person.email, "password": PASSWORD})
        assert answer.status_code == 302

    def test_lifting_no_lock_leaves_no_record(self, admin):
        admin.post(reverse("accounts:person-lift-lock", args=[make_user().pk]))
        assert not AuditEvent.objects.exists()

    def test_an_auditor_reads_and_changes_nothing(self, as_role):
        auditor, person = as_role("auditor"), make_user(roles=["finance"])
        page = auditor.get(self.person(person)).content
        assert b"Sees spend" in page
        assert b"Deactivate" not in page
        assert auditor.post(reverse("accounts:person-deactivate", args=[person.pk])).status_code == 403

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({}, {"ada", "bob", "cyd"}),
            ({"q": "AD"}, {"ada"}),
            ({"q": "bob@"}, {"bob"}),
            ({"role": "finance"}, {"bob", "cyd"}),
            ({"state": "inactive"}, {"cyd"}),
            ({"state": "active", "role": "finance"}, {"bob"}),
            ({"state": "locked"}, {"ada"}),
            ({"q": "nobody"}, set()),
        ],
    )
    def test_filters(self, as_role, filters, found):
        ada = make_user(name="ada", email="Ada@example.com")
        make_user(name="bob", email="bob@example.com", roles=["finance"])
        make_user(name="cyd", email="cyd@example.com", roles=["finance"], is_active=False)
        lock(ada)
        people = as_role("auditor").get(reverse("accounts:people"), filters).context["page"]
        assert {person.name for person in people if person.name in {"ada", "bob", "cyd"}} == found

    def test_the_list_takes_as_many_queries_for_three_as_for_one(self, as_role, django_assert_num_queries):
        client = as_role("administrator")
        for count in (1, 3):
            while User.objects.count() < count:
                make_user()
            with django_assert_num_queries(6):
                client.get(reverse("accounts:people"))

    def test_htmx_gets_the_table_alone(self, admin):
        answer = admin.get(reverse("accounts:people"), HTTP_HX_REQUEST="true")
        assert b"<table" in answer.content
        assert b"<html" not in answer.content

    def test_csv_shows_what_the_filters_show(self, admin):
        make_user(name="=cmd()", email="ada@example.com", roles=["finance", "viewer"])
        lines = (
            admin.get(reverse("accounts:people-csv"), {"role": "finance"}).getvalue().decode().splitlines()
        )
        assert len(lines) == 2
        assert lines[1].startswith("ada@example.com,'=cmd(),finance viewer,yes,,,")

    def test_roles_page_says_what_the_code_says(self, admin):
        rows = admin.get(reverse("accounts:roles")).context["rows"]
        assert [allowed for _, _, allowed in rows] == [[p in ROLES[r] for r in Role] for p in Permission]

    def test_sessions_are_counted(self, admin):
        person = make_user()
        Client().force_login(person)
        person.sessions.update(expire_date=clock.now() + timedelta(hours=1))
        assert admin.get(self.person(person)).context["sessions"] == 1


class TestCommand:
    def test_the_first_administrator(self, client, db, capsys, settings):
        call_command("people", "add", "ada@example.com", "--name", "Ada", "--role", "administrator")
        said, link = capsys.readouterr().out.splitlines()
        assert said == "ada@example.com sets a password here, once, within 24 hours:"
        assert client.get(link.removeprefix(settings.PUBLIC_URL)).status_code == 200
        assert User.objects.get().roles == ["administrator"]
        assert last_event().actor_id == "system:shell"

    def test_without_role_somebody_may_look(self, db):
        call_command("people", "add", "ada@example.com", "--name", "Ada", stdout=None)
        assert User.objects.get().roles == ["viewer"]

    def test_another_link(self, client, user, capsys, settings):
        call_command("people", "link", user.email.upper())
        link = capsys.readouterr().out.splitlines()[1]
        assert client.get(link.removeprefix(settings.PUBLIC_URL)).status_code == 200

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["add", "taken@example.com", "--name", "A"], "is here already"),
            (["add", "no address", "--name", "A"], "Enter a valid email address"),
            (["link", "nobody@example.com"], "There is nobody with the address nobody@example.com"),
            (["link", "gone@example.com"], "is deactivated"),
        ],
    )
    def test_what_cannot_be_done_is_said(self, db, arguments, said):
        make_user(email="taken@example.com")
        make_user(email="gone@example.com", is_active=False)
        with pytest.raises(CommandError, match=said):
            call_command("people", *arguments)
