"""Outermost of all decisions: what people stopped, and who may use the feature at all."""

from aiops.core import sticky
from aiops.gateway.errors import FlagOff, Stopped
from aiops.gateway.messages import Call, Handler, Reply
from aiops.gateway.picture import Flag, Picture, Stop
from aiops.gateway.stages.router import models_for, uses_model


class KillSwitch:
    name = "kill_switch"

    async def __call__(self, call: Call, onward: Handler) -> Reply:
        if stop := stop_of(call.picture, call.tenant, call.feature.slug):
            raise Stopped(f"Stopped ({_words(stop)}). Reason: {stop.reason or 'not given'}")
        if call.feature.flag is not None and not on_for(call.feature.flag, call.tenant, call.user):
            raise FlagOff(f"{call.feature.slug} is not switched on for this tenant or user.")
        if uses_model(call) and any(stop.scope == "model" for stop in call.picture.stops):
            models_for(call)  # raises Stopped where all of them are
        return await onward(call)


def stop_of(picture: Picture, tenant: str, feature: str) -> Stop | None:
    """The switch that stops the call, the widest first. Stops of models are the router's to see."""
    if not picture.stops:
        return None
    targets = {"global": "", "tenant": tenant, "feature": feature}
    found = [stop for stop in picture.stops if targets.get(stop.scope) == stop.target]
    return min(found, key=lambda stop: tuple(targets).index(stop.scope), default=None)


def on_for(flag: Flag, tenant: str, user: str) -> bool:
    """Whether the flag is on for them. The sticky unit is the tenant's user, or the tenant without users."""
    if flag.on is None:
        return flag.when_unknown
    if not flag.on or not flag.limited:
        return flag.on
    return tenant in flag.tenants or sticky.enabled(flag.salt, f"{tenant}:{user}", flag.percent)


def _words(stop: Stop) -> str:
    return f"{stop.scope} {stop.target}" if stop.target else "everything"
