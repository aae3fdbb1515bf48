"""Every address of the console, and one real object for each address that names one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from aiops.evaluations import judges
from tests import factories

# What the addresses of each namespace name. A new parameter of an app gets its value here.
SAMPLES: dict[str, Callable[[], dict[str, Any]]] = {}

# Addresses that name their object in the query.
QUERIES = {"datasets:case": ("id",)}


def sample(namespace: str) -> Callable[[Callable[[], dict[str, Any]]], Callable[[], dict[str, Any]]]:
    def register(make: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
        SAMPLES[namespace] = make
        return make

    return register


@sample("accounts")
def _accounts() -> dict[str, Any]:
    return {"pk": factories.make_user().pk, "token": "used-up"}


@sample("alerts")
def _alerts() -> dict[str, Any]:
    return {"pk": factories.make_alert().pk}


@sample("tenants")
def _tenants() -> dict[str, Any]:
    return {"slug": factories.make_tenant().slug}


@sample("features")
def _features() -> dict[str, Any]:
    return {"slug": factories.make_feature().slug}


@sample("feature")
def _feature() -> dict[str, Any]:
    return {"slug": factories.make_prompt(feature=factories.make_feature()).feature.slug}


@sample("embeddings")
def _embeddings() -> dict[str, Any]:
    return {"use": "knowledge", "pk": factories.make_change().pk}


@sample("drift")
def _drift() -> dict[str, Any]:
    reading = factories.make_reading()
    return {"slug": reading.check_of.feature, "pk": reading.pk}


@sample("quality")
def _quality() -> dict[str, Any]:
    return {"slug": factories.make_feature().slug}


@sample("cache")
def _cache() -> dict[str, Any]:
    return {"slug": factories.make_feature().slug}


@sample("guardrails")
def _guardrails() -> dict[str, Any]:
    return {"slug": factories.make_feature().slug, "name": "length"}


@sample("knowledge")
def _knowledge() -> dict[str, Any]:
    document = factories.make_document()
    load = factories.make_load(source=document.source, pk=document.pk)
    return {"slug": document.source.feature.slug, "pk": load.pk}


@sample("router")
def _router() -> dict[str, Any]:
    feature = factories.make_feature()
    router = factories.make_router(feature=feature)
    factories.make_categories(feature=feature)
    training = factories.make_learning(feature=feature)
    return {"slug": feature.slug, "number": router.number, "pk": training.pk}


@sample("prompts")
def _prompts() -> dict[str, Any]:
    label = factories.make_label()
    return {"name": label.prompt.name, "number": label.version.number, "label": label.name}


@sample("approaches")
def _approaches() -> dict[str, Any]:
    version = factories.make_rules()
    name = version.rule_set.name
    trained = factories.make_trained(classifier=factories.make_classifier(name=name))
    training = factories.make_training(classifier=trained.classifier)
    return {"name": name, "number": version.number, "pk": training.pk}


@sample("datasets")
def _datasets() -> dict[str, Any]:
    case = factories.make_case()
    version = factories.make_dataset_version(dataset=case.dataset)
    upload = factories.make_upload(dataset=case.dataset)
    return {
        "name": case.dataset.name,
        "number": version.number,
        "row": case.pk,
        "upload": upload.pk,
        "id": case.key,
    }


@sample("catalog")
def _catalog() -> dict[str, Any]:
    price = factories.make_price()
    return {"slug": price.model.provider.slug, "name": price.model.name, "pk": price.pk}


@sample("evaluations")
def _evaluations() -> dict[str, Any]:
    run = factories.make_judged_run([True])
    result = run.results.get()
    verdict = factories.make_verdict()
    return {
        "pk": run.pk,
        "sample_id": factories.make_sample(run=run).pk,
        "grade_id": factories.make_grade(result=result).pk,
        "upload": factories.make_grade_upload(run=run).pk,
        "digest": judges.digest_of(run.scorers[0]),
        "result_id": result.pk,
        "verdict_id": verdict.pk,
        "baseline": verdict.baseline_id,
        "pairwise_id": factories.make_pairwise().pk,
        "slug": result.run.feature.slug,
    }


@sample("reviews")
def _reviews() -> dict[str, Any]:
    seat = factories.make_claim()
    guideline = factories.make_guideline(feature=seat.item.feature)
    return {
        "pk": seat.pk,
        "slug": guideline.feature.slug,
        "number": guideline.number,
        "item_id": seat.item_id,
        "round_id": factories.make_round().pk,
        "reviewer_id": seat.reviewer_id,
        "call_id": factories.make_call().id,
        "run_id": factories.make_run().pk,
        "pairs_id": factories.make_pairs().pk,
    }


@sample("keys")
def _keys() -> dict[str, Any]:
    return {"pk": factories.make_key().pk}


@sample("deployments")
def _deployments() -> dict[str, Any]:
    request = factories.make_deployment_request()
    return {"slug": request.feature.slug, "pk": request.pk}


@sample("flags")
def _flags() -> dict[str, Any]:
    pk = 1_000_000  # one number for both
    stop, request = factories.make_stop(pk=pk), factories.make_request(pk=pk)
    schedule = factories.make_schedule(pk=pk)
    return {"slug": stop.target, "pk": (request.pk, schedule.pk)[0]}


@sample("calls")
def _calls() -> dict[str, Any]:
    return {"call_id": factories.make_call().id}


@sample("trying")
def _trying() -> dict[str, Any]:
    feature = factories.make_deployment().feature
    return {"slug": feature.slug, "call_id": factories.make_call(feature=feature.slug).id}


@sample("tickets")
def _tickets() -> dict[str, Any]:
    return {"ticket_id": factories.make_ticket().pk}


@sample("playground")
def _playground() -> dict[str, Any]:
    return {"pk": factories.make_playground_call().pk}


@sample("spend")
def _spend() -> dict[str, Any]:
    pk = 1_000_000  # one number for all three
    budget = factories.make_budget(pk=pk, spent=2)
    request, lease = factories.make_budget_request(pk=pk), factories.make_lease(pk=pk, budget=budget)
    return {"pk": (budget.pk, request.pk, lease.pk)[0]}


@sample("releases")
def _releases() -> dict[str, Any]:
    comment = factories.make_comment()
    version = comment.version
    return {
        "pk": comment.request.pk,
        "comment": comment.pk,
        "name": version.prompt.name,
        "number": version.number,
    }


@dataclass(frozen=True, slots=True)
class Place:
    """One address: its full name ("prompts:version"), its view, and the parameters of its path."""

    name: str
    view: Callable[..., Any]
    parameters: tuple[str, ...]

    @property
    def namespace(self) -> str:
        return self.name.rpartition(":")[0]

    @property
    def permission(self) -> Any:
        """What the view states: a Permission, PUBLIC or SIGNED_IN; None where it states nothing."""
        return getattr(self.view, "permission", None)

    def url(self, samples: dict[str, dict[str, Any]]) -> str:
        values = samples[self.namespace] if self.parameters else {}
        path = reverse(self.name, kwargs={name: values[name] for name in self.parameters})
        asked = {name: values[name] for name in QUERIES.get(self.name, ())}
        return f"{path}?{urlencode(asked)}" if asked else path


def places() -> list[Place]:
    return list(_walk(get_resolver().url_patterns, "", ()))


def samples() -> dict[str, dict[str, Any]]:
    """An object for each namespace, in the database of the test."""
    return {namespace: make() for namespace, make in SAMPLES.items()}


def _walk(patterns: list[URLPattern | URLResolver], prefix: str, above: tuple[str, ...]) -> Iterator[Place]:
    for pattern in patterns:
        parameters = (*above, *pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from _walk(pattern.url_patterns, inner, parameters)
        else:
            yield Place(f"{prefix}{pattern.name}", pattern.callback, parameters)
