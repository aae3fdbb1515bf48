"""All questions that a picture answers, in one round trip, about one state of the database."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from aiops.approaches.models import CategoryVersion, RouterVersion, RuleSetVersion
from aiops.budgets.models import Budget
from aiops.catalog.models import Model, Price, Provider
from aiops.deployments.models import Deployment, Served
from aiops.embeddings.models import Choice, Space
from aiops.features.models import Feature, KeyFeature, PolicyVersion
from aiops.flags.models import Flag, KillSwitch, Publication
from aiops.knowledge.models import Knowledge
from aiops.tenants.models import ApiKey, Tenant

Rows = Mapping[str, list[tuple[Any, ...]]]
PRICE = ("input", "cached_input", "cache_write", "output", "reasoning")
_THEN = datetime(1970, 1, 1, tzinfo=UTC)
_IN_USE = Exists(Deployment.objects.filter(Q(stable=OuterRef("pk")) | Q(candidate=OuterRef("pk"))).order_by())
SERVED = (
    *("pk", "kind", "version_id", "rule_set_version_id", "classifier_version_id", "model__name"),
    *("version__prompt__name", "version__number", "version__messages", "version__variables"),
    *("version__parameters", "version__output_schema"),
    *("rule_set_version__rule_set__name", "rule_set_version__number"),
    *("rule_set_version__inputs", "rule_set_version__source"),
    *("classifier_version__classifier__name", "classifier_version__number", "classifier_version__variable"),
)
_FLAG = ("pk", "feature", "feature__slug", "on", "percent", "salt", "limited", "when_unknown")
_DEPLOYMENT = ("feature", "stable", "candidate", "share", "salt")
_MODEL = ("pk", "name", "vendor_name", "provider__slug", "tier", "max_output_tokens")
_PROVIDER = (
    *("slug", "kind", "base_url", "api_key_encrypted"),
    *("max_concurrency", "timeout_seconds", "settings"),
)
_LEARNT = ("feature_id", "number", "sha256", "weights")
_ROUTER = (*_LEARNT, "small__name", "large__name", "prompt_version_id", "report", "recipe")
_SPACE = ("pk", "model__name", "local_name", "asked", "cut", "dimensions", "alike")
_BUDGET = ("pk", "tenant__slug", "feature__slug", "period", "amount", "hard", "soft_share")


def _in_force(versions: Any, path: str, **also: Any) -> "QuerySet[Any, Any]":
    """Those that the newest policy of their feature names under `path`."""
    newest = PolicyVersion.objects.filter(feature=OuterRef("feature")).order_by("-number")
    named = newest.annotate(named=Cast(KT(f"settings__{path}"), IntegerField())).values("named")[:1]
    rows: QuerySet[Any, Any] = versions.objects.annotate(named=Subquery(named))
    return rows.filter(named=F("number"), **also).order_by()


def _questions(now: datetime) -> dict[str, "QuerySet[Any, Any]"]:
    """What is asked, by name, as lists of values. Prices are those of `now`."""
    alive = ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)
    policies = PolicyVersion.objects.order_by("feature_id", "-number").distinct("feature_id")
    rules = RuleSetVersion.objects.order_by("rule_set_id", "-number").distinct("rule_set_id")
    begun = Price.objects.filter(effective_at__lte=now)
    coming = Price.objects.filter(effective_at__gt=now).order_by("effective_at")
    return {
        "revision": Publication.objects.filter(pk=1).values_list("revision"),
        "limits": KeyFeature.objects.values_list("key", "feature__slug"),
        "keys": alive.values_list("pk", "public_id", "digest", "tenant__slug", "expires_at"),
        "tenants": Tenant.objects.values_list("slug"),
        "features": Feature.objects.values_list("pk", "slug", "kind"),
        "policies": policies.values_list("feature_id", "number", "settings"),
        "routers": _in_force(RouterVersion, "router__version", passing__gt=0).values_list(*_ROUTER),
        "categories": _in_force(CategoryVersion, "categories__version").values_list(
            *_LEARNT, "labels", "threshold"
        ),
        "knowledge": Knowledge.objects.values_list("feature_id", "revision"),
        "flag_tenants": Flag.tenants.through.objects.values_list("flag", "tenant__slug"),
        "flags": Flag.objects.values_list(*_FLAG),
        "served": Served.objects.filter(_IN_USE).values_list(*SERVED),
        "deployments": Deployment.objects.values_list(*_DEPLOYMENT),
        "models": Model.objects.filter(retired_at=None).values_list(*_MODEL),
        "prices": begun.order_by("model_id", "-effective_at")
        .distinct("model_id")
        .values_list("model_id", *PRICE),
        "coming": coming.values_list("effective_at")[:1],
        "providers": Provider.objects.values_list(*_PROVIDER),
        "stops": KillSwitch.objects.filter(lifted_at=None).values_list("scope", "target", "reason"),
        "rule_sets": rules.values_list("rule_set__name", "number", "pk", "inputs", "source"),
        "spaces": Space.objects.exclude(dimensions=None).order_by("pk").values_list(*_SPACE),
        "uses": Choice.objects.exclude(space=None).values_list("use", "space"),
        "budgets": Budget.objects.order_by("pk").values_list(*_BUDGET),
    }


@cache
def _statements() -> tuple[tuple[str, ...], list[str], list[Any]]:
    """The questions' names, their SQL and its values, with `_THEN` for the time: always the same."""
    questions = _questions(_THEN)
    compiled = [question.query.sql_with_params() for question in questions.values()]
    return tuple(questions), [sql for sql, _ in compiled], [one for _, values in compiled for one in values]


def answers(now: datetime) -> Rows:
    """All rows, raw, in one round trip: on a busy machine a trip costs more than its query."""
    names, statements, values = _statements()
    own = not connection.in_atomic_block  # else somebody's transaction has its own level
    if own:
        statements = ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", *statements, "COMMIT"]
    rows = {}
    with connection.cursor() as cursor:
        cursor.execute(";\n".join(statements), [now if value == _THEN else value for value in values])
        for number, name in enumerate(names):
            if own or number:
                cursor.nextset()
            rows[name] = cursor.fetchall()
    return rows
