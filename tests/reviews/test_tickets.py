"""Calls that wait: people answer them, release held answers or turn these down; nobody does so twice."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.urls import reverse

from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput
from aiops.gateway.models import Ticket
from aiops.reviews import actions
from aiops.reviews.queries import tickets as queries
from tests.factories import make_ticket, make_user

pytestmark = pytest.mark.django_db
LIST = reverse("tickets:list")


def in_hours(hours):
    return clock.now() + timedelta(hours=hours)


def listed(client, **asked):
    return [ticket.pk for ticket, _ in client.get(LIST, asked).context["rows"]]


def sent(client, ticket, **values):
    return client.post(reverse("tickets:answer", args=[ticket.pk]), values)


@pytest.fixture
def reviewer(as_role):
    return as_role("reviewer")


@pytest.mark.parametrize("tickets", [1, 3])
def test_the_list_asks_as_many_questions_for_three_tickets_as_for_one(
    tickets, reviewer, django_assert_num_queries
):
    for _ in range(tickets):
        make_ticket()
    reviewer.get(LIST)
    with django_assert_num_queries(7):
        assert reviewer.get(LIST).status_code == 200


def test_what_is_due_first_stands_first_and_what_is_overdue_does_not_wait(reviewer):
    later, first, over = (make_ticket(due_at=in_hours(hours)) for hours in (5, 1, -1))
    assert listed(reviewer) == [first.pk, later.pk]
    assert listed(reviewer, state="expired") == [over.pk]
    assert set(listed(reviewer, state="all")) == {first.pk, later.pk, over.pk}


@pytest.mark.parametrize(("name", "value"), [("kind", "person"), ("feature", "other"), ("tenant", "globex")])
def test_the_list_is_narrowed_by_what_stands_in_the_url(name, value, reviewer):
    make_ticket()
    wanted = make_ticket(**{name: value})
    assert listed(reviewer, **{name: value}) == [wanted.pk]


def test_counts_leave_out_what_no_longer_waits():
    make_ticket(kind="person", due_at=in_hours(0.5))
    make_ticket(kind="deferred")
    make_ticket(due_at=in_hours(-1))
    assert queries.counts() == {"waiting": 2, "soon": 1, "person": 1, "deferred": 1, "approval": 0}


def test_the_page_shows_what_was_asked_and_the_answer_that_waits(reviewer):
    ticket = make_ticket(inputs={"ticket": "<b>Lamp?</b>"}, messages=[["user", "And a <i>cable</i>?"]])
    shown = reviewer.get(reverse("tickets:ticket", args=[ticket.pk])).content.decode()
    assert "&lt;b&gt;Lamp?&lt;/b&gt;" in shown
    assert "It is on its way." in shown
    assert "<i>cable" not in shown


@pytest.mark.parametrize("role", ["finance", "viewer", "auditor"])
def test_who_may_not_answer_sees_none(role, as_role):
    assert as_role(role).get(LIST).status_code == 403


@pytest.mark.parametrize(
    ("kind", "output", "action"),
    [
        ("approval", "It is on its way.\r\nSorry.\r\n", "reviews.ticket_approved"),
        ("approval", "It is late.", "reviews.ticket_edited"),
        ("person", "It is late.", "reviews.ticket_answered"),
    ],
)
def test_an_answer_is_given_and_written_down(kind, output, action, reviewer):
    ticket = make_ticket(**({} if kind == "approval" else {"kind": kind}))
    assert sent(reviewer, ticket, output=output).url == LIST
    ticket.refresh_from_db()
    wanted = ticket.held if action == "reviews.ticket_approved" else output
    assert (ticket.state, ticket.output, ticket.answered_by) == ("answered", wanted, reviewer.user.email)
    assert AuditEvent.objects.filter(action__startswith="reviews.").get().action == action


def test_the_next_one_that_a_person_can_do_something_about_follows(reviewer):
    first, _, following = make_ticket(), make_ticket(kind="deferred"), make_ticket(due_at=in_hours(30))
    assert sent(reviewer, first, output="Yes.").url == reverse("tickets:ticket", args=[following.pk])


def test_a_rejected_answer_is_given_to_nobody(reviewer):
    ticket = make_ticket()
    sent(reviewer, ticket, output=ticket.held, note="It promises too much.", decision="reject")
    ticket.refresh_from_db()
    assert (ticket.state, ticket.output, ticket.note) == ("rejected", "", "It promises too much.")


@pytest.mark.parametrize(
    ("facts", "values", "words"),
    [
        ({}, {"output": " "}, "Write an answer"),
        ({}, {"output": "x", "decision": "reject"}, "Say why"),
        ({"kind": "person"}, {"output": "x", "note": "y", "decision": "reject"}, "waits for approval"),
        ({"due_at": clock.now() - timedelta(seconds=1)}, {"output": "x"}, "has expired"),
        ({}, {"output": "x", "note": "y" * 2001}, "at most 2000"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(facts, values, words, reviewer):
    ticket = make_ticket(**facts)
    refused = sent(reviewer, ticket, **values)
    assert (refused.status_code, words in refused.content.decode()) == (422, True)
    ticket.refresh_from_db()
    assert ticket.state == "waiting"


def test_the_second_of_two_people_is_told():
    ticket, one = make_ticket(), make_user(roles=["reviewer"])
    actions.answer_ticket(by=one, ticket=ticket, output="Yes.")
    with pytest.raises(Conflict, match="answered already"):
        actions.reject_ticket(by=one, ticket=ticket, note="No.")
    with pytest.raises(InvalidInput):
        actions.answer_ticket(by=one, ticket=ticket, output="")


def test_the_database_keeps_when_a_ticket_was_decided():
    with pytest.raises(IntegrityError):
        Ticket.objects.filter(pk=make_ticket().pk).update(state="rejected")
