"""Keys, policies, deployments, flags, stops and gateways."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.deployments.models import Deployment, DeploymentRequest, Served
from aiops.features.models import PolicyVersion
from aiops.flags.models import ChangeRequest, Flag, GatewayProcess, KillSwitch, Schedule
from aiops.tenants.models import ApiKey
from aiops.tenants.tokens import digest_of, new_token
from tests.factories.catalog import make_price
from tests.factories.numbers import number
from tests.factories.people import make_tenant, make_user
from tests.factories.prompts import make_feature, make_version

SHELL = SystemActor("shell")


def make_key(**values: Any) -> ApiKey:
    """A tenant's key. Its token is `.token`."""
    token = new_token()
    tenant = values.pop("tenant") if "tenant" in values else make_tenant()
    facts = {"public_id": token.public_id, "digest": digest_of(token.secret), "name": f"Key {number()}"}
    key = ApiKey.objects.create(**{**facts, "tenant": tenant, **values})
    key.token = str(token)  # type: ignore[attr-defined]  # for tests that call with it
    return key


def make_policy(**values: Any) -> PolicyVersion:
    """The next version of a feature's policy; `settings` are those that differ from the defaults."""
    feature = values.pop("feature", None) or make_feature()
    made = {"number": feature.policies.count() + 1, "settings": {"deadline_seconds": 5.0}, **values}
    return PolicyVersion.objects.create(feature=feature, **made)


def make_served(**values: Any) -> Served:
    """A prompt version on a model that has a price."""
    if "kind" not in values:
        version = values.pop("version", None) or make_version()
        model = values.pop("model", None) or make_price().model
        values = {"kind": Served.Kind.PROMPT, "version": version, "model": model, **values}
    return Served.objects.create(**values)


def make_deployment(**values: Any) -> Deployment:
    feature = values.pop("feature", None) or make_feature()
    return Deployment.objects.create(**{"feature": feature, "stable": make_served(), **values})


def make_deployment_request(**values: Any) -> DeploymentRequest:
    """An engineer asks to let another approach serve everybody. `before` is what serves now."""
    feature = values.pop("feature", None) or make_deployment().feature
    facts = {
        "feature": feature,
        "arm": "stable",
        "served": values.pop("served", None) or make_served(kind="passthrough", model=make_price().model),
        "share": Decimal(100),
        "before": {"stable": str(feature.deployment.stable)},
        "asked_by": values.pop("asked_by", None) or make_user(roles=["engineer"]),
    }
    return DeploymentRequest.objects.create(**{**facts, **values})


def make_flag(**values: Any) -> Flag:
    """On for nobody but `tenants` and `percent` of the rest."""
    tenants = values.pop("tenants", ())
    feature = values.pop("feature", None) or make_feature()
    flag = Flag.objects.create(**{"feature": feature, "limited": True, **values})
    flag.tenants.set(tenants)
    return flag


def make_stop(**values: Any) -> KillSwitch:
    """Of a feature, thrown at the shell."""
    if "scope" not in values:
        values = {"scope": KillSwitch.Scope.FEATURE, "target": make_feature().slug, **values}
    by = values.get("by")
    facts = {"reason": "It answers nonsense.", "by_label": by.email if by else "shell"}
    return KillSwitch.objects.create(**{**facts, **values})


def make_request(**values: Any) -> ChangeRequest:
    """An engineer asks to let everybody in."""
    flag = make_flag(on=False)
    facts = {
        "feature": flag.feature,
        "before": {"on": False, "limited": True, "percent": "0.00", "tenants": [], "when_unknown": False},
        "wanted": {"on": True, "limited": False, "percent": "0.00", "tenants": [], "when_unknown": False},
        "asked_by": values.pop("asked_by", None) or make_user(roles=["engineer"]),
    }
    return ChangeRequest.objects.create(**{**facts, **values})


def make_schedule(**values: Any) -> Schedule:
    """An engineer wants to turn a feature off in an hour."""
    everybody = {"on": True, "limited": False, "percent": "0.00", "tenants": [], "when_unknown": False}
    facts = {
        "feature": values.pop("feature", None) or make_feature(),
        "before": everybody,
        "wanted": {**everybody, "on": False},
        "due_at": clock.now() + timedelta(hours=1),
        "asked_by": values.pop("asked_by", None) or make_user(roles=["engineer"]),
    }
    return Schedule.objects.create(**{**facts, **values})


def make_process(**values: Any) -> GatewayProcess:
    """A gateway that was seen just now."""
    n, now = number(), clock.now()
    facts = {
        "instance": f"gw-{n}",
        "host": "host-1",
        "pid": n,
        "port": 8001,
        "started_at": now,
        "seen_at": now,
    }
    return GatewayProcess.objects.create(**{**facts, **values})
