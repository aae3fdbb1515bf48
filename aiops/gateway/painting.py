"""From the database to the picture: a fixed number of queries, on one state of the database.

Providers' keys stay sealed. A feature whose policy no longer reads is stopped, with the reason; no other is.
"""

import base64
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Q
from pydantic import ValidationError

from aiops.budgets import models as budgets
from aiops.catalog import models as catalog
from aiops.catalog.pricing import rates
from aiops.catalog.queries import prices_at
from aiops.core import clock
from aiops.deployments import models as deployed
from aiops.deployments.queries import deployments
from aiops.features import models as features
from aiops.features.policy import Policy
from aiops.flags.models import Flag, KillSwitch
from aiops.flags.queries import publication
from aiops.gateway import picture as parts
from aiops.tenants.models import ApiKey, Tenant

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Painted:
    """A picture, and when it must be painted again although nobody publishes: a price begins then."""

    picture: parts.Picture
    due: datetime | None = None


@dataclass(slots=True)
class _Features:
    """What `_features` gathers: the parts by slug, and the stops of those that can't be read."""

    found: dict[str, parts.Feature] = field(default_factory=dict)
    stops: list[parts.Stop] = field(default_factory=list)


def revision() -> int:
    """The revision that is published; 0 before there was any."""
    row = publication()
    return row.revision if row else 0


def paint() -> Painted:
    """All decisions as of one moment."""
    with transaction.atomic():
        if len(connection.savepoint_ids) == 0:  # not within somebody's transaction, which has its own level
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return _paint(clock.now())


def _paint(now: datetime) -> Painted:
    found = _features()
    picture = parts.Picture(
        revision=revision(),
        painted_at=now,
        keys=_keys(now),
        tenants=frozenset(Tenant.objects.values_list("slug", flat=True)),
        features=found.found,
        models=_models(now),
        providers={one.slug: _provider(one) for one in catalog.Provider.objects.all()},
        stops=(*_stops(), *found.stops),
        budgets=_budgets(),
    )
    coming = catalog.Price.objects.filter(effective_at__gt=now).order_by("effective_at")
    return Painted(picture, coming.values_list("effective_at", flat=True).first())


def _keys(now: datetime) -> dict[str, parts.Key]:
    """Keys that are neither revoked nor over."""
    limits: dict[int, set[str]] = defaultdict(set)
    for key, slug in features.KeyFeature.objects.values_list("key", "feature__slug"):
        limits[key].add(slug)
    alive = ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)
    columns = ("pk", "public_id", "digest", "tenant__slug", "expires_at")
    return {
        public: parts.Key(
            id=public, digest=digest, tenant=tenant, features=frozenset(limits.get(pk, ())), expires_at=ends
        )
        for pk, public, digest, tenant, ends in alive.values_list(*columns)
    }


def _features() -> _Features:
    policies = {one.feature_id: one for one in _latest_policies()}
    flags = {one.feature_id: _flag(one) for one in _flags()}
    serving = {one.feature_id: _deployment(one) for one in deployments()}
    gathered = _Features()
    for row in features.Feature.objects.all():
        version = policies.get(row.pk)
        gathered.found[row.slug] = parts.Feature(
            slug=row.slug,
            kind=row.kind,
            policy=_policy(row.slug, version, gathered.stops),
            policy_number=version.number if version else 0,
            deployment=serving.get(row.pk),
            flag=flags.get(row.pk),
        )
    return gathered


def _latest_policies() -> Any:
    return features.PolicyVersion.objects.order_by("feature_id", "-number").distinct("feature_id")


def _policy(slug: str, version: features.PolicyVersion | None, stops: list[parts.Stop]) -> Policy:
    try:
        return Policy.model_validate(version.settings) if version else Policy()
    except ValidationError as error:
        log.error("policy_unreadable", feature=slug, error=str(error))  # noqa: TRY400 - the error says all
        reason = "Its policy cannot be read by this version of the gateway. Save the policy again."
        stops.append(parts.Stop(scope="feature", target=slug, reason=reason))
        return Policy()


def _flags() -> Any:
    return Flag.objects.select_related("feature").prefetch_related("tenants")


def _flag(flag: Flag) -> parts.Flag:
    return parts.Flag(
        key=flag.feature.slug,
        on=flag.on,
        tenants=frozenset(tenant.slug for tenant in flag.tenants.all()),
        percent=flag.percent,
        salt=flag.salt,
        limited=flag.limited,
        when_unknown=flag.when_unknown,
    )


def _deployment(row: deployed.Deployment) -> parts.Deployment:
    return parts.Deployment(
        stable=_approach(row.stable),
        candidate=_approach(row.candidate) if row.candidate else None,
        share=row.share,
        salt=row.salt,
    )


def _approach(served: deployed.Served) -> Any:
    """The part for each kind; what a kind needs is there, by the table's CHECK."""
    if served.version and served.model:
        return parts.PromptOnModel(
            prompt=served.version.prompt.name,
            number=served.version.number,
            version_id=served.version.pk,
            messages=served.version.messages,
            variables=served.version.variables,
            parameters=served.version.parameters,
            output_schema=served.version.output_schema,
            model=served.model.name,
        )
    if served.model:
        return parts.Passthrough(model=served.model.name)
    if rules := served.rule_set_version:
        return parts.Instant(
            kind="rules",
            name=rules.rule_set.name,
            number=rules.number,
            version_id=rules.pk,
            inputs=tuple(rules.inputs),
            source=rules.source,
        )
    if trained := served.classifier_version:
        return parts.Instant(
            kind="classifier",
            name=trained.classifier.name,
            number=trained.number,
            version_id=trained.pk,
            inputs=(trained.variable,),
        )
    return parts.Search()


def _models(now: datetime) -> dict[str, parts.Model]:
    rows = list(catalog.Model.objects.filter(retired_at=None).select_related("provider"))
    prices = prices_at(rows, now)
    return {row.name: _model(row, prices.get(row.pk)) for row in rows}


def _model(row: catalog.Model, price: catalog.Price | None) -> parts.Model:
    return parts.Model(
        name=row.name,
        vendor_name=row.vendor_name,
        provider=row.provider.slug,
        tier=row.tier,
        max_output_tokens=row.max_output_tokens,
        rates=parts.Rates(**rates(price)._asdict()) if price else None,
    )


def _provider(row: catalog.Provider) -> parts.Provider:
    return parts.Provider(
        slug=row.slug,
        kind=row.kind,
        base_url=row.base_url,
        sealed_key=base64.b64encode(bytes(row.api_key_encrypted)).decode(),
        max_concurrency=row.max_concurrency,
        timeout_seconds=row.timeout_seconds,
        settings=row.settings,
    )


def _stops() -> list[parts.Stop]:
    rows = KillSwitch.objects.filter(lifted_at=None).values_list("scope", "target", "reason")
    return [parts.Stop(scope=scope, target=target, reason=reason) for scope, target, reason in rows]


def _budgets() -> tuple[parts.Budget, ...]:
    columns = ("pk", "tenant__slug", "feature__slug", "period", "amount", "hard", "soft_share")
    names = ("id", "tenant", "feature", "period", "amount", "hard", "soft_share")
    rows = budgets.Budget.objects.order_by("pk").values_list(*columns)
    return tuple(parts.Budget(**dict(zip(names, row, strict=True))) for row in rows)
