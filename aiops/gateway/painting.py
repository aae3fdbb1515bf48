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
from django.db.models import Exists, OuterRef, Q
from pydantic import ValidationError

from aiops.budgets import models as budgets
from aiops.catalog import models as catalog
from aiops.catalog.pricing import rates
from aiops.catalog.queries import prices_at
from aiops.core import clock
from aiops.deployments import models as deployed
from aiops.features import models as features
from aiops.features.policy import Policy
from aiops.flags.models import Flag, KillSwitch
from aiops.flags.queries import publication
from aiops.gateway import picture as parts
from aiops.tenants.models import ApiKey, Tenant

DEFAULT = Policy()
_IN_USE = Exists(
    deployed.Deployment.objects.filter(Q(stable=OuterRef("pk")) | Q(candidate=OuterRef("pk"))).order_by()
)
_COLUMNS = (
    *("pk", "kind", "version_id", "rule_set_version_id", "classifier_version_id", "model__name"),
    *("version__prompt__name", "version__number", "version__messages", "version__variables"),
    *("version__parameters", "version__output_schema"),
    *("rule_set_version__rule_set__name", "rule_set_version__number"),
    *("rule_set_version__inputs", "rule_set_version__source"),
    *("classifier_version__classifier__name", "classifier_version__number", "classifier_version__variable"),
)
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
    policies = {one[0]: one for one in _latest_policies()}
    flags = _flags()
    serving = _deployments()
    gathered = _Features()
    for pk, slug, kind in features.Feature.objects.order_by("pk").values_list("pk", "slug", "kind"):
        _, number, settings = policies.get(pk, (pk, 0, None))
        gathered.found[slug] = parts.Feature(
            slug=slug,
            kind=kind,
            policy=_policy(slug, settings, gathered.stops),
            policy_number=number,
            deployment=serving.get(pk),
            flag=flags.get(pk),
        )
    return gathered


def _latest_policies() -> Any:
    """(feature, number, settings) of the policy in force, for each feature that has one."""
    rows = features.PolicyVersion.objects.order_by("feature_id", "-number").distinct("feature_id")
    return rows.values_list("feature_id", "number", "settings")


def _policy(slug: str, settings: dict[str, Any] | None, stops: list[parts.Stop]) -> Policy:
    if settings is None:
        return DEFAULT
    try:
        return Policy.model_validate(settings)
    except ValidationError as error:
        log.error("policy_unreadable", feature=slug, error=str(error))  # noqa: TRY400 - the error says all
        reason = "Its policy cannot be read by this version of the gateway. Save the policy again."
        stops.append(parts.Stop(scope="feature", target=slug, reason=reason))
        return DEFAULT


def _flags() -> dict[int, parts.Flag]:
    """By feature."""
    tenants: dict[int, set[str]] = defaultdict(set)
    for flag, tenant in Flag.tenants.through.objects.values_list("flag", "tenant__slug"):
        tenants[flag].add(tenant)
    columns = ("pk", "feature", "feature__slug", "on", "percent", "salt", "limited", "when_unknown")
    return {
        feature: parts.Flag(
            key=slug,
            on=on,
            tenants=frozenset(tenants.get(pk, ())),
            percent=percent,
            salt=salt,
            limited=limited,
            when_unknown=unknown,
        )
        for pk, feature, slug, on, percent, salt, limited, unknown in Flag.objects.values_list(*columns)
    }


def _deployments() -> dict[int, parts.Deployment]:
    """By feature."""
    served = {row["pk"]: _approach(row) for row in deployed.Served.objects.filter(_IN_USE).values(*_COLUMNS)}
    columns = ("feature", "stable", "candidate", "share", "salt")
    return {
        feature: parts.Deployment(
            stable=served[stable], candidate=served.get(candidate), share=share, salt=salt
        )
        for feature, stable, candidate, share, salt in deployed.Deployment.objects.values_list(*columns)
    }


def _approach(row: dict[str, Any]) -> Any:
    """The part for each kind; what a kind needs is there, by the table's CHECK."""
    version, rules, trained = "version__", "rule_set_version__", "classifier_version__"
    match row["kind"]:
        case deployed.Served.Kind.PROMPT:
            names = ("number", "messages", "variables", "parameters", "output_schema")
            facts = {name: row[version + name] for name in names}
            prompt, model = row["version__prompt__name"], row["model__name"]
            return parts.PromptOnModel(prompt=prompt, model=model, version_id=row["version_id"], **facts)
        case deployed.Served.Kind.PASSTHROUGH:
            return parts.Passthrough(model=row["model__name"])
        case deployed.Served.Kind.RULES:
            facts = {name: row[rules + name] for name in ("number", "inputs", "source")}
            name = row["rule_set_version__rule_set__name"]
            return parts.Instant(kind="rules", name=name, version_id=row["rule_set_version_id"], **facts)
        case deployed.Served.Kind.CLASSIFIER:
            name = row["classifier_version__classifier__name"]
            return parts.Instant(
                kind="classifier",
                name=name,
                number=row[trained + "number"],
                version_id=row["classifier_version_id"],
                inputs=(row[trained + "variable"],),
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
