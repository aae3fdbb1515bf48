"""The port `Approaches`: what answers without a model."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiops.approaches import rules
from aiops.approaches.models import ClassifierVersion, RuleSetVersion
from aiops.core.errors import InvalidInput
from aiops.gateway.errors import InvalidRequest
from aiops.gateway.picture import Instant


class InstantApproaches:
    """The port `Approaches`: rule sets from the picture, classifiers from the database, once each."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="approaches")

    async def answer(self, approach: Instant, inputs: Mapping[str, str], locale: str) -> str:
        if approach.kind == "rules":
            return _decided(approach.source, inputs)
        return await self._aside(_classified, approach.version_id, dict(inputs), locale)

    async def rules(self, rule_set: str, inputs: Mapping[str, str], locale: str) -> str:  # noqa: ARG002 - rules know none
        return _decided(await self._aside(_newest_source, rule_set), inputs)

    async def _aside(self, act: Callable[..., str], *arguments: Any) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act, *arguments)

    def close(self) -> None:
        self._thread.shutdown(wait=False)


def _decided(source: str, inputs: Mapping[str, str]) -> str:
    try:
        return rules.decide(rules.program(source), inputs).text
    except InvalidInput as error:
        raise InvalidRequest(f"inputs: {error}", code="invalid_inputs", param="inputs") from None


def _classified(version_id: int, inputs: Mapping[str, str], locale: str) -> str:
    from aiops.approaches.deciding import ByClassifier  # noqa: PLC0415 - scikit-learn takes a second to import

    version = ClassifierVersion.objects.defer("weights").get(pk=version_id)
    try:
        return ByClassifier(version).answer(inputs, locale).text
    except InvalidInput as error:
        raise InvalidRequest(f"inputs: {error}", code="invalid_inputs", param="inputs") from None


def _newest_source(rule_set: str) -> str:
    rows = RuleSetVersion.objects.filter(rule_set__name=rule_set).order_by("-number")
    source = rows.values_list("source", flat=True).first()
    if source is None:
        raise InvalidRequest(f"There is no rule set {rule_set!r}.")
    return source
