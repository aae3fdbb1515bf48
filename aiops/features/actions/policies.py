"""A feature's policy: another version of it, or an earlier one again."""

from typing import Any

from django.db import transaction
from pydantic import ValidationError

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput, Problem
from aiops.features import callbacks, queries
from aiops.features.models import Feature, PolicyVersion
from aiops.features.policy import Policy


@transaction.atomic
def set_policy(
    *,
    by: Actor,
    feature: Feature,
    policy: Policy,
    note: str = "",
    expected: int | None = None,
    learnt: bool = False,
) -> PolicyVersion | None:
    """Put `policy` in force as the next version; None where it says what is in force already.

    `expected` is the version that the person changed (0: the defaults). Conflict where another came in since.
    `learnt`: what the policy names of trained versions has been checked; else it may only drop them.
    """
    if words := callbacks.problem(policy.callback_url):
        raise InvalidInput(f"Where answers of tickets are sent: {words}")
    locked = Feature.objects.select_for_update().get(pk=feature.pk)
    latest = queries.latest_policy(locked)
    number = latest.number if latest else 0
    if expected is not None and expected != number:
        raise Conflict(f"The policy is at version {number} by now. Read that, then change it again.")
    stored = latest.settings if latest else Policy().model_dump(mode="json")
    before = _read(stored)
    if before == policy:
        return None
    if not learnt and _learnt(policy) - _learnt(before or Policy()):
        raise InvalidInput("A trained router or category classifier is turned on on the router's page.")
    made = PolicyVersion.objects.create(
        feature=locked,
        number=number + 1,
        settings=policy.model_dump(mode="json"),
        note=note.strip(),
        by=by if isinstance(by, User) else None,
    )
    old, new = _changed(stored, made.settings)
    audit.record(
        by=by,
        action="features.policy_set",
        on=made,
        feature=locked.slug,
        before={"version": number, **old},
        after={"version": made.number, **new},
        reason=made.note,
    )
    return made


def restore_policy(*, by: Actor, version: PolicyVersion, expected: int | None = None) -> PolicyVersion | None:
    """Put an earlier version in force again, as the next one. InvalidInput where it no longer reads."""
    try:
        policy = Policy.model_validate(version.settings)
    except ValidationError as error:
        problems = [Problem(f"{'.'.join(map(str, one['loc']))}: {one['msg']}") for one in error.errors()]
        raise InvalidInput(f"Version {version.number} no longer reads: {problems[0]}", problems) from None
    note = f"Version {version.number} again"
    return set_policy(by=by, feature=version.feature, policy=policy, note=note, expected=expected)


def _learnt(policy: Policy) -> set[tuple[str, int | None]]:
    """The trained versions that are in force."""
    router = {("router", policy.router.version)} if policy.router.kind == "trained" else set()
    return router | ({("categories", policy.categories.version)} if policy.categories.version else set())


def _read(stored: dict[str, Any]) -> Policy | None:
    """The stored policy, whatever its age; None where it no longer reads."""
    try:
        return Policy.model_validate(stored)
    except ValidationError:
        return None


def _changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    differing = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in differing}, {name: after[name] for name in differing}
