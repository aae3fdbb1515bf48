"""One writer at a time for the cases of a dataset."""

from django.db import OperationalError, connection

from aiops.accounts.models import User
from aiops.core.actors import Actor
from aiops.core.errors import Conflict
from aiops.datasets.models import Dataset

PATIENCE = "10s"


def hold(dataset: Dataset) -> Dataset:
    """The row of `dataset`, held until the transaction ends. Raises Conflict after ten seconds of waiting."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
        try:
            held = (
                Dataset.objects.select_for_update(of=("self",)).select_related("feature").get(pk=dataset.pk)
            )
        except OperationalError as error:
            raise Conflict(
                f"Somebody else is writing to {dataset.name}, perhaps a large import. Try again in a minute."
            ) from error
        cursor.execute("SELECT set_config('lock_timeout', '0', true)")
    return held


def person_of(by: Actor) -> User | None:
    """The person for a `created_by`; None where a part of the system acts."""
    return by if isinstance(by, User) else None


def slug_of(dataset: Dataset) -> str:
    """The feature that the audit names, or ''."""
    return dataset.feature.slug if dataset.feature else ""
