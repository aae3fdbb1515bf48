"""From the database's answers to the picture.

Providers' keys stay sealed. A feature whose policy no longer reads is stopped, with the reason; no other is.
"""

import base64
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import structlog
from pydantic import ValidationError

from aiops.catalog.pricing import rates
from aiops.core import clock
from aiops.deployments.models import Served
from aiops.features.policy import Policy
from aiops.flags.queries import publication
from aiops.gateway import picture as parts
from aiops.gateway.asking import SERVED, Rows, answers

DEFAULT = Policy()
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


class _Price(NamedTuple):
    """What `pricing.rates` reads, in the order of `asking.PRICE`."""

    input: Decimal
    cached_input: Decimal | None
    cache_write: Decimal | None
    output: Decimal
    reasoning: Decimal | None


def paint() -> Painted:
    """All decisions as of one moment."""
    now = clock.now()
    rows = answers(now)
    found = _features(rows)
    picture = parts.Picture(
        revision=rows["revision"][0][0] if rows["revision"] else 0,
        painted_at=now,
        keys=_keys(rows),
        tenants=frozenset(slug for (slug,) in rows["tenants"]),
        features=found.found,
        models=_models(rows),
        providers={row[0]: _provider(*row) for row in rows["providers"]},
        stops=(*(_stop(*row) for row in rows["stops"]), *found.stops),
        budgets=tuple(_budget(*row) for row in rows["budgets"]),
        rule_sets=_rule_sets(rows, found.found),
        spaces={row[0]: _space(*row) for row in rows["spaces"]},
        uses=dict(rows["uses"]),
    )
    return Painted(picture, rows["coming"][0][0] if rows["coming"] else None)


def _keys(rows: Rows) -> dict[str, parts.Key]:
    """Keys that are neither revoked nor over."""
    limits: dict[int, set[str]] = defaultdict(set)
    for key, slug in rows["limits"]:
        limits[key].add(slug)
    return {
        public: parts.Key(
            id=public, digest=digest, tenant=tenant, features=frozenset(limits.get(pk, ())), expires_at=ends
        )
        for pk, public, digest, tenant, ends in rows["keys"]
    }


def _features(rows: Rows) -> _Features:
    policies = {feature: (number, settings) for feature, number, settings in rows["policies"]}
    flags, serving, gathered = _flags(rows), _deployments(rows), _Features()
    known: dict[int, int] = dict(rows["knowledge"])
    routers, categories = _routers(rows), _categories(rows)
    for pk, slug, kind in rows["features"]:
        number, settings = policies.get(pk, (0, None))
        gathered.found[slug] = parts.Feature(
            slug=slug,
            kind=kind,
            policy=_policy(slug, settings, gathered.stops),
            policy_number=number,
            deployment=serving.get(pk),
            flag=flags.get(pk),
            knowledge_revision=known.get(pk, 0),
            router=routers.get(pk),
            categories=categories.get(pk),
        )
    return gathered


def _routers(rows: Rows) -> dict[int, parts.RouterModel]:
    """By feature, those in force. Only what was proven to hold may be routed."""
    found = {}
    for feature, number, sha256, weights, small, large, version, report, recipe in rows["routers"]:
        said = _json(report)
        names = [one["name"] for one in said["locales"]]
        passing = frozenset(one["name"] for one in said["locales"] if one["reason"] == "ok")
        found[feature] = parts.RouterModel(
            number=number,
            sha256=sha256,
            weights=base64.b64encode(bytes(weights)).decode(),
            small=small,
            large=large,
            prompt_version=version,
            thresholds={
                one["name"]: one["threshold"]
                for one in said["categories"]
                if one["reason"] == "ok" and one["threshold"] is not None
            },
            locales=None if names == [""] else passing,
            space=_json(recipe).get("space"),
        )
    return found


def _categories(rows: Rows) -> dict[int, parts.CategoryModel]:
    """By feature, those in force."""
    return {
        feature: parts.CategoryModel(
            number=number,
            sha256=sha256,
            weights=base64.b64encode(bytes(weights)).decode(),
            labels=tuple(_json(labels)),
            threshold=threshold,
        )
        for feature, number, sha256, weights, labels, threshold in rows["categories"]
        if threshold is not None
    }


def _policy(slug: str, settings: str | None, stops: list[parts.Stop]) -> Policy:
    if settings is None:
        return DEFAULT
    try:
        return Policy.model_validate_json(settings)
    except ValidationError as error:
        log.error("policy_unreadable", feature=slug, error=str(error))  # noqa: TRY400 - the error says all
        reason = "Its policy cannot be read by this version of the gateway. Save the policy again."
        stops.append(parts.Stop(scope="feature", target=slug, reason=reason))
        return DEFAULT


def _flags(rows: Rows) -> dict[int, parts.Flag]:
    """By feature."""
    tenants: dict[int, set[str]] = defaultdict(set)
    for flag, tenant in rows["flag_tenants"]:
        tenants[flag].add(tenant)
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
        for pk, feature, slug, on, percent, salt, limited, unknown in rows["flags"]
    }


def _deployments(rows: Rows) -> dict[int, parts.Deployment]:
    """By feature."""
    served = {row[0]: _approach(dict(zip(SERVED, row, strict=True))) for row in rows["served"]}
    return {
        feature: parts.Deployment(
            stable=served[stable], candidate=served.get(candidate), share=share, salt=salt
        )
        for feature, stable, candidate, share, salt in rows["deployments"]
    }


def _approach(row: dict[str, Any]) -> Any:
    """The part for each kind; what a kind needs is there, by the table's CHECK."""
    version, rules, trained = "version__", "rule_set_version__", "classifier_version__"
    match row["kind"]:
        case Served.Kind.PROMPT:
            names = ("number", "messages", "variables", "parameters", "output_schema")
            facts = {name: _json(row[version + name]) for name in names}
            prompt, model = row["version__prompt__name"], row["model__name"]
            return parts.PromptOnModel(prompt=prompt, model=model, version_id=row["version_id"], **facts)
        case Served.Kind.PASSTHROUGH:
            return parts.Passthrough(model=row["model__name"])
        case Served.Kind.RULES:
            return parts.Instant(
                kind="rules",
                name=row["rule_set_version__rule_set__name"],
                number=row[rules + "number"],
                version_id=row["rule_set_version_id"],
                inputs=tuple(_json(row[rules + "inputs"])),
                source=row[rules + "source"],
            )
        case Served.Kind.CLASSIFIER:
            name = row["classifier_version__classifier__name"]
            return parts.Instant(
                kind="classifier",
                name=name,
                number=row[trained + "number"],
                version_id=row["classifier_version_id"],
                inputs=(row[trained + "variable"],),
            )
    return parts.Search()


def _rule_sets(rows: Rows, features: Mapping[str, parts.Feature]) -> dict[str, parts.Instant]:
    """Those that some feature falls back on."""
    ways = (way for feature in features.values() for way in feature.policy.fallbacks)
    wanted = {way.rule_set for way in ways if way.kind == "rules"}
    return {
        name: parts.Instant(
            kind="rules", name=name, number=number, version_id=pk, inputs=tuple(_json(inputs)), source=source
        )
        for name, number, pk, inputs, source in rows["rule_sets"]
        if name in wanted
    }


def _models(rows: Rows) -> dict[str, parts.Model]:
    prices = {model: _Price(*price) for model, *price in rows["prices"]}
    found = {}
    for pk, name, vendor_name, provider, tier, most in rows["models"]:
        price = prices.get(pk)
        found[name] = parts.Model(
            name=name,
            vendor_name=vendor_name,
            provider=provider,
            tier=tier,
            max_output_tokens=most,
            rates=parts.Rates(**rates(price)._asdict()) if price else None,
        )
    return found


def _provider(
    slug: str, kind: str, base_url: str, sealed: bytes, at_once: int, seconds: int, settings: str
) -> parts.Provider:
    return parts.Provider(
        slug=slug,
        kind=kind,
        base_url=base_url,
        sealed_key=base64.b64encode(bytes(sealed)).decode(),
        max_concurrency=at_once,
        timeout_seconds=seconds,
        settings=_json(settings),
    )


def _space(pk: int, model: str | None, local: str, asked: int | None, *rest: Any) -> parts.Space:
    cut, dimensions, alike = rest
    return parts.Space(
        id=pk, model=model or "", local=local, asked=asked, cut=cut, dimensions=dimensions, alike=alike
    )


def _stop(scope: Any, target: str, reason: str) -> parts.Stop:
    return parts.Stop(scope=scope, target=target, reason=reason)


def _budget(*row: Any) -> parts.Budget:
    names = ("id", "tenant", "feature", "period", "amount", "hard", "soft_share")
    return parts.Budget(**dict(zip(names, row, strict=True)))


def _json(value: Any) -> Any:
    """A column of JSON as it comes: text. Numbers and nothing stay what they are."""
    return json.loads(value) if isinstance(value, str) else value
