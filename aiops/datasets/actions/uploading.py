"""Files from a browser: looked at first, imported once a person has seen what that does."""

import io
from datetime import timedelta

from django.db import transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.errors import Conflict
from aiops.datasets import intake
from aiops.datasets.actions.importing import import_file
from aiops.datasets.actions.locking import hold, slug_of
from aiops.datasets.models import Dataset, Upload
from aiops.datasets.preview import preview

KEPT = timedelta(days=1)


@transaction.atomic
def upload(
    *,
    by: User,
    dataset: Dataset,
    filename: str,
    content: bytes,
    format: str,  # noqa: A002 - the word of CONTRACTS 1
    replace: bool,
) -> Upload:
    """Keep the file for a day, with what importing it would do. Raises InvalidInput with all problems."""
    Upload.objects.filter(created_at__lt=clock.now() - KEPT).delete()
    made = Upload.objects.create(
        dataset=dataset,
        filename=filename[:200],
        format=format,
        content=content,
        replace=replace,
        revision=dataset.revision,
        preview=preview(dataset, content, format, replace=replace),
        created_by=by,
    )
    audit.record(
        by=by,
        action="datasets.file_uploaded",
        on=dataset,
        feature=slug_of(dataset),
        after={"file": made.filename, "format": format, "bytes": len(content)},
    )
    return made


@transaction.atomic
def confirm(*, by: User, upload: Upload) -> intake.Counts:
    """Import what the preview showed. Raises Conflict where the dataset has changed since."""
    held = hold(upload.dataset)
    if held.revision != upload.revision:
        raise Conflict(f"The cases of {held.name} have changed since this preview; here is a new one.")
    counts, _ = import_file(
        by=by,
        dataset=held,
        file=io.BytesIO(bytes(upload.content)),
        filename=upload.filename,
        format=upload.format,
        replace=upload.replace,
    )
    upload.delete()
    return counts


@transaction.atomic
def look_again(*, by: User, upload: Upload) -> Upload:
    """Make the preview anew, on the dataset as it is."""
    held = hold(upload.dataset)
    upload.preview = preview(held, bytes(upload.content), upload.format, replace=upload.replace)
    upload.revision = held.revision
    upload.save(update_fields=["preview", "revision"])
    audit.record(
        by=by,
        action="datasets.file_previewed_again",
        on=held,
        feature=slug_of(held),
        after={"file": upload.filename},
    )
    return upload


@transaction.atomic
def discard(*, by: User, upload: Upload) -> None:
    """Forget the file."""
    audit.record(
        by=by,
        action="datasets.file_discarded",
        on=upload.dataset,
        feature=slug_of(upload.dataset),
        after={"file": upload.filename},
    )
    upload.delete()
