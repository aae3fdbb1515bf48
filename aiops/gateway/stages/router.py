"""Which model, and which ones after it. A model that is stopped or has no price is never called."""

from collections.abc import Iterator

from aiops.features.policy import Rule
from aiops.gateway.errors import OverBudget, ProviderFailed, Stopped
from aiops.gateway.messages import Call, Handler, Reply, when_whole
from aiops.gateway.picture import Model
from aiops.gateway.routing import asks_both, routed
from aiops.gateway.stages.both import Both


class Router:
    """`both` asks a share of what a trained router decides of the other model too."""

    name = "router"

    def __init__(self, both: Both | None = None) -> None:
        self._both = both

    async def __call__(self, call: Call, onward: Handler) -> Reply:
        if not uses_model(call):
            return await onward(call)
        models = models_for(call)
        found = call.trace.routed
        call.trace.note(
            models[0].name, others=[model.name for model in models[1:]], **(found.facts() if found else {})
        )
        reply = await onward(call.but(models=models))
        return await self._also(call, reply, self._both) if found and self._both else reply

    async def _also(self, call: Call, reply: Reply, both: Both) -> Reply:
        found = asks_both(call)
        if found is None:
            return reply

        async def later(reply: Reply) -> Reply:
            both.later(call, reply, found)
            return reply

        return await when_whole(reply, later)


def uses_model(call: Call) -> bool:
    return call.approach.kind in {"prompt", "passthrough"}


def models_for(call: Call) -> tuple[Model, ...]:
    """The models to try, in order, each once. Raises where none may be called."""
    wanted = dict.fromkeys(_wanted(call))
    known = [call.picture.models[name] for name in wanted if name in call.picture.models]
    stopped = {stop.target for stop in call.picture.stops if stop.scope == "model"}
    allowed = [model for model in known if model.name not in stopped]
    if not allowed:
        names = ", ".join(wanted)
        raise Stopped(f"Stopped: the model {names}.") if known else ProviderFailed(f"No such model: {names}.")
    priced = tuple(model for model in allowed if model.rates is not None)
    if not priced:
        raise OverBudget(f"The model {allowed[0].name} has no price, so that no budget could hold.")
    return priced


def _wanted(call: Call) -> Iterator[str]:
    policy = call.feature.policy.router
    found = routed(call) if policy.kind == "trained" else None
    if found and found.why == "asked of both":
        yield found.model
        return
    if call.trace.over_soft and policy.over_soft_budget:
        yield policy.over_soft_budget
    if policy.kind == "rules":
        yield from (rule.model for rule in policy.rules if fits(rule, call))
    if found:
        yield found.model
    if call.approach.kind in {"prompt", "passthrough"}:
        yield call.approach.model
    yield from policy.candidates


def fits(rule: Rule, call: Call) -> bool:
    """Whether the call meets all that the rule states."""
    length = sum(map(len, call.inputs.values())) + sum(len(message.content) for message in call.messages)
    language = call.locale.partition("-")[0]
    return (
        (not rule.categories or call.category in rule.categories)
        and (not rule.locales or call.locale in rule.locales or language in rule.locales)
        and (rule.at_most_characters is None or length <= rule.at_most_characters)
        and (rule.at_least_characters is None or length >= rule.at_least_characters)
    )
