"""Models of sentence-transformers, in this process: an extra, since it brings PyTorch with it.

Loaded when first asked; one model for each name. Texts leave no machine, and cost nothing.
"""

import asyncio
import threading
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from aiops.providers.errors import Timeout, Unsupported
from aiops.providers.protocol import EmbedReply, EmbedRequest, Usage

PACKAGE = "sentence_transformers"
ADVICE = (
    "sentence-transformers is not installed here. Install it for the console, the workers and the gateways "
    "(pip install 'aiops[sentence-transformers]'), or choose another embedder."
)
_loading = threading.Lock()


def installed() -> bool:
    """Whether the extra is there; nothing is loaded."""
    return find_spec(PACKAGE) is not None


class SentenceTransformers:
    """An `EmbeddingProvider`. `model` of a request is a name of the Hugging Face hub, or a folder."""

    async def embed(self, request: EmbedRequest, *, timeout: float) -> EmbedReply:
        """The vectors, made in a thread. Raises Unsupported without the package or the model."""
        try:
            async with asyncio.timeout(timeout):
                vectors = await asyncio.to_thread(encoded, request.model, request.texts)
        except TimeoutError:
            raise Timeout(f"{request.model} took longer than {timeout:g} s.") from None
        return EmbedReply(vectors, Usage(), request.model)

    async def close(self) -> None:
        """There is nothing to give back."""


def encoded(name: str, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
    """A vector for each text. Raises Unsupported."""
    rows = _loaded(name).encode(list(texts), convert_to_numpy=True, show_progress_bar=False)
    return tuple(tuple(map(float, row)) for row in rows)


def _loaded(name: str) -> Any:
    with _loading:  # two threads would load it twice
        return _model(name)


@cache
def _model(name: str) -> Any:
    if not installed():
        raise Unsupported(ADVICE)
    package = import_module(PACKAGE)
    try:
        return package.SentenceTransformer(name)
    except (OSError, ValueError) as error:
        raise Unsupported(f"The model {name!r} can't be loaded: {error}") from error
