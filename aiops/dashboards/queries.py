"""Questions of the dashboards, each in a constant number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.core.cache import cache
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.alerts import queries as alerts
from aiops.alerts.models import Alert
from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.dashboards import words
from aiops.datasets.models import Case, Dataset, DatasetVersion
from aiops.evaluations import statistics
from aiops.evaluations.models import Run, with_approaches
from aiops.evaluations.statistics import Interval
from aiops.features.models import Feature
from aiops.prompts.models import Label, Prompt, Version
from aiops.prompts.queries import PRODUCTION
from aiops.releases import queries as releases
from aiops.releases.models import ReviewRequest
from aiops.reviews.queries import backlog, tickets

RECENT = timedelta(hours=24)
SHOWN_CHANGES = 12
SHOWN_ALERTS = 5
SCORE_KEPT = 24 * 3600  # seconds
STALE = timedelta(days=7)  # a failed run older than this waits for nobody

# A case passes where every scorer passes it, its repeats averaged; without a score it is missing, not failed.
_PASSED = """
WITH judged AS (
  SELECT result.run_id, result.case_id, result.id, min(score.passed::int) AS passed
  FROM evaluations_result AS result JOIN evaluations_score AS score ON score.result_id = result.id
  WHERE result.run_id = ANY(%(runs)s) GROUP BY result.run_id, result.case_id, result.id
), cases AS (
  SELECT run_id, case_id, avg(passed) AS passed FROM judged GROUP BY run_id, case_id
)
SELECT run_id, count(passed), coalesce(sum(passed), 0)::float8 FROM cases GROUP BY run_id
"""


@dataclass(frozen=True, slots=True)
class Scored:
    """The share of a run's `n` cases that pass, with its interval; nothing is green below 20 cases."""

    n: int
    share: Interval

    @property
    def enough(self) -> bool:
        return statistics.enough(self.n)


@dataclass(slots=True)
class FeatureRow:
    """A feature with what was built for it; `latest`: its newest run, `scored_run`: the newest finished."""

    feature: Feature
    prompts: list[Prompt] = field(default_factory=list)
    datasets: list[Dataset] = field(default_factory=list)
    latest: Run | None = None
    scored_run: Run | None = None
    score: Scored | None = None


def feature_rows(features: Iterable[Feature], user: User) -> list[FeatureRow]:
    """A row for each of `features`, in their order, with what `user` may see of it."""
    rows = {feature.pk: FeatureRow(feature) for feature in features}
    if user.may(Permission.PROMPTS_VIEW):
        for prompt in _prompts(list(rows)):
            rows[prompt.feature_id].prompts.append(prompt)  # type: ignore[index]  # filtered by feature
    if user.may(Permission.DATASETS_VIEW):
        for dataset in _datasets(list(rows)):
            rows[dataset.feature_id].datasets.append(dataset)  # type: ignore[index]  # filtered by feature
    if user.may(Permission.EVALUATIONS_VIEW):
        _add_runs(rows)
    return list(rows.values())


def _prompts(features: Sequence[int]) -> QuerySet[Prompt]:
    """Prompts with `latest_number` and `production_number`."""
    newest = Version.objects.filter(prompt=OuterRef("pk")).order_by("-number").values("number")[:1]
    live = Label.objects.filter(prompt=OuterRef("pk"), name=PRODUCTION).values("version__number")[:1]
    return Prompt.objects.filter(feature__in=features).annotate(
        latest_number=Subquery(newest), production_number=Subquery(live)
    )


def _datasets(features: Sequence[int]) -> QuerySet[Dataset]:
    """Datasets with the number and the case count of their last version."""
    frozen = DatasetVersion.objects.filter(dataset=OuterRef("pk")).order_by("-number")
    return Dataset.objects.filter(feature__in=features).annotate(
        last_number=Subquery(frozen.values("number")[:1]),
        last_count=Subquery(frozen.values("case_count")[:1]),
    )


def _add_runs(rows: Mapping[int, FeatureRow]) -> None:
    runs = _named_runs().filter(feature__in=list(rows))
    newest = runs.order_by("feature_id", "-id").distinct("feature_id")
    for run in newest:
        rows[run.feature_id].latest = run
    finished = {run.pk: run for run in newest.filter(state=Run.State.FINISHED)}
    scores = scores_of(finished.values())
    for run in finished.values():
        rows[run.feature_id].scored_run = run
        rows[run.feature_id].score = scores.get(run.pk)


def _named_runs() -> QuerySet[Run]:
    """Runs with what their names are made of."""
    rows = with_approaches(Run.objects.select_related("dataset_version__dataset"))
    return rows.defer("version__source")


def scores_of(runs: Iterable[Run]) -> dict[int, Scored]:
    """The share of cases that every scorer passes, by the id of each finished run, in one query at most.

    What has finished stays as it is, so a score is kept until the run is continued and finishes again.
    """
    keys = {f"score:{run.pk}:{run.finished_at}".replace(" ", "T"): run.pk for run in runs}
    kept: dict[str, Scored] = cache.get_many(keys)
    missing = {key: pk for key, pk in keys.items() if key not in kept}
    if missing:
        counted = _count_passed(missing.values())
        found = {key: counted[pk] for key, pk in missing.items() if pk in counted}
        cache.set_many(found, timeout=SCORE_KEPT)
        kept |= found
    return {keys[key]: score for key, score in kept.items()}


def _count_passed(runs: Iterable[int]) -> dict[int, Scored]:
    with connection.cursor() as cursor:
        cursor.execute(_PASSED, {"runs": list(runs)})
        found = {run: (n, statistics.wilson(passed, n)) for run, n, passed in cursor.fetchall()}
    return {run: Scored(n, share) for run, (n, share) in found.items() if share}


def recent_changes(user: User) -> list[words.Sentence]:
    """What was changed in the last 24 hours and `user` may see, newest first; sign-ins are no changes."""
    allowed = Q()
    for app, permission in words.NEEDS.items():
        if user.may(permission):
            allowed |= Q(action__startswith=f"{app}.")
    events = AuditEvent.objects.filter(allowed, at__gte=clock.now() - RECENT).exclude(action__in=words.NOISE)
    return [words.sentence(event) for event in events[:SHOWN_CHANGES]] if allowed else []


@dataclass(frozen=True, slots=True)
class Waiting:
    """Alerts, runs, drafts, reviews, outputs to grade and tickets that `user` should look at."""

    alerts: list[Alert]
    running: list[Run]
    failed: list[Run]
    drafts: list[Dataset]
    reviews: list[ReviewRequest]
    grades: list[backlog.Waiting]
    tickets: tickets.Waiting

    @property
    def count(self) -> int:
        single: tuple[Sequence[object], ...] = (
            self.alerts,
            self.running,
            self.failed,
            self.drafts,
            self.reviews,
        )
        return sum(len(rows) for rows in single) + sum(row.items for row in self.grades) + self.tickets.count


def waiting_for(user: User) -> Waiting:
    """Open alerts, own runs under way or failed, changed drafts, reviews, outputs to grade, tickets."""
    own: list[Run] = []
    if user.may(Permission.EVALUATIONS_RUN):
        ended = Q(state__in=(Run.State.FAILED, Run.State.STOPPED), finished_at__gte=clock.now() - STALE)
        own = list(_named_runs().filter(Q(state__in=Run.ACTIVE) | ended, created_by=user)[:10])
    drafts = list(changed_drafts()[:10]) if user.may(Permission.DATASETS_EDIT) else []
    running, ended_runs = [run for run in own if run.is_active], [run for run in own if not run.is_active]
    raised = list(open_alerts(user)[:SHOWN_ALERTS]) if user.may(Permission.ALERTS_HANDLE) else []
    reviews, grades = list(releases.waiting_for(user)[:10]), backlog.waiting_for(user)
    return Waiting(raised, running, ended_runs, drafts, reviews, grades, tickets.waiting_for(user))


def open_alerts(user: User) -> QuerySet[Alert]:
    """What was raised, `user` may see, and nobody has taken on: the worst first."""
    return alerts.alerts_seen(user.permissions).filter(alerts.waits()).order_by("-severity", "-last_at")


def changed_drafts() -> QuerySet[Dataset]:
    """Datasets whose draft differs from their last version, or that were never frozen and hold cases."""
    here = Case.objects.filter(dataset=OuterRef("pk"))
    changed = Exists(here.filter(since=OuterRef("draft_number"), until=None)) | Exists(
        here.filter(until=OuterRef("draft_number"), since__lt=OuterRef("draft_number"))
    )
    return Dataset.objects.filter(changed).order_by("name")


@dataclass(frozen=True, slots=True)
class Workspace:
    """What there is at all, for the first steps of an empty one."""

    features: int
    prompts: int
    datasets: int
    runs: int

    @property
    def has_all(self) -> bool:
        return bool(self.features and self.prompts and self.datasets and self.runs)


def workspace() -> Workspace:
    """Whether there is a feature, a prompt, a frozen dataset, a run: at most one of each is looked for."""
    kinds = (Feature.objects, Prompt.objects, DatasetVersion.objects, Run.objects)
    return Workspace(*(int(kind.exists()) for kind in kinds))
