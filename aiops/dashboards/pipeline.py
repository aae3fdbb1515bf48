"""A feature's pipeline with what each stage did in the last 24 hours."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Sum
from django.urls import reverse
from pydantic import ValidationError

from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.catalog.models import Model
from aiops.core import clock
from aiops.core.figures import percent
from aiops.dashboards import sums
from aiops.deployments import queries as deployments
from aiops.deployments.models import Deployment
from aiops.features import queries as features
from aiops.features.models import Feature
from aiops.features.policy import Policy
from aiops.flags import queries as flags

RECENT = timedelta(hours=24)
STOPPED, LIMITED = ("kill_switch", "flag_off"), ("budget", "rate_limit", "retry_loop")
WRONG = ("provider_error", "timeout", "lost")


@dataclass(frozen=True, slots=True)
class Stage:
    """`figure` is its share of the calls, `note` what that is or that it is off; `url` its settings."""

    name: str
    figure: str
    note: str
    url: str = ""
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Pipeline:
    """`calls` of the last 24 hours, `served` by the gateway's models and stages."""

    stages: list[Stage]
    calls: int
    p95: Any


class Counted:
    """Calls by what became of them; a share of none is None."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.rows = list(rows)
        self.calls = self.count(lambda _: True)

    def count(self, fits: Callable[[Mapping[str, Any]], bool]) -> int:
        return sum(row["calls"] for row in self.rows if fits(row))

    def share(
        self, fits: Callable[[Mapping[str, Any]], bool], of: Callable[[Mapping[str, Any]], bool] | None = None
    ) -> str:
        whole = self.count(of) if of else self.calls
        return percent(self.count(fits) / whole if whole else None, whole)

    def because(self, *reasons: str) -> str:
        return self.share(lambda row: row["reason"] in reasons)


def pipeline(feature: Feature, user: User) -> Pipeline:
    """In at most eight queries."""
    rows = sums.live_rollups(clock.now() - RECENT, feature=feature.slug)
    counted = Counted(_counted(rows))
    policy, deployment = _policy(feature), deployments.deployment_of(feature)
    small = frozenset(Model.objects.filter(tier=Model.Tier.SMALL).values_list("name", flat=True))
    latency = sums.total(sums.with_latency(rows, "feature").values()).p95
    stages = [
        _kill_switch(feature, counted, user),
        _cache(counted, policy),
        Stage("Limits", counted.because(*LIMITED), "over a limit or budget", "breaker"),
        _router(counted, policy, small),
        _retrieval(policy),
        _approach(counted, deployment),
        _guardrails(counted, policy),
        _fallback(counted, policy),
    ]
    return Pipeline([_linked(stage, feature, user) for stage in stages], counted.calls, latency)


def _counted(rows: Any) -> list[dict[str, Any]]:
    columns = ("model", "outcome", "reason", "cache")
    found: list[dict[str, Any]] = list(
        rows.order_by().values(*columns).annotate(calls=Sum("calls")).values("calls", *columns)
    )
    return found


def _policy(feature: Feature) -> Policy:
    latest = features.latest_policy(feature)
    try:
        return Policy.model_validate(latest.settings if latest else {})
    except ValidationError:  # the gateway stops such a feature; its policy page says so
        return Policy()


def _kill_switch(feature: Feature, counted: Counted, user: User) -> Stage:
    if not user.may(Permission.FLAGS_VIEW):
        return Stage("Kill switch", counted.because(*STOPPED), "stopped or off")
    if flags.active_stop("feature", feature.slug) or flags.active_stop("global", ""):
        return Stage("Kill switch", "Stopped", "off for everyone", "flags", is_bad=True)
    words = flags.audience(feature).words(flags.tenant_count())
    return Stage("Kill switch", counted.because(*STOPPED), f"stopped. {words}", "flags")


def _cache(counted: Counted, policy: Policy) -> Stage:
    if not policy.cache.on:
        return Stage("Cache", "Off", "every question is asked", "cache")
    hits = counted.share(
        lambda row: row["cache"].startswith(sums.HIT),
        of=lambda row: row["cache"] == "miss" or row["cache"].startswith(sums.HIT),
    )
    return Stage("Cache", hits, "answered from it", "cache")


def _router(counted: Counted, policy: Policy, small: frozenset[str]) -> Stage:
    routed = counted.share(
        lambda row: row["model"] in small and row["outcome"] == "answered",
        of=lambda row: bool(row["model"]) and row["outcome"] == "answered",
    )
    how = "by rules" if policy.router.kind == "rules" else policy.router.kind
    return Stage("Router", routed, f"to a small model, {how}", "router")


def _retrieval(policy: Policy) -> Stage:
    if not policy.retrieval.on:
        return Stage("Retrieval", "Off", "no documents", "retrieval")
    return Stage("Retrieval", "On", f"{policy.retrieval.passages} passages", "retrieval")


def _approach(counted: Counted, deployment: Deployment | None) -> Stage:
    if deployment is None:
        return Stage("Model", "None", "nothing is deployed", "deployment", is_bad=True)
    candidate = f", candidate {deployment.share.normalize():f} %" if deployment.candidate else ""
    return Stage("Model", counted.because(*WRONG), f"failed. {deployment.stable}{candidate}", "deployment")


def _guardrails(counted: Counted, policy: Policy) -> Stage:
    modes = list(_modes(policy.guardrails.model_dump()))
    if not modes:
        return Stage("Guardrails", "Off", "nothing is checked", "guardrails")
    observed = modes.count("observe")
    more = f", {observed} only observed" if observed else ""
    return Stage("Guardrails", counted.because("guardrail"), f"failed{more}", "guardrails")


def _modes(settings: Any) -> Iterable[str]:
    """Each guardrail that is on: "observe" or "enforce"."""
    if isinstance(settings, dict):
        for value in settings.values():
            yield from _modes(value)
    elif settings in ("observe", "enforce"):
        yield settings


def _fallback(counted: Counted, policy: Policy) -> Stage:
    share = counted.share(lambda row: row["outcome"] in ("degraded", "queued"))
    kinds = ", ".join(one.kind for one in policy.fallbacks)
    return Stage("Fallback", share, f"by {kinds}" if kinds else "an error: there is none", "fallback")


def _linked(stage: Stage, feature: Feature, user: User) -> Stage:
    """With the address of its settings, where the person may see them."""
    if stage.url == "flags":
        url = f"{reverse('flags:list')}?text={feature.slug}"
    elif stage.url == "deployment":
        seen = user.may(Permission.FLAGS_VIEW)
        url = reverse("deployments:deployment", args=[feature.slug]) if seen else ""
    else:
        url = f"{reverse('features:policy', args=[feature.slug])}#{stage.url}" if stage.url else ""
    return Stage(stage.name, stage.figure, stage.note, url, stage.is_bad)
