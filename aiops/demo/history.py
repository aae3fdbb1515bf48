"""Gives the demo a past: moves times back to when the manifest says that things happened.

Only times are moved, only in the demo's own rows, once, before the workspace is finished. The audit keeps
the true times: it says when the demo was loaded. The tables refuse changes of what is immutable, so their
triggers are off within the one transaction, which their owner may do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, models, transaction

from aiops.accounts.models import User
from aiops.approaches.models import (
    Classifier,
    ClassifierVersion,
    FeatureTraining,
    RouterVersion,
    RuleSet,
    RuleSetVersion,
    Training,
)
from aiops.catalog.models import Model, Provider
from aiops.datasets.models import Case, Dataset, DatasetVersion
from aiops.demo import content, deciding, routing
from aiops.demo.building import known_run
from aiops.demo.reviewing import known_review
from aiops.deployments.models import DeploymentRequest, Served
from aiops.evaluations.judging import is_judge
from aiops.evaluations.models import GradeSample, HumanGrade, JudgeTrust, Result, Run, Verdict
from aiops.features.models import Feature, PolicyVersion
from aiops.flags.models import ChangeRequest, KillSwitch
from aiops.gateway import inside
from aiops.gateway.inside import Bill
from aiops.gateway.models import INTERNAL_ARM, Rollup
from aiops.prompts.models import Prompt, Version
from aiops.releases.models import Approval, LineComment, Release, ReviewRequest, Revision
from aiops.tenants.models import Tenant

_MOVED = (
    *(Run, Result, Verdict, Version, DatasetVersion, Case, Dataset),
    *(RuleSet, RuleSetVersion, Classifier, ClassifierVersion, Training),
    *(GradeSample, HumanGrade, JudgeTrust),
    *(ReviewRequest, Revision, LineComment, Approval, Release),
    *(KillSwitch, ChangeRequest, Served),
    *(RouterVersion, FeatureTraining, PolicyVersion, DeploymentRequest),
)
_BEGAN = 60  # days before loading
_FIRST_RUN = timedelta(hours=2)  # after the version that it tries
_PAUSE = timedelta(minutes=40)
_STEP = timedelta(minutes=7)  # between one thing said in a review and the next
_GRADE = timedelta(seconds=23)  # that a person takes for one result
_FRIDAY = 4
_OFFICE = ((9, 12), (10, 47), (14, 5), (15, 31), (11, 20), (16, 8))  # hours and minutes, UTC


@contextmanager
def triggers_off(*tables: type[models.Model]) -> Iterator[None]:
    """Let the owner change rows of `tables` until the block ends; call within a transaction."""
    names = [connection.ops.quote_name(table._meta.db_table) for table in tables]
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in names:
            cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")


@transaction.atomic
def backdate(now: datetime) -> None:
    """Move the demo's rows to their times before `now`. Nothing but the columns of times changes."""
    Rollup.objects.filter(arm=INTERNAL_ARM).delete()
    with triggers_off(*_MOVED):
        began = now - timedelta(days=_BEGAN)
        for rows in (User.objects, Tenant.objects, Provider.objects, Model.objects, Feature.objects):
            rows.update(created_at=began)
        Prompt.objects.filter(name__in=content.manifest().rubrics).update(created_at=began)
        Version.objects.filter(prompt__name__in=content.manifest().rubrics).update(created_at=began)
        for slug, feature in content.manifest().features.items():
            _move_feature(slug, feature, now)
            _move_approaches(slug, now)
        for run, at in zip(content.manifest().runs, run_times(now), strict=True):
            _move_run(run, at)
            _move_review(run)
            _move_grades(run)
        _move_help(began)
        deciding.move_stop(now)
        routing.move(now)
        deciding.move_trial(now)


def _move_help(began: datetime) -> None:
    """The help centre has no runs: its prompt is as old as the workspace."""
    slug = deciding.wanted().help.feature
    Prompt.objects.filter(name=slug).update(created_at=began)
    Version.objects.filter(prompt__name=slug).update(created_at=began)
    Release.objects.filter(prompt__name=slug).update(at=began + timedelta(hours=2))


def run_times(now: datetime) -> list[datetime]:
    """When each run of the manifest began: in office hours, no weekend, in their order."""
    times: list[datetime] = []
    for run in content.manifest().runs:
        at = _office_time(now - timedelta(days=run.ago), len(times))
        times.append(max(at, times[-1] + _PAUSE) if times else at)
    return times


def _office_time(day: datetime, place: int) -> datetime:
    """A working hour of `day` in UTC, of the Friday before where that is a weekend."""
    hour, minute = _OFFICE[place % len(_OFFICE)]
    working = day - timedelta(days=max(0, day.weekday() - _FRIDAY))
    return working.replace(hour=hour, minute=minute, second=(place * 17) % 60, microsecond=0)


def _move_feature(slug: str, feature: content.Feature, now: datetime) -> None:
    """Each version shortly before the first run that used it; unused ones between those around them."""
    began = now - timedelta(days=_BEGAN - 5)
    Prompt.objects.filter(name=slug).update(created_at=began)
    Dataset.objects.filter(name=slug).update(created_at=began)
    at = began
    for number in feature.notes:
        at = max(at + timedelta(hours=3), _first_use(slug, now, version=number, by_the="prompt") or at)
        Version.objects.filter(prompt__name=slug, number=number).update(created_at=at)
        began_with = Release.objects.filter(prompt__name=slug, version__number=number, request=None)
        began_with.update(at=at + timedelta(hours=2))
    for number in range(1, len(feature.dataset.versions) + 1):
        at = _first_use(slug, now, dataset=number) or began
        DatasetVersion.objects.filter(dataset__name=slug, number=number).update(frozen_at=at)
        Case.objects.filter(dataset__name=slug, since=number).update(created_at=at - timedelta(hours=2))
        Case.objects.filter(dataset__name=slug, until=number).update(closed_at=at - timedelta(hours=2))


def _move_approaches(slug: str, now: datetime) -> None:
    """Rule sets and classifiers with their versions, shortly before their first run."""
    rules = _first_use(slug, now, by_the="rules")
    if rules is not None:
        RuleSet.objects.filter(feature__slug=slug).update(created_at=rules)
        RuleSetVersion.objects.filter(rule_set__feature__slug=slug).update(created_at=rules)
    trained = _first_use(slug, now, by_the="classifier")
    if trained is None:
        return
    Classifier.objects.filter(feature__slug=slug).update(created_at=trained - _PAUSE)
    for version in ClassifierVersion.objects.filter(classifier__feature__slug=slug).defer("weights"):
        began = trained - timedelta(seconds=version.seconds)
        ClassifierVersion.objects.filter(pk=version.pk).update(created_at=trained)
        Training.objects.filter(version=version).update(
            created_at=began, started_at=began, heartbeat_at=trained, finished_at=trained
        )


def _first_use(slug: str, now: datetime, **wanted: int | str) -> datetime | None:
    times = [
        at - _FIRST_RUN
        for run, at in zip(content.manifest().runs, run_times(now), strict=True)
        if run.feature == slug and all(getattr(run, name) == value for name, value in wanted.items())
    ]
    return min(times, default=None)


def _move_run(wanted: content.Run, at: datetime) -> None:
    """The run begins at `at`, and takes as long as its calls would have taken in real time."""
    row = known_run(wanted)
    if row is None:
        return
    took = row.results.aggregate(total=models.Sum("latency_ms"))["total"] or 0
    seconds = took / 1000 / (row.model.provider.max_concurrency if row.model else 1)
    started, ended = at + timedelta(seconds=1), at + timedelta(seconds=2 + seconds)
    Run.objects.filter(pk=row.pk).update(
        created_at=at, started_at=started, heartbeat_at=ended, finished_at=ended
    )
    Result.objects.filter(run=row).update(created_at=ended)
    Verdict.objects.filter(candidate=row).update(created_at=ended)
    _spend_then(row, ended)


def _spend_then(run: Run, at: datetime) -> None:
    """What the run cost was spent when it ended, and not when the demo was loaded."""
    paid = run.results.filter(reused_from=None, attempts__gt=0)
    count, worst = paid.count(), run.unaccounted
    if run.model is not None:
        own = Bill("evaluation", run.model.name, run.cost - run.judge_cost, worst, calls=count)
        inside.add_up(run.feature.slug, [own], at)
    judges = [entry["model_name"] for entry in run.scorers if is_judge(entry)]
    if judges:
        inside.add_up(run.feature.slug, [Bill("judge", judges[0], run.judge_cost, calls=run.done)], at)


def _move_review(wanted: content.Run) -> None:
    """What was said and done in the review of a run's version follows the end of the run, step by step."""
    request, run = known_review(wanted), known_run(wanted)
    if request is None or run is None or run.finished_at is None:
        return
    opened = run.finished_at + _STEP
    Revision.objects.filter(request=request).update(at=opened)
    at = opened
    for rows in (LineComment.objects, Approval.objects):
        for row in rows.filter(request=request).order_by("id"):
            at += _STEP
            rows.filter(pk=row.pk).update(at=at)
    ended = at + _STEP
    LineComment.objects.filter(request=request, resolved_at__isnull=False).update(resolved_at=ended)
    Release.objects.filter(request=request).update(at=ended)
    closed = ended if request.closed_at else None
    ReviewRequest.objects.filter(pk=request.pk).update(opened_at=opened, closed_at=closed)


def _move_grades(wanted: content.Run) -> None:
    """People grade a run once it has ended, one result after the other, each person beside the others."""
    run = known_run(wanted)
    if run is None or run.finished_at is None:
        return
    last = began = run.finished_at + _STEP
    for sample in GradeSample.objects.filter(run=run):
        GradeSample.objects.filter(pk=sample.pk).update(at=began)
        grades = list(HumanGrade.objects.filter(sample=sample).order_by("id"))
        for place, grade in enumerate(grades, start=1):
            grade.at = began + place * _GRADE
        HumanGrade.objects.bulk_update(grades, ["at"])
        last = max([last, *(grade.at for grade in grades)])
    if wanted.graded is not None:
        JudgeTrust.objects.filter(feature=run.feature).update(since=last, at=last)
