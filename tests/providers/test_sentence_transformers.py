"""Models in this process: loaded when first asked, once, and with a clear word where the extra is missing."""

import asyncio
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import ClassVar

import pytest

from aiops.providers import sentence_transformers
from aiops.providers.errors import Timeout, Unsupported
from aiops.providers.protocol import EmbeddingProvider, EmbedRequest
from aiops.providers.sentence_transformers import SentenceTransformers


class Model:
    """As sentence-transformers' own: rows of numbers from `encode`."""

    loaded: ClassVar[list[str]] = []

    def __init__(self, name):
        if name == "missing/model":
            raise OSError("it is not a local folder and not a valid model identifier")
        self.loaded.append(name)

    def encode(self, texts, *, convert_to_numpy, show_progress_bar):
        assert (convert_to_numpy, show_progress_bar) == (True, False)
        return [[float(len(text)), 1.0] for text in texts]


@pytest.fixture
def package(monkeypatch):
    fake = ModuleType("sentence_transformers")
    fake.__spec__ = ModuleSpec("sentence_transformers", None)
    vars(fake)["SentenceTransformer"] = Model
    monkeypatch.setitem(sys.modules, "sentence_transformers", fake)
    sentence_transformers._model.cache_clear()
    Model.loaded = []
    yield
    sentence_transformers._model.cache_clear()


def embed(name="tiny/model", *texts, timeout=5.0):
    return asyncio.run(SentenceTransformers().embed(EmbedRequest(name, texts), timeout=timeout))


@pytest.mark.usefixtures("package")
def test_texts_become_vectors_and_the_model_is_loaded_once():
    assert embed("tiny/model", "a", "abc").vectors == ((1.0, 1.0), (3.0, 1.0))
    assert embed("tiny/model", "ab").vectors == ((2.0, 1.0),)
    assert Model.loaded == ["tiny/model"]
    assert isinstance(SentenceTransformers(), EmbeddingProvider)
    asyncio.run(SentenceTransformers().close())


@pytest.mark.usefixtures("package")
def test_a_model_that_is_not_there_is_named():
    with pytest.raises(Unsupported, match="'missing/model' can't be loaded"):
        embed("missing/model", "a")


@pytest.mark.usefixtures("package")
def test_nobody_waits_longer_than_they_said(monkeypatch):
    async def slow(*_):
        await asyncio.sleep(1)

    monkeypatch.setattr(asyncio, "to_thread", slow)
    with pytest.raises(Timeout, match=r"longer than 0\.01 s"):
        embed("tiny/model", "a", timeout=0.01)


def test_without_the_extra_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(sentence_transformers, "find_spec", lambda _: None)
    sentence_transformers._model.cache_clear()
    assert not sentence_transformers.installed()
    with pytest.raises(Unsupported, match=r"pip install 'aiops\[sentence-transformers\]'"):
        embed("tiny/model", "a")


@pytest.mark.skipif(not sentence_transformers.installed(), reason="needs the extra sentence-transformers")
def test_a_real_tiny_model_answers(tmp_path):
    package = pytest.importorskip("sentence_transformers")
    words = package.models.BoW(vocab=["refund", "order", "phone"])
    package.SentenceTransformer(modules=[words], device="cpu").save(str(tmp_path))
    first, second = embed(str(tmp_path), "refund order", "phone").vectors
    assert len(first) == 3
    assert sum(a * b for a, b in zip(first, second, strict=True)) == 0
