"""The port `Approaches`: what answers without a model, from memory.

Rules come with the picture. Classifiers are loaded when a picture names them, in a thread beside the calls:
then no call pays for the import of scikit-learn, nor needs the database.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import TYPE_CHECKING

import structlog
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, InterfaceError, connection

from aiops.approaches import rules
from aiops.core.errors import AiopsError, InvalidInput
from aiops.gateway.errors import InvalidRequest, ProviderFailed
from aiops.gateway.picture import Instant, Picture

if TYPE_CHECKING:
    from aiops.approaches.deciding import ByClassifier

START = 10.0  # seconds that a gateway's start waits for its classifiers
_AWAY = (DatabaseError, InterfaceError, ObjectDoesNotExist, AiopsError)

log = structlog.get_logger(__name__)


class InstantApproaches:
    """The port `Approaches`. It keeps the classifiers of the picture in force, and no others."""

    def __init__(self, load: "Callable[[int], ByClassifier] | None" = None) -> None:
        self._load = load or _loaded
        self._ready: dict[int, Future[ByClassifier]] = {}
        self._loading = ThreadPoolExecutor(1, thread_name_prefix="classifiers")
        self._deciding = ThreadPoolExecutor(1, thread_name_prefix="approaches")

    def prepare(self, picture: Picture) -> None:
        """A new picture is in force: what it needs is loaded beside the calls, what it does not is let go."""
        wanted = picture.classifiers()
        for version_id in set(self._ready) - wanted:
            del self._ready[version_id]
        for version_id in wanted:
            self._soon(version_id)

    async def prepared(self) -> None:
        """Until all that was asked for is there, or has failed, or time is over."""
        await asyncio.to_thread(wait_for, list(self._ready.values()), START)

    async def answer(self, approach: Instant, inputs: Mapping[str, str], locale: str) -> str:
        if approach.kind == "rules":
            return _by_rules(approach.source, inputs)
        try:
            classifier = await asyncio.wrap_future(self._soon(approach.version_id))
        except _AWAY as error:
            raise ProviderFailed(f"The classifier {approach.name} cannot be loaded: {error}") from None
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._deciding, _by_classifier, classifier, dict(inputs), locale)

    def close(self) -> None:
        self._loading.shutdown(wait=False, cancel_futures=True)
        self._deciding.shutdown(wait=False)

    def _soon(self, version_id: int) -> "Future[ByClassifier]":
        """The classifier, which is being loaded at most once. What failed is tried again by whoever asks."""
        found = self._ready.get(version_id)
        if found is None or (found.done() and (found.cancelled() or found.exception())):
            found = self._ready[version_id] = self._loading.submit(self._load, version_id)
        return found


def _loaded(version_id: int) -> "ByClassifier":
    from aiops.approaches.deciding import loaded  # noqa: PLC0415 - scikit-learn takes a second to import

    try:
        return loaded(version_id)
    except _AWAY as error:
        log.warning("classifier_not_loaded", version=version_id, error=str(error).strip())
        raise
    finally:
        connection.close()


def _by_rules(source: str, inputs: Mapping[str, str]) -> str:
    try:
        return rules.decide(rules.program(source), inputs).text
    except InvalidInput as error:
        raise InvalidRequest(f"inputs: {error}", code="invalid_inputs", param="inputs") from None


def _by_classifier(classifier: "ByClassifier", inputs: Mapping[str, str], locale: str) -> str:
    try:
        return classifier.answer(inputs, locale).text
    except InvalidInput as error:
        raise InvalidRequest(f"inputs: {error}", code="invalid_inputs", param="inputs") from None
