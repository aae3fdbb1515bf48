"""From what a person typed to requests, each with the most that it can cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from aiops.catalog import queries as catalog
from aiops.catalog.models import Model, Price
from aiops.catalog.pricing import worst_case
from aiops.core import clock
from aiops.core.errors import InvalidInput, Problem
from aiops.core.money import ZERO, usd
from aiops.evaluations.playground.limits import MODELS, limits
from aiops.evaluations.work import DEFAULT_MAX_TOKENS
from aiops.prompts import format as prompt_format
from aiops.prompts.models import Prompt, Version
from aiops.prompts.render import render
from aiops.prompts.shape import PromptFile
from aiops.providers.protocol import ChatRequest, Message


@dataclass(frozen=True, slots=True)
class Planned:
    """A call that may be made. `worst` USD is the most that it can cost."""

    model: Model
    price: Price
    request: ChatRequest
    worst: Decimal


def draft_of(prompt: Prompt, source: str) -> Version:
    """`source` as a version of `prompt` that is not saved. Raises InvalidInput with problems by line."""
    file = _parsed(prompt, source)
    return Version(
        prompt=prompt,
        number=0,
        messages=prompt_format.messages_of(file),
        variables=prompt_format.variables_of(file),
        parameters=prompt_format.parameters_of(file),
        output_schema=file.output_schema,
        model=file.model,
    )


def warnings_of(prompt: Prompt, source: str) -> list[Problem]:
    """What is allowed in the draft but looks like a mistake."""
    return prompt_format.warnings(_parsed(prompt, source))


def _parsed(prompt: Prompt, source: str) -> PromptFile:
    text = source.replace("\r\n", "\n").replace("\r", "\n").encode(errors="surrogatepass")
    return prompt_format.parse(text, name=prompt.name)


def plan(version: Version, inputs: Mapping[str, str], models: Sequence[Model]) -> list[Planned]:
    """A call for each of `models`. Raises InvalidInput in words where one of them may not be made."""
    if not models:
        raise _refused("Choose a model to ask.")
    if len(models) > MODELS:
        raise _refused(f"At most {MODELS} models are asked side by side.")
    messages = render(version, inputs)
    prices = catalog.prices_at(models, clock.now())
    planned = [_planned(version, model, prices.get(model.pk), messages) for model in models]
    dear = [call for call in planned if call.worst > limits().ceiling]
    if dear:
        raise InvalidInput("The calls are too dear.", [Problem(_too_dear(call)) for call in dear])
    return planned


def total(planned: Sequence[Planned]) -> Decimal:
    """The most that all of them can cost together, in USD."""
    return sum((call.worst for call in planned), ZERO)


def _planned(version: Version, model: Model, price: Price | None, messages: tuple[Message, ...]) -> Planned:
    if price is None:
        raise _refused(f"{model} has no price: nobody could say what the call costs.")
    given = version.parameters
    stop = given.get("stop") or ()
    request = ChatRequest(
        model=model.vendor_name,
        messages=messages,
        max_tokens=min(int(given.get("max_tokens", DEFAULT_MAX_TOKENS)), model.max_output_tokens),
        temperature=given.get("temperature"),
        seed=given.get("seed"),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        response_schema=version.output_schema,
    )
    worst = worst_case(messages, request.max_tokens, price, schema=version.output_schema)
    return Planned(model=model, price=price, request=request, worst=worst)


def _too_dear(call: Planned) -> str:
    return (
        f"on {call.model} the call could cost {usd(call.worst)}, and the playground allows "
        f"{usd(limits().ceiling)} a call; lower max_tokens or shorten the inputs"
    )


def _refused(words: str) -> InvalidInput:
    return InvalidInput(words, [Problem(words)])
