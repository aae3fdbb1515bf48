"""Rule sets and classifiers of the demo, made only where they are missing; which approach a run is of."""

from typing import Any

from aiops.accounts.models import User
from aiops.approaches import actions as approaches
from aiops.approaches import training
from aiops.approaches.models import Classifier, ClassifierVersion, RuleSet, RuleSetVersion, Training
from aiops.catalog.models import Model
from aiops.datasets.models import DatasetVersion
from aiops.demo import content
from aiops.evaluations.models import AnyApproach, OnModel
from aiops.features.models import Feature
from aiops.prompts.models import Version


def rule_set(slug: str, wanted: content.RuleSet, *, by: User) -> None:
    row = RuleSet.objects.filter(name=wanted.name).first() or approaches.create_rule_set(
        by=by, feature=Feature.objects.get(slug=slug), name=wanted.name, description=wanted.description
    )
    for number, note in wanted.notes.items():
        if not row.versions.filter(number=number).exists():
            source = content.rules_source(slug, number)
            approaches.create_rules(by=by, rule_set=row, source=source, note=note, based_on=number - 1)


def classifier(slug: str, wanted: content.Classifier, *, by: User) -> None:
    """The classifier with its version, trained in this process; one that was cut short begins again."""
    row = Classifier.objects.filter(name=wanted.name).first() or approaches.create_classifier(
        by=by, feature=Feature.objects.get(slug=slug), name=wanted.name, description=wanted.description
    )
    if row.versions.exists():
        return
    row.trainings.filter(state=Training.State.RUNNING).update(state=Training.State.QUEUED)
    waiting = row.trainings.filter(state=Training.State.QUEUED).first() or approaches.start_training(
        by=by,
        classifier=row,
        dataset_version=DatasetVersion.objects.get(dataset__name=slug, number=1),
        note=wanted.note,
    )
    training.train(waiting.pk)


def of_run(wanted: content.Run) -> AnyApproach:
    """What the run evaluates."""
    if wanted.by_the == "rules":
        return RuleSetVersion.objects.get(rule_set__feature__slug=wanted.feature, number=wanted.version)
    if wanted.by_the == "classifier":
        return ClassifierVersion.objects.get(classifier__feature__slug=wanted.feature, number=wanted.version)
    return OnModel(
        Version.objects.get(prompt__name=wanted.feature, number=wanted.version),
        Model.objects.get(name=wanted.model),
    )


def columns_of(wanted: content.Run) -> dict[str, Any]:
    """The conditions under which a row of runs is of that approach."""
    if wanted.by_the == "rules":
        return {"rule_set_version__number": wanted.version}
    if wanted.by_the == "classifier":
        return {"classifier_version__number": wanted.version}
    return {"version__number": wanted.version, "model__name": wanted.model}
