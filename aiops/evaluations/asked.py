"""From names that people type at a shell to rows. Raises InvalidInput in words for what does not exist."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet

from aiops.approaches.models import ClassifierVersion, RuleSetVersion
from aiops.catalog import queries as catalog
from aiops.catalog.models import Model
from aiops.core.actors import Actor
from aiops.core.errors import InvalidInput
from aiops.datasets import queries as datasets
from aiops.datasets.models import Dataset, DatasetVersion
from aiops.evaluations import comparable
from aiops.evaluations.models import AnyApproach, Run
from aiops.features.models import Feature
from aiops.prompts import actions as prompts
from aiops.prompts import format as prompt_format
from aiops.prompts.models import Prompt, Version
from aiops.prompts.queries import PRODUCTION

_Numbered = TypeVar("_Numbered", RuleSetVersion, ClassifierVersion)


def feature_named(slug: str) -> Feature:
    feature = Feature.objects.filter(slug=slug).first()
    if feature is None:
        raise InvalidInput(
            f"There is no feature {slug!r}.{_others(Feature.objects.values_list('slug', flat=True))}"
        )
    return feature


def dataset_version_named(text: str) -> tuple[DatasetVersion, str]:
    """The version of "NAME@3" or the latest of "NAME", and a remark where the draft has moved on."""
    name, _, number = text.partition("@")
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is None:
        raise InvalidInput(
            f"There is no dataset {name!r}.{_others(Dataset.objects.values_list('name', flat=True))}"
        )
    if number:
        return _numbered(dataset, number), ""
    version = datasets.last_version(dataset)
    if version is None:
        raise InvalidInput(f"The dataset {name} has no version yet: manage.py datasets freeze {name}")
    remark = f"{dataset.unfrozen_count:,} changes of the draft are not in {version}."
    return version, remark if dataset.unfrozen_count else ""


def _numbered(dataset: Dataset, number: str) -> DatasetVersion:
    wanted = number.removeprefix("v")
    version = dataset.versions.filter(number=int(wanted)).first() if wanted.isdecimal() else None
    if version is None:
        raise InvalidInput(f"The dataset {dataset} has no version {number}.")
    return version


def model_named(name: str) -> Model:
    if not name:
        raise InvalidInput("The prompt version names no model: give --model.")
    model = catalog.priced_models().filter(name=name).first()
    if model is None:
        known = _others(catalog.priced_models().values_list("name", flat=True))
        raise InvalidInput(f"There is no model {name!r} with a price.{known}")
    return model


def version_asked(
    *, by: Actor, feature: Feature, prompt: str | None, number: int | None, file: Path | None
) -> tuple[Version, str]:
    """The version by number, or the one that `file` is or becomes; and what was done for it, in words."""
    if file is not None:
        return _version_of_file(by, feature, file)
    found = _prompt_of(feature, prompt)
    version = found.versions.select_related("prompt").filter(number=number or 0).first()
    if version is None:
        raise InvalidInput(f"The prompt {found} has no version {number}.")
    return version, ""


def rules_named(feature: Feature, given: str) -> RuleSetVersion:
    """The version of "NAME@3", or the latest of "NAME"."""
    name, number = _numbered_name(given)
    rows = RuleSetVersion.objects.filter(rule_set__feature=feature).select_related("rule_set")
    names = set(rows.values_list("rule_set__name", flat=True))
    return _newest(rows.filter(rule_set__name=name), number, f"rule set {given!r}", feature, names)


def classifier_named(feature: Feature, given: str) -> ClassifierVersion:
    """The trained version of "NAME@3", or the latest of "NAME"."""
    name, number = _numbered_name(given)
    rows = ClassifierVersion.objects.filter(classifier__feature=feature).select_related("classifier")
    names = set(rows.values_list("classifier__name", flat=True))
    found = rows.defer("weights").filter(classifier__name=name)
    return _newest(found, number, f"classifier {given!r}", feature, names)


def _numbered_name(given: str) -> tuple[str, int | None]:
    name, at, number = given.partition("@")
    wanted = number.removeprefix("v")
    if not at:
        return name, None
    if not wanted.isdecimal() or len(wanted) > 9:
        raise InvalidInput(f"{given!r} is no NAME@VERSION.")
    return name, int(wanted)


def _newest(
    rows: QuerySet[_Numbered], number: int | None, what: str, feature: Feature, names: Iterable[str]
) -> _Numbered:
    found = rows if number is None else rows.filter(number=number)
    newest = found.order_by("-number").first()
    if newest is None:
        raise InvalidInput(f"The feature {feature} has no {what} with a version.{_others(names)}")
    return newest


def _prompt_of(feature: Feature, name: str | None) -> Prompt:
    prompts_of_feature = feature.prompts.order_by("name")
    names = [prompt.name for prompt in prompts_of_feature]
    if name is not None:
        prompt = prompts_of_feature.filter(name=name).first()
        if prompt is None:
            raise InvalidInput(f"The feature {feature} has no prompt {name!r}.{_others(names)}")
        return prompt
    if len(names) != 1:
        raise InvalidInput(f"The feature {feature} has {len(names)} prompts: give --prompt.{_others(names)}")
    return prompts_of_feature[0]


@transaction.atomic
def _version_of_file(by: Actor, feature: Feature, file: Path) -> tuple[Version, str]:
    source = file.read_bytes()
    name = prompt_format.parse(source, name=file.stem).name
    prompt = Prompt.objects.filter(name=name).first()
    if prompt is None:
        prompt = prompts.create_prompt(by=by, name=name, feature=feature)
    same = prompt.versions.filter(sha256=hashlib.sha256(source).hexdigest()).order_by("-number").first()
    if same is not None:
        return same, f"{file} is {same}."
    version = prompts.create_version(by=by, prompt=prompt, source=source, note=f"Evaluated from {file.name}")
    return version, f"{file} is kept as {version}, without a label."


def _others(names: Iterable[str]) -> str:
    listed = sorted(names)
    return f" There are: {', '.join(listed[:20])}." if listed else ""


def baseline_named(
    given: str | None,
    *,
    approach: AnyApproach,
    feature: Feature,
    cases: DatasetVersion,
    scorers: Sequence[Mapping[str, Any]],
) -> Run | None:
    """The run to compare with: a number's, or production's. None where nobody named one and there is none."""
    if given in (None, PRODUCTION):
        found = comparable.baseline_for(approach, feature, cases, scorers)
        if found is None and given is not None:
            raise InvalidInput(
                f"There is no finished run of another version in production over {cases} with these scorers: "
                "evaluate that version first, or leave --baseline away."
            )
        return found
    run = Run.objects.filter(pk=int(given)).first() if given.isdecimal() and len(given) < 10 else None
    if run is None:
        raise InvalidInput(f"--baseline is 'production' or the number of a run, not {given!r}.")
    if run.state != Run.State.FINISHED or run.dataset_version_id != cases.pk or run.scorers != list(scorers):
        raise InvalidInput(
            f"{run} is no baseline: it has to be finished, over {cases}, with the same scorers."
        )
    return run
