"""The rows of the demo, each made only where it is missing, by the actions that people use."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import Decimal

from aiops.accounts.models import User
from aiops.catalog import actions as catalog
from aiops.catalog.models import Model, Provider
from aiops.core.actors import Actor, SystemActor
from aiops.datasets import actions as datasets
from aiops.datasets.models import Dataset, DatasetVersion
from aiops.demo import approaching, content
from aiops.evaluations import actions as evaluations
from aiops.evaluations import runner
from aiops.evaluations.models import Run
from aiops.features import actions as features
from aiops.features.models import Feature
from aiops.prompts import actions as prompts
from aiops.prompts.models import Prompt
from aiops.releases import actions as releases
from aiops.tenants import actions as tenants
from aiops.tenants.models import Tenant

PROVIDER = "simulated"
_AT_ONCE = {"time_scale": 0.0, "failure_rate": 0.0, "seed": ""}
_MILLION = Decimal(1_000_000)


def tenant(slug: str, name: str, *, by: Actor) -> None:
    if not Tenant.objects.filter(slug=slug).exists():
        tenants.create_tenant(by=by, slug=slug, name=name)


def provider(*, by: Actor) -> Provider:
    """The simulated vendor. It answers at once until the demo is loaded, see `in_real_time`."""
    known = Provider.objects.filter(slug=PROVIDER).first()
    return known or catalog.add_provider(
        by=by,
        slug=PROVIDER,
        name="Simulated vendor",
        kind=Provider.Kind.SIMULATED,
        max_concurrency=32,
        settings=_AT_ONCE,
    )


def in_real_time(*, by: Actor) -> None:
    """Give the vendor its latency, so that what people start from now on takes its time."""
    catalog.change_provider(by=by, provider=provider(by=by), settings={**_AT_ONCE, "time_scale": 1.0})


def model(name: str, wanted: content.Model, *, by: Actor) -> None:
    """The model with its dated prices."""
    row = Model.objects.filter(name=name).first() or catalog.add_model(
        by=by,
        provider=provider(by=by),
        name=name,
        vendor_name=name,
        tier=wanted.tier,
        context_tokens=wanted.context_tokens,
    )
    for rates in wanted.prices:
        begins = datetime.combine(rates.effective, time(), tzinfo=UTC)
        if not row.prices.filter(effective_at=begins).exists():
            catalog.set_price(
                by=by,
                model=row,
                effective_at=begins,
                input=rates.input / _MILLION,
                cached_input=rates.cached_input / _MILLION,
                output=rates.output / _MILLION,
                source="simulated price list",
            )


def feature(slug: str, wanted: content.Feature, *, by: Actor) -> Feature:
    known = Feature.objects.filter(slug=slug).first()
    return known or features.create_feature(
        by=by, slug=slug, name=wanted.name, description=wanted.description
    )


def prompt(slug: str, wanted: content.Feature, *, by: Actor) -> None:
    """The prompt of a feature with its versions, and the label `production` on the one that serves first."""
    row = with_versions(slug, wanted.notes, Feature.objects.get(slug=slug), by=by)
    if not row.labels.filter(name="production").exists():
        serving = row.versions.get(number=wanted.begins or wanted.production)
        releases.adopt(by=SystemActor("demo"), version=serving, reason="what the demo begins with")


def rubric(name: str, notes: Mapping[int, str], *, by: Actor) -> None:
    """A prompt for judges. Nothing of it is in production: runs name its version."""
    with_versions(name, notes, None, by=by)


def with_versions(name: str, notes: Mapping[int, str], feature: Feature | None, *, by: Actor) -> Prompt:
    """The prompt of that name, with a version for each note that it lacks."""
    row = Prompt.objects.filter(name=name).first() or prompts.create_prompt(by=by, name=name, feature=feature)
    for number, note in notes.items():
        if not row.versions.filter(number=number).exists():
            prompts.create_version(
                by=by, prompt=row, source=content.prompt_source(name, number), note=note, based_on=number - 1
            )
    return row


def golden_set(slug: str, wanted: content.GoldenSet, *, by: Actor) -> None:
    """The dataset of a feature, imported and frozen once for each of its versions."""
    row = Dataset.objects.filter(name=slug).first() or datasets.create_dataset(
        by=by,
        name=slug,
        description=wanted.description,
        feature=Feature.objects.get(slug=slug),
        scorers=wanted.scorers,
    )
    for number, version in enumerate(wanted.versions, start=1):
        if not row.versions.filter(number=number).exists():
            datasets.import_cases(by=by, dataset=row, path=version.path, format="jsonl")
            datasets.freeze(by=by, dataset=row, note=version.note)


def run(wanted: content.Run) -> Run:
    """The evaluation, run to its end in this process; what a load before had begun is continued."""
    by = User.objects.get(email=wanted.by)
    row = known_run(wanted) or evaluations.start_run(
        by=by,
        feature=Feature.objects.get(slug=wanted.feature),
        dataset_version=DatasetVersion.objects.get(dataset__name=wanted.feature, number=wanted.dataset),
        approach=approaching.of_run(wanted),
        scorers=[*Dataset.objects.get(name=wanted.feature).scorers, *wanted.judges],
        note=wanted.note,
    )
    return runner.run_inline(row.pk)


def known_run(wanted: content.Run) -> Run | None:
    """The run that the manifest means, if it has been started."""
    return (
        Run.objects.filter(
            feature__slug=wanted.feature,
            dataset_version__number=wanted.dataset,
            created_by__email=wanted.by,
            note=wanted.note,
            **approaching.columns_of(wanted),
        )
        .order_by("id")
        .first()
    )
