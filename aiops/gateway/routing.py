"""What a trained router and a category classifier say of a call, from the numbers in the picture.

Numpy is imported with the first call of a feature that has one: the others pay nothing.
"""

import base64
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aiops.approaches.reading import UNKNOWN, text_of
from aiops.gateway.messages import Call
from aiops.gateway.picture import Learnt, RouterModel
from aiops.gateway.ports import Embedder, NoVectors

if TYPE_CHECKING:
    from aiops.approaches.hashed import Model
    from aiops.approaches.vectored import Model as VectorModel

Why = Literal["score", "category", "locale", "approach", "schema", "vector", "asked of both"]
MOST_MODELS = 256
EMBEDDING = 0.5  # seconds that a router waits for the vector of a call; then large answers

_models: dict[str, "Model"] = {}  # by the digest of their numbers
_vectored: dict[str, "VectorModel"] = {}


@dataclass(frozen=True, slots=True)
class Routed:
    """The model that is asked first; where only `why` stands, large was due without a score."""

    model: str
    other: str
    why: Why
    version: int
    score: float | None = None
    threshold: float | None = None

    def facts(self) -> dict[str, object]:
        """What the trace says."""
        said = {"router": self.version, "why": self.why, "score": self.score, "threshold": self.threshold}
        return {name: value for name, value in said.items() if value is not None}


def routed(call: Call) -> Routed | None:
    """What the feature's router says, once for each call; None without one, or where another model serves.

    It chooses for the version that it was measured with and for no other, and goes by the caller's own
    schema or tools nowhere.
    """
    trace = call.trace
    if trace.routed is None:
        trace.routed = _decided(call)
    return trace.routed


async def with_vector(call: Call, embedder: Embedder) -> None:
    """Ask for the vector that the feature's router reads, where it will score the call."""
    router = call.feature.router
    if router is None or router.space is None or call.feature.policy.router.kind != "trained":
        return
    if call.trace.routed is not None or call.approach.model != router.large or _unscored(router, call):
        return
    space = call.picture.spaces.get(router.space)
    if space is None:
        return
    with suppress(NoVectors):
        (call.trace.vector,) = await embedder.embed_in(call, space, [_text(call)], seconds=EMBEDDING)


def _decided(call: Call) -> Routed | None:
    router = call.feature.router
    if router is None or call.approach.model != router.large:
        return None
    threshold = router.thresholds.get(call.category)
    why = _unscored(router, call)
    if why is None and router.space is not None and call.trace.vector is None:
        why = "vector"
    if why is not None:
        return Routed(router.large, router.small, why, router.number)
    score = _score(router, call)
    chosen = (router.small, router.large) if threshold is not None and score >= threshold else None
    first, other = chosen or (router.large, router.small)
    return Routed(first, other, "score", router.number, round(score, 4), threshold)


def _unscored(router: RouterModel, call: Call) -> Why | None:
    """Why no score matters: large is due. None where one does."""
    if call.approach.version_id != router.prompt_version:
        return "approach"
    if call.parameters.response_schema or call.parameters.tools:
        return "schema"
    if call.category not in router.thresholds:
        return "category"
    return None if router.reads(call.locale) else "locale"


def _score(router: RouterModel, call: Call) -> float:
    vector = call.trace.vector
    if router.space is None or vector is None:
        return float(_model_of(router, 1).chances(_text(call))[0])
    found = _vectored.get(router.sha256)
    if found is None:
        from aiops.approaches import vectored  # noqa: PLC0415 - the module's docstring says why

        if len(_vectored) >= MOST_MODELS:
            _vectored.clear()
        found = vectored.read(base64.b64decode(router.weights), len(vector))
        _vectored[router.sha256] = found
    return found.chance(vector, _text(call))


def with_category(call: Call) -> Call:
    """The call with the category that the feature's classifier is sure of, where the caller gave none."""
    known = call.feature.categories
    if known is None or call.category != UNKNOWN:
        return call
    chances = _model_of(known, len(known.labels)).chances(_text(call))
    best = int(chances.argmax())
    return call.but(category=known.labels[best]) if chances[best] >= known.threshold else call


def asks_both(call: Call, chance: Callable[[], float] = random.random) -> Routed | None:
    """The decision, where it is one of those that both models are asked for."""
    found = call.trace.routed
    share = call.feature.policy.router.shadow_share
    due = found is not None and found.why == "score" and share > 0 and chance() * 100 < share
    return found if due else None


def _text(call: Call) -> str:
    return text_of(call.inputs, (one.content for one in call.messages if one.role == "user"))


def _model_of(learnt: Learnt, labels: int) -> "Model":
    found = _models.get(learnt.sha256)
    if found is None:
        from aiops.approaches import hashed  # noqa: PLC0415 - the module's docstring says why

        if len(_models) >= MOST_MODELS:
            _models.clear()
        found = _models[learnt.sha256] = hashed.read(base64.b64decode(learnt.weights), labels)
    return found
