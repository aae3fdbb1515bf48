"""An administrator asks for another embedder; what cannot work is refused at once."""

import pytest

from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput
from aiops.embeddings import actions, queries
from aiops.embeddings.models import Change, Space
from aiops.providers import sentence_transformers
from tests import factories

pytestmark = pytest.mark.django_db


def of(model, **facts):
    return Space(kind="provider", model=model, **facts)


def priced_model(**values):
    model = factories.make_model(**values)
    factories.make_price(model=model)
    return model


def start(user, space, use="knowledge"):
    return actions.start_change(by=user, use=use, wanted=space)


def test_a_change_waits_for_a_worker_and_is_audited(user):
    model = priced_model()
    change = start(user, of(model, asked=256))
    assert (change.state, change.space.maker, change.before) == ("queued", model.name, None)
    event = AuditEvent.objects.get(action="embeddings.change_started")
    assert event.after == {"use": "knowledge", "embedder": f"{model.name}, 256 numbers"}
    assert queries.wanted_spaces("knowledge") == [change.space_id]


def test_one_change_of_a_use_at_a_time(user):
    model = priced_model()
    start(user, of(model))
    with pytest.raises(Conflict, match="being changed already"):
        start(user, of(model))
    assert start(user, of(model), "cache").space == Space.objects.get()


def test_a_cancelled_change_leaves_everything_as_it_is(user):
    change = start(user, of(priced_model()))
    actions.cancel_change(by=user, change=change)
    change.refresh_from_db()
    assert change.state == Change.State.CANCELLED
    assert queries.in_force("knowledge") is None
    with pytest.raises(Conflict, match="ended already"):
        actions.cancel_change(by=user, change=change)


def test_the_same_embedder_once_more_makes_all_vectors_anew(user):
    space = factories.make_choice().space
    assert start(user, of(space.model)).space != space
    assert start(user, of(space.model), "cache").space == Space.objects.first()


def test_hashing_needs_no_model_and_is_where_one_begins(user):
    with pytest.raises(Conflict, match="on hashing already"):
        start(user, None)
    factories.make_choice()
    assert start(user, None).space is None


def test_a_model_without_price_or_embeddings_is_refused(user):
    with pytest.raises(InvalidInput, match="has no price"):
        start(user, of(factories.make_model()))
    with pytest.raises(InvalidInput, match="is retired"):
        start(user, of(priced_model(retired_at=clock.now())))
    claude = factories.make_provider(kind="anthropic", base_url="https://api.example.com", name="Claude")
    with pytest.raises(InvalidInput, match="Claude has no embeddings"):
        start(user, of(priced_model(provider=claude)))


def test_more_numbers_than_an_index_holds_are_refused(user):
    with pytest.raises(InvalidInput, match="from 1 to 2,000 numbers"):
        start(user, of(priced_model(), asked=3072))
    with pytest.raises(InvalidInput):
        start(user, of(priced_model(), cut=True))


def test_a_local_model_needs_the_extra(user, monkeypatch):
    monkeypatch.setattr(sentence_transformers, "find_spec", lambda _: None)
    local = Space(kind="local", local_name="all-MiniLM-L6-v2")
    with pytest.raises(InvalidInput, match="pip install"):
        start(user, local)
    monkeypatch.setattr(sentence_transformers, "find_spec", lambda _: object())
    assert str(start(user, local).space) == "all-MiniLM-L6-v2"
