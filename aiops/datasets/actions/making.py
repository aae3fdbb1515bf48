"""New datasets, and what their settings say."""

import re
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction

from aiops.audit import actions as audit
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput
from aiops.datasets.actions.locking import hold, slug_of
from aiops.datasets.models import Dataset
from aiops.datasets.validation import kind_of, quoted, storable
from aiops.features.models import Feature

RESERVED = frozenset({"new"})  # addresses of the console


@transaction.atomic
def create_dataset(
    *,
    by: Actor,
    name: str,
    description: str = "",
    feature: Feature | None = None,
    scorers: Sequence[dict[str, Any]] = (),
) -> Dataset:
    """An empty dataset. Raises InvalidInput for a bad name, Conflict where the name is taken."""
    check_name(name)
    check_scorers(list(scorers))
    try:
        with transaction.atomic():
            dataset = Dataset.objects.create(
                name=name, description=description, feature=feature, scorers=list(scorers)
            )
    except IntegrityError as error:
        raise Conflict(f"There is a dataset {quoted(name)} already.") from error
    audit.record(
        by=by,
        action="datasets.created",
        on=dataset,
        feature=slug_of(dataset),
        after={"name": name, "description": description, "scorers": list(scorers)},
    )
    return dataset


@transaction.atomic
def change_settings(
    *, by: Actor, dataset: Dataset, description: str, feature: Feature | None, scorers: list[dict[str, Any]]
) -> Dataset:
    """What the dataset is for, and how its runs are scored where they say nothing else."""
    check_scorers(scorers)
    held = hold(dataset)
    before = _settings(held)
    held.description, held.feature, held.scorers = description, feature, scorers
    if _settings(held) != before:
        held.save(update_fields=["description", "feature", "scorers"])
        audit.record(
            by=by,
            action="datasets.settings_changed",
            on=held,
            feature=slug_of(held),
            before=before,
            after=_settings(held),
        )
    return held


def check_name(name: str) -> None:
    """Raises InvalidInput unless `name` can stand in an address."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", name):
        raise InvalidInput(f"The name {quoted(name)} may hold letters, digits, - and _ only, 100 at most.")
    if name in RESERVED:
        raise InvalidInput(f"The name {quoted(name)} is an address of the console; choose another.")


def check_scorers(scorers: Any) -> None:
    """Raises InvalidInput unless `scorers` is a list of objects with a type."""
    if not isinstance(scorers, list):
        raise InvalidInput(f"Scorers must be a list, not {kind_of(scorers)}.")
    if problems := storable("scorers", scorers):
        raise InvalidInput(f"{problems[0]}.")
    for entry in scorers:
        if not (isinstance(entry, dict) and isinstance(entry.get("type"), str)):
            raise InvalidInput('Each scorer must be an object with a "type", as {"type": "exact"}.')


def _settings(dataset: Dataset) -> dict[str, Any]:
    return {"description": dataset.description, "feature": slug_of(dataset), "scorers": dataset.scorers}
