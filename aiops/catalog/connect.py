"""From a provider's row to an open connection."""

import json
from typing import TypedDict, cast

from pydantic import BaseModel, ValidationError

from aiops.catalog import keys
from aiops.catalog.models import Provider
from aiops.core.errors import InvalidInput, Problem
from aiops.providers.anthropic import Anthropic
from aiops.providers.openai_compatible import OpenAICompatible
from aiops.providers.options import AnthropicOptions, OpenAIOptions, problems_of
from aiops.providers.protocol import ChatProvider
from aiops.providers.retry import Policy
from aiops.providers.simulated import Simulated
from aiops.providers.simulated.vendor import Settings

_OPTIONS: dict[str, type[BaseModel]] = {
    Provider.Kind.OPENAI_COMPATIBLE: OpenAIOptions,
    Provider.Kind.ANTHROPIC: AnthropicOptions,
    Provider.Kind.SIMULATED: Settings,
}


class _Limits(TypedDict):
    concurrency: int
    read_timeout: float
    policy: Policy | None


def open_provider(provider: Provider) -> ChatProvider:
    """An adapter with a connection pool of its own; whoever opens it closes it, in the same event loop.

    Raises InvalidInput where its settings are wrong, KeyUnreadable where its key can't be decrypted.
    """
    if provider.is_simulated:
        options_of(provider.kind, provider.settings)
        return Simulated(provider.settings)
    return open_vendor(provider)


def open_vendor(provider: Provider, policy: Policy | None = None) -> OpenAICompatible | Anthropic:
    """The adapter of a provider that is reached by HTTP; `policy` None: it tries as its settings say."""
    options = options_of(provider.kind, provider.settings)
    key = keys.unseal(provider.api_key_encrypted)
    limits: _Limits = {
        "concurrency": provider.max_concurrency,
        "read_timeout": provider.timeout_seconds,
        "policy": policy,
    }
    if isinstance(options, AnthropicOptions):
        return Anthropic(base_url=provider.base_url, api_key=key, options=options, **limits)
    return OpenAICompatible(
        base_url=provider.base_url, api_key=key, options=cast("OpenAIOptions", options), **limits
    )


def options_of(kind: str, settings: object) -> BaseModel:
    """A provider's settings, checked. Raises InvalidInput that names what is wrong."""
    try:
        return _OPTIONS[kind].model_validate(settings)
    except ValidationError as error:
        problems = [Problem(message) for message in problems_of(error)]
        raise InvalidInput(f"The settings are wrong: {problems[0]}", problems) from None


def options_described(kind: str = "") -> list[tuple[str, str, str]]:
    """Name, default and meaning of each setting of providers of `kind`, or of all that are real."""
    kinds: list[type[BaseModel]] = [_OPTIONS[kind]] if kind else [OpenAIOptions, AnthropicOptions]
    fields = {name: field for options in kinds for name, field in options.model_fields.items()}
    return [(name, json.dumps(field.default), field.description or "") for name, field in fields.items()]
