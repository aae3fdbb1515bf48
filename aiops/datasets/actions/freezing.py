"""The draft becomes a version that nobody can change."""

from django.db import transaction

from aiops.audit import actions as audit
from aiops.core.actors import Actor
from aiops.core.errors import InvalidInput
from aiops.datasets import export, queries
from aiops.datasets.actions.locking import hold, person_of, slug_of
from aiops.datasets.models import Dataset, DatasetVersion


@transaction.atomic
def freeze(*, by: Actor, dataset: Dataset, note: str = "") -> DatasetVersion:
    """The new version; the last one where the draft says the same. Raises InvalidInput for an empty draft."""
    held = hold(dataset)
    last = queries.last_version(held)
    if last and not held.unfrozen_count:
        return last
    if not held.case_count:
        raise InvalidInput(f"{held.name} has no cases to freeze: import some first.")
    version = DatasetVersion.objects.create(
        dataset=held,
        number=held.draft_number,
        note=note,
        case_count=held.case_count,
        coverage=held.coverage,
        sha256=export.sha256(queries.draft_cases(held)),
        frozen_by=person_of(by),
    )
    held.draft_number, held.unfrozen_count = version.number + 1, 0
    held.save(update_fields=["draft_number", "unfrozen_count"])
    audit.record(
        by=by,
        action="datasets.frozen",
        on=version,
        feature=slug_of(held),
        after={"number": version.number, "cases": version.case_count, "sha256": version.sha256},
        reason=note,
    )
    dataset.refresh_from_db()
    return version
