"""The demo's gateway keys, as `AIOPS_HOME/demo-keys.json`: for examples and checks, on this machine alone."""

import json
import os
from pathlib import Path

from django.conf import settings
from django.db import transaction

from aiops.core.actors import Actor
from aiops.demo.deciding import wanted
from aiops.features import actions as features
from aiops.tenants.models import ApiKey, Tenant
from aiops.tenants.tokens import read_token

SERVICE = "service"


def path() -> Path:
    return Path(settings.AIOPS_HOME) / "demo-keys.json"


def tokens() -> dict[str, str]:
    """The tokens in the file by name, none where there is no file."""
    try:
        return dict(json.loads(path().read_text(encoding="ascii")))
    except (FileNotFoundError, ValueError):
        return {}


@transaction.atomic
def ensure(*, by: Actor) -> dict[str, str]:
    """A key for each tenant of the demo and one for services. Those that still open something are kept."""
    kept = {name: token for name, token in tokens().items() if _opens(token)}
    tenants = {tenant.slug: tenant for tenant in Tenant.objects.filter(slug__in=wanted().keys)}
    for name in (*wanted().keys, SERVICE):
        if name not in kept:
            kept[name] = features.issue_key(by=by, name=f"Demo: {name}", tenant=tenants.get(name))[1]
    if kept != tokens():
        _write(kept)
    return kept


def _opens(token: str) -> bool:
    parts = read_token(token)
    key = ApiKey.objects.filter(public_id=parts.public_id).first() if parts else None
    return key is not None and key.is_alive


def _write(found: dict[str, str]) -> None:
    """Whole or not at all, and for the owner's eyes alone."""
    fresh = path().with_suffix(".new")
    fresh.parent.mkdir(parents=True, exist_ok=True)
    fresh.unlink(missing_ok=True)
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii"
    ) as file:
        json.dump(found, file, indent=1)
    fresh.replace(path())
