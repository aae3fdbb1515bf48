"""What may be asked for: a new feature, other words for one."""

import re

from django.db import IntegrityError, transaction

from aiops.audit import actions as audit
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput
from aiops.features.models import Feature

SLUG = re.compile(r"(?!new\Z)[a-z0-9][a-z0-9_-]{0,59}\Z")


@transaction.atomic
def create_feature(
    *, by: Actor, slug: str, name: str, description: str = "", kind: str = Feature.Kind.CHAT
) -> Feature:
    """A feature; its slug is for ever, since addresses and applications name it.

    So does its kind. Raises InvalidInput for a bad slug or no name, Conflict for a slug that is taken.
    """
    if not SLUG.match(slug):
        raise InvalidInput(
            f"{slug[:60]!r} is no slug: lower-case letters, digits, '-' and '_', at most 60, and not 'new'"
        )
    if not name.strip():
        raise InvalidInput("a feature needs a name")
    try:
        with transaction.atomic():
            feature = Feature.objects.create(
                slug=slug, name=name.strip(), description=description, kind=Feature.Kind(kind)
            )
    except IntegrityError:
        raise Conflict(f"a feature {slug!r} exists already") from None
    after = _facts(feature) | ({"kind": str(feature.kind)} if feature.kind != Feature.Kind.CHAT else {})
    audit.record(by=by, action="features.feature_created", on=feature, feature=slug, after=after)
    return feature


@transaction.atomic
def change_feature(*, by: Actor, feature: Feature, name: str, description: str) -> Feature:
    """Other words for `feature`. The same words change and record nothing."""
    if not name.strip():
        raise InvalidInput("a feature needs a name")
    locked = Feature.objects.select_for_update().get(pk=feature.pk)
    before = _facts(locked)
    locked.name, locked.description = name.strip(), description
    if _facts(locked) == before:
        return locked
    locked.save(update_fields=["name", "description"])
    audit.record(
        by=by,
        action="features.feature_changed",
        on=locked,
        feature=locked.slug,
        before=before,
        after=_facts(locked),
    )
    return locked


def _facts(feature: Feature) -> dict[str, str]:
    return {"name": feature.name, "description": feature.description}
