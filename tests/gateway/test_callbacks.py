"""A ticket's end is told to its application: signed, again until it says yes, never by asking a model."""

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.urls import reverse

from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput
from aiops.core.outward import Refused, Said, Sender, Unreached
from aiops.features import actions as features
from aiops.features.models import Feature
from aiops.features.policy import Policy
from aiops.gateway import callbacks, retrying, tasks
from aiops.gateway.models import Callback, CallbackTry
from aiops.reviews import actions
from tests import factories
from tests.fakes.listener import listening

pytestmark = pytest.mark.django_db
ADDRESS = "https://app.example.com/answers"
HERE = Sender(public=lambda address: address == "127.0.0.1", http=True)


class Says:
    """A sender that gives these answers, one after the other."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.sent = []

    def post(self, url, body, headers):
        self.sent.append((url, body, headers))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Said(answer, "no" if answer >= 300 else "")


@pytest.fixture
def feature():
    feature = factories.make_feature(slug="reply")
    factories.make_policy(feature=feature, settings={"callback_url": ADDRESS})
    return feature


@pytest.fixture
def secret(feature, user):
    return features.make_callback_secret(by=user, feature=feature)


@pytest.fixture
def enqueued(monkeypatch):
    found = []
    monkeypatch.setattr(callbacks, "enqueue", lambda task, *args, **_: found.append((task, *args)))
    return found


@pytest.fixture
def ended(secret, enqueued, user):
    return actions.answer_ticket(by=user, ticket=factories.make_ticket(), output="Tomorrow. 🚚")


def at(ticket):
    return Callback.objects.get(pk=ticket.pk)


def again_at_once(ticket):
    Callback.objects.filter(pk=ticket.pk, state="waiting").update(next_at=clock.now())


def test_an_answer_arrives_signed(ended, secret):
    with listening() as (url, seen):
        factories.make_policy(feature=Feature.objects.get(), settings={"callback_url": url})
        assert callbacks.deliver(ended.pk, HERE) is True
    (one,) = seen
    stamp = one.headers["x-aiops-timestamp"]
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + one.body, hashlib.sha256).hexdigest()
    assert one.headers["x-aiops-signature"] == f"sha256={mac}"
    assert abs(int(stamp) - clock.now().timestamp()) < 60
    assert json.loads(one.body) == {"id": ended.pk, "state": "answered", "output": "Tomorrow. 🚚"}
    assert (one.headers["x-aiops-delivery"], one.headers["content-type"]) == (ended.pk, "application/json")
    assert (at(ended).state, at(ended).next_at, at(ended).attempts.get().status) == ("delivered", None, 200)


def test_what_is_delivered_is_not_sent_again(ended):
    says = Says(204)
    assert (callbacks.deliver(ended.pk, says), callbacks.deliver(ended.pk, says)) == (True, None)
    assert len(says.sent) == 1


def test_a_worker_that_has_it_keeps_others_from_it(ended):
    Callback.objects.update(next_at=clock.now() + callbacks.LEASE)
    assert callbacks.deliver(ended.pk, Says()) is None


def test_tries_are_further_and_further_apart_and_each_is_a_row(ended):
    says = Says(500, Unreached("No answer came in time."), 302)
    waits = []
    for _ in range(3):
        assert callbacks.deliver(ended.pk, says) is False
        waits.append(round((at(ended).next_at - clock.now()).total_seconds()))
        again_at_once(ended)
    assert waits == [30, 120, 600]
    tries = CallbackTry.objects.order_by("id").values_list("status", "said", "address")
    assert list(tries) == [
        (500, "no", ADDRESS), (None, "No answer came in time.", ADDRESS), (302, "no", ADDRESS)
    ]  # fmt: skip  # rows of a table, one to a line


def test_after_the_last_wait_it_is_given_up(ended):
    says = Says(*[500] * (len(callbacks.WAITS) + 1))
    while at(ended).state == "waiting":
        callbacks.deliver(ended.pk, says)
        again_at_once(ended)
    assert (at(ended).state, at(ended).attempts.count(), says.answers) == ("failed", 8, [])


@pytest.mark.parametrize("answer", [410, Refused("10.0.0.1 is no public address.")])
def test_where_another_try_would_not_help_there_is_none(answer, ended):
    assert callbacks.deliver(ended.pk, Says(answer)) is False
    assert at(ended).state == "failed"


def test_without_a_secret_nothing_leaves(ended):
    Feature.objects.get().callback_secret.delete()
    says = Says()
    assert callbacks.deliver(ended.pk, says) is False
    assert (at(ended).attempts.get().said, says.sent) == (
        "The feature has no callback secret. Make one, then send again.", []
    )  # fmt: skip  # short names, packed: they would fill the page


def test_where_the_policy_names_no_address_any_more_it_is_given_up(ended):
    factories.make_policy(feature=Feature.objects.get(), settings={})
    assert callbacks.deliver(ended.pk, Says()) is False
    assert (at(ended).state, at(ended).attempts.get().address) == ("failed", "")


def test_a_feature_without_an_address_tells_nobody(user, enqueued):
    factories.make_feature(slug="reply")
    actions.answer_ticket(by=user, ticket=factories.make_ticket(), output="Yes.")
    assert (Callback.objects.count(), enqueued) == (0, [])


def test_rejected_and_expired_tickets_are_told_without_an_answer(secret, enqueued, user):
    rejected = actions.reject_ticket(by=user, ticket=factories.make_ticket(), note="Wrong.")
    expired = factories.make_ticket(kind="person", due_at=clock.now() - timedelta(seconds=1))
    assert retrying.expire() == 1
    assert enqueued == [(callbacks.TASK, rejected.pk), (callbacks.TASK, expired.pk)]
    says = Says(200, 200)
    for ticket in (rejected, expired):
        callbacks.deliver(ticket.pk, says)
    bodies = [json.loads(body) for _, body, _ in says.sent]
    assert [(one["state"], one["output"]) for one in bodies] == [("rejected", None), ("expired", None)]


def test_what_is_due_is_found_though_the_broker_lost_it(
    ended, django_capture_on_commit_callbacks, monkeypatch
):
    sent = []
    monkeypatch.setattr(tasks, "enqueue", lambda task, *args, **_: sent.append((task, *args)))
    later = factories.make_ticket(state="expired")
    Callback.objects.create(ticket=later, next_at=clock.now() + timedelta(hours=1))
    tasks.deliver_callbacks()
    assert sent == [(callbacks.TASK, ended.pk)]


def test_a_person_has_it_sent_again_from_the_first_try_on(ended, user, enqueued, monkeypatch):
    monkeypatch.setattr(
        "aiops.reviews.actions.tickets.enqueue", lambda task, *args, **_: enqueued.append((task, *args))
    )
    callbacks.deliver(ended.pk, Says(410))
    enqueued.clear()
    actions.send_again(by=user, ticket=ended)
    assert (at(ended).state, at(ended).tries, enqueued) == ("waiting", 0, [(callbacks.TASK, ended.pk)])
    assert callbacks.deliver(ended.pk, Says(200)) is True
    assert at(ended).attempts.count() == 2


def test_a_round_that_a_person_began_is_not_ended_by_the_try_before(ended, user):
    class Meanwhile(Says):
        def post(self, url, body, headers):
            actions.send_again(by=user, ticket=ended)
            return super().post(url, body, headers)

    callbacks.deliver(ended.pk, Meanwhile(410))
    assert (at(ended).state, at(ended).attempts.count()) == ("waiting", 1)


def test_what_still_waits_and_what_has_no_address_is_not_sent_again(feature, user):
    with pytest.raises(Conflict, match="nothing to send yet"):
        actions.send_again(by=user, ticket=factories.make_ticket())
    with pytest.raises(InvalidInput, match="names no address"):
        actions.send_again(by=user, ticket=factories.make_ticket(feature="other", state="expired"))


def test_the_tickets_page_shows_each_try_and_sends_again(ended, as_role):
    reviewer = as_role("reviewer")
    callbacks.deliver(ended.pk, Says(500, 410))
    again_at_once(ended)
    callbacks.deliver(ended.pk, Says(410))
    page = reviewer.get(reverse("tickets:ticket", args=[ended.pk])).content.decode()
    assert ("Given up" in page, page.count("<li><span><time")) == (True, 2)
    reviewer.post(reverse("tickets:send-again", args=[ended.pk]))
    assert at(ended).state == "waiting"


def test_the_page_says_why_nothing_is_sent(as_role):
    ticket = factories.make_ticket()
    answer = as_role("reviewer").post(reverse("tickets:send-again", args=[ticket.pk]), follow=True)
    assert "still waits" in answer.content.decode()


def test_the_secret_is_shown_once_and_another_one_takes_its_place(feature, as_role):
    engineer = as_role("engineer")
    make, page = (
        reverse(name, args=["reply"]) for name in ("features:make-callback-secret", "features:callback")
    )
    assert "Nothing is sent without one" in engineer.get(page).content.decode()
    first, second = (engineer.post(make).context["secret"] for _ in range(2))
    assert first != second
    assert second not in engineer.get(page).content.decode()
    assert second.encode() not in bytes(Feature.objects.get().callback_secret.sealed)


@pytest.mark.parametrize("url", ["http://app.example.com/", "https://192.168.1.1/", "https://localhost/x"])
def test_a_policy_takes_public_https_addresses_alone(url, feature, user):
    with pytest.raises(InvalidInput, match="Where answers of tickets are sent"):
        features.set_policy(by=user, feature=feature, policy=Policy(callback_url=url))
