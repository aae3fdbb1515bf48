"""The first row of an approach: its name is a slug, and taken once."""

from typing import TypeVar

from django.db import IntegrityError, transaction

from aiops.approaches.models import Classifier, RuleSet
from aiops.core.errors import Conflict, InvalidInput
from aiops.features.models import Feature
from aiops.prompts.shape import NAME, NAME_RULE

A = TypeVar("A", RuleSet, Classifier)


def begin(model: type[A], *, feature: Feature, name: str, description: str) -> A:
    """One without versions. Raises InvalidInput for a bad name, Conflict for one that exists."""
    kind = model._meta.verbose_name
    if not NAME.match(name):
        raise InvalidInput(f"{name[:100]!r} is no name of a {kind}: {NAME_RULE}")
    try:
        with transaction.atomic():
            return model.objects.create(feature=feature, name=name, description=description)
    except IntegrityError:
        raise Conflict(f"a {kind} named {name!r} exists already") from None
