"""Files into the draft of a dataset: all of a file, or nothing of it."""

from pathlib import Path
from typing import BinaryIO

from django.db import transaction

from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import InvalidInput
from aiops.datasets import formats, intake, tally
from aiops.datasets.actions.locking import hold, person_of, slug_of
from aiops.datasets.content import MAX_CASES
from aiops.datasets.formats.items import Note
from aiops.datasets.models import Dataset


def import_cases(*, by: Actor, dataset: Dataset, path: Path, format: str, replace: bool = False) -> int:  # noqa: A002 - the word of CONTRACTS 1
    """Import the file at `path` into the draft; the number of its cases. Raises InvalidInput."""
    with path.open("rb") as file:
        counts, _ = import_file(
            by=by, dataset=dataset, file=file, filename=path.name, format=format, replace=replace
        )
    return counts.total


@transaction.atomic
def import_file(
    *,
    by: Actor,
    dataset: Dataset,
    file: BinaryIO,
    filename: str,
    format: str,  # noqa: A002 - the word of CONTRACTS 1
    replace: bool = False,
) -> tuple[intake.Counts, list[Note]]:
    """Add what is new, close and add again what differs, leave what is the same.

    With `replace` cases that the file lacks are closed too. Returns the counts and notes on what another
    tool's file says that no case can. Raises InvalidInput with all problems, Conflict where another writes.
    """
    reader = formats.read(file, format)
    intake.stage(reader)  # before the dataset is held: reading takes the longest
    reader.refuse_if_wrong()
    held = hold(dataset)
    person = person_of(by)
    counts = intake.apply(held, at=clock.now(), by_id=person.pk if person else None, replace=replace)
    tally.recount(held)
    if held.case_count > MAX_CASES:
        raise InvalidInput(f"{held.name} would hold {held.case_count:,} cases, at most {MAX_CASES:,}.")
    audit.record(
        by=by,
        action="datasets.cases_imported",
        on=held,
        feature=slug_of(held),
        after={"file": filename[:200], "format": format, "replace": replace, "counts": str(counts)},
    )
    return counts, reader.notes
