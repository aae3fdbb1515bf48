"""One person has a ticket at a time, for as long as their page is there; what they answered can be a case."""

from datetime import timedelta

import pytest
from django.urls import reverse

from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput
from aiops.datasets.models import Case, Dataset
from aiops.reviews import actions, ticket_claims
from aiops.reviews.models import TicketClaim
from aiops.reviews.queries import tickets as queries
from tests import factories
from tests.factories import make_ticket, make_user

pytestmark = pytest.mark.django_db
LIST = reverse("tickets:list")


def address(name, ticket):
    return reverse(f"tickets:{name}", args=[ticket.pk])


def lapse():
    TicketClaim.objects.update(lease_until=clock.now() - timedelta(seconds=1))


@pytest.fixture
def people():
    return make_user(roles=["reviewer"], name="Ann"), make_user(roles=["reviewer"], name="Bo")


def test_a_ticket_is_given_to_one_person(people):
    ticket, (one, other) = make_ticket(), people
    assert ticket_claims.take(one, ticket)
    assert not ticket_claims.take(other, ticket)
    assert ticket_claims.take(one, ticket)
    assert ticket_claims.holder(ticket).person == one


def test_what_is_due_first_is_given_first_and_what_one_holds_before_that(people):
    one, other = people
    later, first = (make_ticket(due_at=clock.now() + timedelta(hours=hours)) for hours in (5, 1))
    make_ticket(kind="deferred"), make_ticket(state="expired")
    assert ticket_claims.take_next(one) == first
    assert ticket_claims.take_next(one) == first
    assert ticket_claims.take_next(other) == later
    assert ticket_claims.take_next(make_user(roles=["reviewer"])) is None


def test_a_claim_whose_page_is_gone_is_anybodys(people):
    ticket, (one, other) = make_ticket(), people
    assert ticket_claims.take(one, ticket)
    assert ticket_claims.keep(one, ticket)
    lapse()
    assert not ticket_claims.keep(one, ticket)
    assert ticket_claims.holder(ticket) is None
    assert ticket_claims.take(other, ticket)
    assert not ticket_claims.keep(one, ticket)


def test_what_is_given_back_is_free_at_once(people):
    ticket, (one, other) = make_ticket(), people
    ticket_claims.take(one, ticket)
    assert not ticket_claims.give_back(other, ticket)
    assert ticket_claims.give_back(one, ticket)
    assert ticket_claims.take(other, ticket)


def test_nobody_answers_what_somebody_else_has(people):
    ticket, (one, other) = make_ticket(), people
    ticket_claims.take(one, ticket)
    with pytest.raises(Conflict, match="Ann has this ticket"):
        actions.answer_ticket(by=other, ticket=ticket, output="Yes.")
    with pytest.raises(Conflict, match="Ann has this ticket"):
        actions.reject_ticket(by=other, ticket=ticket, note="No.")
    assert actions.answer_ticket(by=one, ticket=ticket, output="Yes.").state == "answered"


def test_a_ticket_is_handed_over_with_a_note(people):
    ticket, (one, other) = make_ticket(), people
    ticket_claims.take(one, ticket)
    with pytest.raises(Conflict):
        actions.hand_over_ticket(by=other, ticket=ticket, to=one)
    claim = actions.hand_over_ticket(by=one, ticket=ticket, to=other, note=" You know them. ")
    assert (claim.person, claim.note) == (other, "You know them.")
    assert not ticket_claims.take(one, ticket)
    assert ticket_claims.take(other, ticket)
    assert ticket_claims.holder(ticket).note == "You know them."
    assert ticket_claims.holder(ticket).lease_until > clock.now() + timedelta(minutes=50)
    event = AuditEvent.objects.get(action="reviews.ticket_handed_over")
    assert (event.after, event.reason) == ({"to": other.email}, "You know them.")


def test_a_ticket_is_handed_over_to_nobody_who_may_not_answer(people):
    ticket, (one, _) = make_ticket(), people
    for to in (one, make_user(roles=["finance"])):
        with pytest.raises(InvalidInput):
            actions.hand_over_ticket(by=one, ticket=ticket, to=to)


def test_the_pages_of_a_claim(as_role, people):
    client, ticket = as_role("reviewer"), make_ticket()
    assert "Take it" in client.get(address("ticket", ticket)).content.decode()
    assert client.post(address("take", ticket)).url == address("ticket", ticket)
    assert "Approve as it stands here" in client.get(address("ticket", ticket)).content.decode()
    assert client.post(address("keep", ticket)).status_code == 204
    assert client.post(address("give-back", ticket)).url == LIST
    assert "no longer yours" in client.post(address("keep", ticket)).content.decode()
    assert client.post(reverse("tickets:next")).url == address("ticket", ticket)
    _, other = people
    client.post(address("hand-over", ticket), {"to": other.pk, "note": "Please."})
    shown = client.get(address("ticket", ticket)).content.decode()
    assert "Bo has this ticket" in shown
    assert "Approve as it stands here" not in shown
    said = client.post(address("take", ticket), follow=True).content.decode()
    assert "Somebody else has it" in said
    assert "Choose a colleague" in client.post(address("hand-over", ticket), follow=True).content.decode()
    assert client.post(reverse("tickets:next")).url == LIST


@pytest.mark.parametrize(("who", "count"), [("", 3), ("mine", 1), ("free", 1)])
def test_the_list_says_whose_a_ticket_is(who, count, as_role, people):
    client, (other, _) = as_role("reviewer"), people
    mine, theirs, _ = make_ticket(), make_ticket(), make_ticket()
    ticket_claims.take(client.user, mine), ticket_claims.take(other, theirs)
    answer = client.get(LIST, {"who": who})
    assert len(answer.context["rows"]) == count
    assert ("Ann" in answer.content.decode()) == (who == "")


def test_what_the_model_had_and_wrote_is_at_hand(as_role):
    passage = {"number": 1, "document": "a.md", "title": "Returns", "text": "Within 30 days.", "score": 1.0}
    check = {"name": "grounding", "passed": False, "reason": "No citation."}
    call = factories.make_call(rejected="<b>Never</b>", passages=[passage], checks=[check], error="Withheld.")
    ticket = make_ticket(kind="person", held="", call_id=call.id)
    shown = as_role("reviewer").get(address("ticket", ticket)).content.decode()
    assert "Within 30 days." in shown
    assert "&lt;b&gt;Never&lt;/b&gt;" in shown
    assert "No citation." in shown
    assert reverse("calls:call", args=[call.id]) not in shown  # reviewers do not see the calls


def test_an_answer_becomes_a_golden_case_with_where_it_came_from(as_role):
    feature = factories.make_feature()
    ticket = make_ticket(feature=feature.slug, inputs={"ticket": "Lamp?"}, locale="de", category="unknown")
    client = as_role("reviewer")
    client.post(address("answer", ticket), {"output": '{"a": 1}', "golden": "1"})
    case = Case.objects.get()
    assert (case.key, case.dataset.name) == (queries.case_key(ticket), f"{feature.slug}-reviewed")
    assert (case.inputs, case.expected, case.locale, case.category) == (
        {"ticket": "Lamp?"},
        {"a": 1},
        "de",
        "",
    )
    assert case.metadata["source"]["ticket"] == ticket.pk
    assert case.metadata["source"]["answered_by"] == client.user.email
    assert queries.golden_name(ticket) == case.dataset.name
    said = client.post(address("case", ticket), follow=True).content.decode()
    assert "a golden case already" in said
    assert case.key in said


def test_what_cannot_be_a_case_says_why():
    by, feature = make_user(), factories.make_feature()
    waiting = make_ticket(feature=feature.slug)
    with pytest.raises(InvalidInput, match="answered"):
        actions.ticket_as_case(by=by, ticket=waiting)
    bare = make_ticket(feature=feature.slug, inputs={})
    actions.answer_ticket(by=by, ticket=bare, output="Yes.")
    with pytest.raises(InvalidInput, match="named inputs"):
        actions.ticket_as_case(by=by, ticket=bare)
    assert queries.golden_name(bare) == ""
    assert not Dataset.objects.exists()


def test_home_says_how_many_wait_and_which_are_ones_own(as_role, people):
    client, (other, _) = as_role("reviewer"), people
    mine, theirs, free = (make_ticket(due_at=clock.now() + timedelta(hours=hours)) for hours in (3, 1, 2))
    make_ticket(kind="deferred")
    ticket_claims.take(client.user, mine), ticket_claims.take(other, theirs)
    found = queries.waiting_for(client.user)
    assert (found.free, found.mine, found.count, found.due) == (1, 1, 2, free.due_at)
    shown = client.get("/").content.decode()
    assert "2 tickets" in shown
    assert "1 of them yours" in shown
    assert queries.waiting_for(make_user(roles=["viewer"])).count == 0
