"""Grades from a file: looked at first, written once a person has seen what that does."""

import hashlib
from datetime import timedelta

from django.db import transaction

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict
from aiops.evaluations import grade_files
from aiops.evaluations.actions.grades import weigh_after
from aiops.evaluations.models import GradeUpload, HumanGrade, Run

KEPT = timedelta(days=1)


@transaction.atomic
def upload_grades(*, by: User, run: Run, filename: str, content: bytes) -> GradeUpload:
    """Keep the file for a day, with what importing it would do. Raises InvalidInput with all problems."""
    check(by, Permission.EVALUATIONS_RUN)
    plan = grade_files.plan(run, content, by=by)
    GradeUpload.objects.filter(created_at__lt=clock.now() - KEPT).delete()
    made = GradeUpload.objects.create(
        run=run, filename=filename[:200], content=content, preview=plan.preview, created_by=by
    )
    audit.record(
        by=by,
        action="evaluations.grades_uploaded",
        on=run,
        feature=run.feature.slug,
        after={"file": made.filename, "bytes": len(content)},
    )
    return made


@transaction.atomic
def confirm_grades(*, by: User, upload: GradeUpload) -> dict[str, int]:
    """Import what the preview showed. Raises Conflict where that is no longer what it would do."""
    counts = import_grades(by=by, run=upload.run, filename=upload.filename, content=bytes(upload.content))
    if counts != upload.preview["counts"]:
        raise Conflict("Grades have changed since this preview: check the file again.")
    upload.delete()
    return counts


@transaction.atomic
def import_grades(*, by: Actor, run: Run, filename: str, content: bytes) -> dict[str, int]:
    """All grades of the file; those that a person says already are left alone. InvalidInput: its problems.

    Returns {"total", "new", "changed", "unchanged", "random"}. Rows that name nobody are grades of `by`, or
    nobody's where `by` is no person.
    """
    person = by if isinstance(by, User) else None
    if person is not None:
        check(person, Permission.EVALUATIONS_RUN)
    Run.objects.select_for_update(no_key=True).get(pk=run.pk)  # two imports follow one another
    plan = grade_files.plan(run, content, by=person)
    HumanGrade.objects.bulk_create(
        [
            HumanGrade(
                result_id=said.result_id,
                by=said.by,
                passed=said.row.passed,
                reason=said.row.reason,
                source=HumanGrade.Source.IMPORT,
                sampling=said.sampling,
            )
            for said in plan.said
            if said.state != "unchanged"
        ],
        batch_size=1000,
    )
    audit.record(
        by=by,
        action="evaluations.grades_imported",
        on=run,
        feature=run.feature.slug,
        after={
            "file": filename[:200],
            "sha256": hashlib.sha256(content).hexdigest(),
            "counts": plan.counts,
            "people": sorted({said.by.email for said in plan.said if said.by}),
        },
    )
    weigh_after(run)
    return plan.counts
