"""The gateway's search on a real PostgreSQL: whose documents, which version, and a database that is slow."""

import asyncio
from dataclasses import replace

import pytest

from aiops.gateway import listening
from aiops.gateway.errors import ProviderFailed
from aiops.gateway.memory import MemoryCache, MemoryVendors, memory_world
from aiops.gateway.painting import paint
from aiops.gateway.pipeline import gateway
from aiops.gateway.stores.library import StoredLibrary, searching_at
from aiops.gateway.stores.pool import Pool
from aiops.knowledge import searching
from tests import factories
from tests.gateway.world import Vendor, make_call

pytestmark = pytest.mark.django_db(transaction=True)
INPUTS = {"ticket": "After how many days can it be returned?"}


class Reader(Vendor):
    """Answers with the last line that it was shown of the first passage."""

    async def chat(self, request, *, timeout):
        shown = request.messages[-2].content
        self.says = (f"{shown.split('</passages>')[0].strip().splitlines()[-1]} [1]",)
        return await super().chat(request, timeout=timeout)


def with_library(act):
    """What `act` gives for a library on the test's database."""

    async def run():
        pool = Pool(searching_at(listening.address()), most=1)
        await pool.open()
        try:
            return await act(StoredLibrary(pool.connect))
        finally:
            await pool.close()

    return asyncio.run(run())


def ask(cache, **changes):
    """One call of "summary" as its documents and its revision are now."""
    known = paint().picture.features["summary"].knowledge_revision

    async def act(library):
        world = memory_world(cache=cache, library=library, vendors=MemoryVendors({"small": Reader()}))
        call = make_call({"retrieval": {"on": True}}, inputs=INPUTS, **changes)
        return await gateway(world)(
            replace(call, feature=call.feature.model_copy(update={"knowledge_revision": known}))
        )

    return with_library(act)


def test_a_document_that_changes_changes_the_next_answer():
    feature, cache = factories.make_feature(slug="summary"), MemoryCache()
    factories.load_documents(feature, {"a.md": "# Returns\n\nWithin 30 days."})
    first, again = ask(cache), ask(cache)
    assert [(one.outcome, one.text) for one in (first, again)] == [
        ("answered", "Within 30 days. [1]"),
        ("cached", "Within 30 days. [1]"),
    ]
    assert first.passages[0].quote == "Within 30 days."
    factories.load_documents(feature, {"a.md": "# Returns\n\nWithin 14 days."})
    after = ask(cache)
    assert (after.outcome, after.text) == ("answered", "Within 14 days. [1]")


def test_each_tenant_is_shown_its_own_documents_alone():
    feature = factories.make_feature(slug="summary")
    for name in ("acme", "globex"):
        text = f"# Returns\n\n{name} returns within 60 days."
        factories.load_documents(feature, {"a.md": text}, tenant=factories.make_tenant(slug=name))
    assert ask(MemoryCache(), tenant="acme").text == "acme returns within 60 days. [1]"
    assert ask(MemoryCache(), tenant="globex").text == "globex returns within 60 days. [1]"


def test_a_japanese_question_finds_the_japanese_document():
    feature = factories.make_feature(slug="summary")
    texts = {
        "ja.md": "# 返品\n\n返品は30日以内です。",
        "ja2.md": "# 配送\n\n配送は三日です。",
        "en.md": "# Returns\n\nOne day.",
    }
    factories.load_documents(feature, texts)

    async def act(library):
        return await library.search(make_call(locale="ja-JP"), "返品の期限を教えてください", 3)

    assert [passage.document for passage in with_library(act)] == ["ja.md"]


def test_a_search_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(searching, "SEARCH", "SELECT pg_sleep(5)")
    monkeypatch.setattr("aiops.gateway.stores.library.STATEMENT", 0.02)

    async def act(library):
        return await library.search(make_call(), "days", 3)

    with pytest.raises(ProviderFailed) as failed:
        with_library(act)
    assert "statement timeout" in str(failed.value.__cause__)


def test_a_database_that_is_away_is_no_error_of_ours():
    async def act():
        pool = Pool({"host": "/nowhere", "connect_timeout": 1}, most=1)
        await pool.open()
        try:
            return await StoredLibrary(pool.connect).search(make_call(), "days", 3)
        finally:
            await pool.close()

    with pytest.raises(ProviderFailed, match="can't be searched now"):
        asyncio.run(act())
