"""Loads the demo workspace step by step, passing over what is done: it goes on where it was cut short."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from celery import current_app
from django.db import connection, transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.core.errors import Conflict
from aiops.datasets.models import Dataset
from aiops.demo import (
    approaching,
    building,
    content,
    deciding,
    drifting,
    grading,
    history,
    keys,
    knowing,
    people,
    remembering,
    reviewing,
    routing,
    waiting,
)
from aiops.demo.models import Workspace
from aiops.evaluations import actions as evaluations
from aiops.features.models import Feature
from aiops.prompts.models import Prompt

DEMO = SystemActor("demo")
Say = Callable[[str], None]
_LOCK = 0x64656D6F  # "demo": one load or reset at a time


def load(say: Say) -> bool:
    """Load what is missing; False where all is there. Raises Conflict in a workspace of others."""
    with one_at_a_time():
        mark = _begun()
        if mark.finished_at:
            people.password()
            keys.ensure(by=DEMO)
            return False
        with no_workers():
            _build(say)
        say("Moving it into the past")
        now = clock.now()
        _age(now)
        say("Ninety days of simulated calls")
        _remember(now)
        _finish(mark)
    return True


def _begun() -> Workspace:
    """The mark of the demo, set in a workspace that has nothing yet."""
    mark = Workspace.objects.first()
    if mark is not None:
        return mark
    strangers = User.objects.exclude(email__endswith="@demo")
    if any(rows.exists() for rows in (strangers, Feature.objects, Prompt.objects, Dataset.objects)):
        raise Conflict(
            "This workspace has people or content of its own, and the demo is loaded into an empty one "
            "alone. Choose another AIOPS_HOME or DATABASE_URL for it."
        )
    with transaction.atomic():
        mark = Workspace.objects.create()
        audit.record(by=DEMO, action="demo.load_started", on=mark)
    return mark


def _build(say: Say) -> None:
    wanted = content.manifest()
    say(f"People: {len(wanted.accounts)} accounts, tenants: {len(wanted.tenants)}")
    persons = {account.email: people.ensure(account, by=DEMO) for account in wanted.accounts}
    administrator, engineer = persons["admin@demo"], persons["engineer@demo"]
    for slug, name in wanted.tenants.items():
        building.tenant(slug, name, by=administrator)
    for name, model in wanted.models.items():
        building.model(name, model, by=administrator)
    for name, notes in wanted.rubrics.items():
        building.rubric(name, notes, by=engineer)
    for slug, feature in wanted.features.items():
        say(f"Feature {slug}: {len(feature.notes)} prompt versions, golden set")
        building.feature(slug, feature, by=persons["product@demo"])
        building.prompt(slug, feature, by=engineer)
        building.golden_set(slug, feature.dataset, by=engineer)
        if feature.rules:
            approaching.rule_set(slug, feature.rules, by=engineer)
        if feature.classifier:
            approaching.classifier(slug, feature.classifier, by=engineer)
    _decide(wanted, engineer)
    say("Help centre: documents in five languages")
    knowing.help_centre(by=persons["product@demo"], engineer=engineer)
    for number, run in enumerate(wanted.runs, start=1):
        say(f"Evaluation {number} of {len(wanted.runs)}: {run}")
        row = building.run(run)
        evaluations.judge_run(by=DEMO, run=row)
        reviewing.review(run)
        grading.grade(run, row, by=DEMO)
    routing.router(by=engineer)
    deciding.trial()


def _decide(wanted: content.Manifest, engineer: User) -> None:
    """What the gateway enforces; which version serves a feature follows from its reviews."""
    for feature in Feature.objects.filter(slug__in=wanted.features):
        deciding.policy(feature, by=engineer)
        deciding.classifier(feature, by=engineer)
        deciding.flag(feature, by=DEMO)
    deciding.past_stop()


@transaction.atomic
def _age(now: datetime) -> None:
    history.backdate(now)
    building.in_real_time(by=DEMO)


def _remember(now: datetime) -> None:
    """What the gateway did in the past, and what follows from it: each part only where it is missing."""
    keys.ensure(by=DEMO)
    remembering.remember(now)
    deciding.limits(now, by=DEMO)
    waiting.tickets(now)
    drifting.watch(now)


@transaction.atomic
def _finish(mark: Workspace) -> None:
    mark.finished_at = clock.now()
    mark.save(update_fields=["finished_at"])
    audit.record(by=DEMO, action="demo.loaded", on=mark)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the demo's lock; Conflict where somebody else loads or resets."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise Conflict("The demo is being loaded or reset by another process. Wait for it to end.")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


@contextmanager
def no_workers() -> Iterator[None]:
    """Send messages to nobody: the loader does the work of its runs itself, and needs no broker for it."""
    before = current_app.conf.broker_url
    current_app.conf.update(broker_url="memory://localhost/")
    try:
        yield
    finally:
        current_app.conf.update(broker_url=before)
