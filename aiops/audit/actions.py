"""The one write of the audit. Call it inside the transaction of the act that it records."""

from typing import Any

from django.db import transaction

from aiops.audit import origin
from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.core.actors import Actor


def record(
    *,
    by: Actor,
    action: str,
    on: Any,
    label: str = "",
    feature: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> AuditEvent:
    """Write one event: `by` did `action` ("prompts.version_created") to `on` (a saved model instance).

    `before` and `after` hold JSON values of what changed and never a secret. Outside of a transaction it
    refuses, since an act and its record stand or fall together.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"audit.record({action!r}) needs the transaction of the act that it records")
    return AuditEvent.objects.create(
        at=clock.now(),
        actor_id=by.actor_id,
        actor_label=by.actor_label,
        action=action,
        object_type=on._meta.label_lower,
        object_id=str(on.pk),
        object_label=(label or str(on))[:500],
        feature=feature,
        before=before,
        after=after,
        reason=reason,
        origin=origin.current(),
    )
