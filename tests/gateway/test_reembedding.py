"""All vectors of a use are made anew beside the old ones; searches go on, and are switched in one publish."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from aiops.audit.models import AuditEvent
from aiops.budgets.models import Lease
from aiops.core import clock
from aiops.embeddings import queries
from aiops.embeddings.models import Change, Choice, Space, TextVector
from aiops.embeddings.texts import digest, found, known
from aiops.gateway import tasks
from aiops.gateway.models import Rollup, SemanticEntry, SemanticThreshold, SemanticVector
from aiops.gateway.painting import paint
from aiops.gateway.reembedding import paying, upkeep, work
from aiops.knowledge import searching, spaces
from aiops.knowledge.models import ChunkVector, Knowledge
from aiops.knowledge.searching import Near
from tests import factories
from tests.fakes.answers import meaning
from tests.fakes.model_server import ModelServer

pytestmark = pytest.mark.django_db
TEXTS = {f"{n}.md": f"# Page {n}\n\nWord{n} and some more.\n" for n in range(5)}


@pytest.fixture
def server():
    with ModelServer() as server:
        yield server


def documents(texts=None, **values):
    feature = factories.make_feature()
    factories.load_documents(feature, texts or TEXTS, **values)
    return feature


def change_to(server, **values):
    space = factories.make_space(base_url=server.base_url, **values.pop("facts", {}))
    return factories.make_change(space=space, **values)


def done(change):
    work.work(change.pk, sleep=lambda _: None)
    change.refresh_from_db()
    return change


def test_documents_are_embedded_anew_and_then_searched_by_meaning(server, user):
    feature = documents({"a.md": "# Returns\n\nRefunds take a week.\n", "b.md": "# Hours\n\nNine to five.\n"})
    question = "When am I reimbursed?"
    before = Knowledge.objects.get(feature=feature).revision
    change = done(change_to(server, created_by=user))
    space = change.space
    assert (change.state, change.done, change.total, space.dimensions) == ("finished", 2, 2, 64)
    assert queries.in_force("knowledge") == space
    assert Knowledge.objects.get(feature=feature).revision == before + 1
    picture = paint().picture
    assert (picture.space_of("knowledge").dimensions, picture.space_of("cache")) == (64, None)
    assert not [one for one in searching.search(feature.slug, question) if one.alike > 0.35]
    near = Near(space.pk, meaning(question), 0.1)
    assert searching.search(feature.slug, question, near=near)[0].path == "a.md"
    event = AuditEvent.objects.get(action="embeddings.changed")
    assert (event.after["texts"], event.actor_label) == (2, user.email)


def test_what_it_costs_is_held_charged_and_shown(server):
    feature = documents()
    budget = factories.make_budget(tenant=None, feature=feature)
    change = done(change_to(server))
    tokens = Rollup.objects.get(feature=feature.slug).input_tokens
    period = budget.periods.get()
    assert (period.spent, period.leased) == (tokens * Decimal("0.000001"), 0)
    assert change.cost == sum(Rollup.objects.values_list("cost", flat=True))
    assert Rollup.objects.get(feature=feature.slug).served_by == "embedding"


def test_a_budget_without_room_ends_the_change_and_asks_nobody(server):
    feature = documents()
    factories.make_budget(tenant=None, feature=feature, amount=Decimal("0.00001"))
    change = done(change_to(server))
    assert (change.state, change.done) == ("failed", 0)
    assert "leaves no room" in change.reason
    assert queries.in_force("knowledge") is None
    assert len(server.requests) == 1  # of the one text that measures the length


def test_failures_of_the_vendor_are_tried_again_and_others_end_the_change(server):
    documents()
    server.script("", "503", "429:0.1")
    assert done(change_to(server)).state == "finished"
    server.script("", "401")
    change = done(change_to(server))
    assert (change.state, change.reason[:37]) == ("failed", "The vendor does not accept the key (4")


def test_a_vendor_that_goes_on_failing_ends_it(server):
    documents()
    server.script("", *["503"] * work.TRIES)
    change = done(change_to(server))
    assert (change.state, len(server.requests)) == ("failed", 1 + work.TRIES)


def test_vectors_that_are_too_long_are_refused_before_anything_is_stored(server):
    documents()
    server.script(f"body:{json.dumps({'data': [{'index': 0, 'embedding': [1] * 2001}]})}")
    change = done(change_to(server))
    assert change.reason.startswith("The model gives 2,001 numbers; an index holds 2,000.")
    assert ChunkVector.objects.count() == 0


def test_a_vendor_shortens_or_we_cut(server):
    documents()
    assert done(change_to(server, facts={"asked": 16})).space.dimensions == 16
    assert server.requests[-1].body["dimensions"] == 16
    change = done(change_to(server, facts={"asked": 48, "cut": True}))
    assert change.space.dimensions == 48
    assert "dimensions" not in server.requests[-1].body


def test_a_worker_that_is_killed_loses_nothing_but_its_money(server, monkeypatch):
    feature = documents()
    factories.make_budget(tenant=None, feature=feature)
    change = change_to(server)
    monkeypatch.setattr(work, "ROUND", 2)
    real, rounds = paying.embedded, []

    def killed(*args):
        if len(rounds) == 2:
            raise KeyboardInterrupt
        rounds.append(args)
        return real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(paying, "embedded", killed)
        with pytest.raises(KeyboardInterrupt):
            work.work(change.pk)
    assert (ChunkVector.objects.count(), queries.in_force("knowledge")) == (2, None)
    Change.objects.update(heartbeat_at=clock.now() - timedelta(hours=1))
    upkeep.sweep()
    assert Lease.objects.filter(state="open", granted__gt=0).count() == 0
    asked = len(server.requests)
    change = done(change)
    assert (change.state, change.token, change.done, change.total) == ("finished", 2, 5, 5)
    assert len(server.requests) == asked + 1 + 2  # the length, then what was missing


def test_a_change_that_kills_its_workers_is_given_up(server):
    change = change_to(server, state="running", token=5, heartbeat_at=clock.now() - timedelta(hours=1))
    tasks.keep_embeddings()
    change.refresh_from_db()
    assert (change.state, change.reason) == ("failed", "5 workers were lost over it.")


def test_a_cancelled_change_is_left_at_once(server, monkeypatch):
    documents()
    change = change_to(server)
    real = paying.embedded

    def cancelled(*args):
        Change.objects.update(state="cancelled", finished_at=clock.now())
        return real(*args)

    monkeypatch.setattr(paying, "embedded", cancelled)
    assert done(change).state == "cancelled"
    assert ChunkVector.objects.count() == 0


def test_a_change_is_done_once(server):
    change = done(change_to(server))
    assert done(change).token == 1


def test_what_is_loaded_meanwhile_and_later_gets_its_vector(server, monkeypatch):
    feature = documents()
    real, loaded = spaces.index, []

    def load_first(space):
        if not loaded:
            loaded.append(factories.load_documents(feature, {"late.md": "# Late\n\nCame meanwhile.\n"}))
        real(space)

    monkeypatch.setattr(spaces, "index", load_first)
    change = done(change_to(server))
    assert (change.state, ChunkVector.objects.count()) == ("finished", 6)
    factories.load_documents(feature, {"later.md": "# Later\n\nCame later.\n"})
    revision = Knowledge.objects.get(feature=feature).revision
    tasks.keep_embeddings()
    assert ChunkVector.objects.count() == 7
    assert Knowledge.objects.get(feature=feature).revision == revision + 1


def test_chunks_take_their_vectors_with_them(server):
    feature = documents()
    done(change_to(server))
    factories.load_documents(feature, {"0.md": "# Page\n\nAnother text.\n"})
    assert ChunkVector.objects.count() == 4


def test_old_vectors_go_an_hour_after_the_switch(server):
    documents()
    first, second = done(change_to(server)).space, done(change_to(server)).space
    tasks.keep_embeddings()
    assert ChunkVector.objects.filter(space=first).count() == 5
    Choice.objects.update(since=clock.now() - timedelta(hours=2))
    tasks.keep_embeddings()
    assert (ChunkVector.objects.filter(space=first).count(), spaces.counted(second.pk)) == (0, 5)
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname LIKE 'knowledge_vector_s%%'")
        assert cursor.fetchall() == [(f"knowledge_vector_s{second.pk}",)]


def test_back_to_hashing_needs_no_vectors(server):
    documents()
    done(change_to(server))
    back = done(Change.objects.create(use="knowledge"))
    assert (back.state, queries.in_force("knowledge"), paint().picture.space_of("knowledge")) == (
        "finished",
        None,
        None,
    )


def test_cached_questions_are_embedded_and_their_thresholds_learnt_again(server):
    key, place = b"k" * 32, b"p" * 32
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO gateway_semanticentry (key, partition, feature, tenant, knowledge_revision,"
            " question, at, expires_at, embedding) VALUES (%s, %s, 'f', '', 0, 'Where is my refund?', now(),"
            " now() + '1 hour', array_fill(0.1, ARRAY[512])::vector::halfvec)",
            [key, place],
        )
    factories.make_cache_threshold(feature="f", threshold=0.9)
    change = done(change_to(server, use="cache"))
    kept = SemanticVector.objects.get()
    assert (bytes(kept.key), bytes(kept.partition), kept.space) == (key, place, change.space_id)
    newest = SemanticThreshold.objects.filter(feature="f").first()
    assert (newest.action, newest.threshold, newest.space) == ("embedder", None, change.space_id)
    assert SemanticEntry.objects.count() == 1


def test_a_use_without_stored_texts_is_switched_once_the_model_has_answered(server):
    assert done(change_to(server, use="grounding")).state == "finished"
    server.script("404")
    assert done(change_to(server, use="grounding")).state == "failed"


def test_routers_keep_what_they_learn_from(server):
    dataset = factories.make_dataset()
    factories.make_cases(dataset, [{}, {}, {"inputs": {"ticket": "Once more."}}])
    frozen = factories.make_dataset_version(dataset=dataset)
    factories.make_router(dataset_version=frozen, weights=b"", sha256="", recipe={}, case_count=3, seconds=1)
    change = done(change_to(server, use="router"))
    assert (change.state, change.done, TextVector.objects.count()) == ("finished", 3, 3)
    assert known(change.space_id, [digest("Once more.")]) == {digest("Once more.")}
    assert len(found(change.space_id, [digest("Once more.")])[digest("Once more.")]) == 64


def test_a_stopped_model_and_one_without_price_are_not_asked(server):
    documents()
    change = change_to(server)
    factories.make_stop(scope="model", target=change.space.model.name, reason="It leaks.")
    assert done(change).reason == f"The model {change.space.model.name} is stopped: It leaks."
    other = factories.make_change(space=factories.make_space(model=factories.make_model()))
    assert "has no price" in done(other).reason
    assert len(server.requests) == 0


def test_batches_are_of_one_feature_and_within_bounds():
    texts = [paying.Text(n, "b" if n % 2 else "a", "x" * 100) for n in range(200)]
    batches = list(paying._parts(texts))
    assert [(part[0].feature, len(part)) for part in batches] == [("a", 64), ("a", 36), ("b", 64), ("b", 36)]
    long = [paying.Text(n, "a", "x" * 8000) for n in range(20)]
    assert [len(part) for part in paying._parts(long)] == [12, 8]


def test_a_space_knows_how_alike_unrelated_texts_are(server):
    documents({f"{n}.md": f"# Page {n}\n\nword{n} other{n} further{n} more{n}.\n" for n in range(40)})
    change = done(change_to(server))
    assert 0.2 < Space.objects.get(pk=change.space_id).alike < 0.95
