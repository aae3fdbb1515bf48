"""The making of a feature's category classifier from its cases, and from when on it is sure."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiops.approaches import hashed, jobs, learning
from aiops.approaches.crossing import crossed, sure
from aiops.approaches.learnt_models import CategoryVersion, FeatureTraining
from aiops.approaches.reading import UNKNOWN, text_of
from aiops.audit import actions as audit
from aiops.core.actors import Actor, SystemActor
from aiops.core.errors import InvalidInput
from aiops.datasets import queries as datasets

LEAST_OF_EACH = 5
MOST_LABELS = 200


@dataclass(frozen=True, slots=True)
class Labelled:
    """One case with its category; `cluster` is "" where it has none."""

    text: str
    category: str
    cluster: str


def train(training_id: int) -> None:
    jobs.work(training_id, _make)


def cases_of(training: FeatureTraining) -> list[Labelled]:
    """Every case whose category has enough of them. InvalidInput where there are fewer than two such."""
    rows = datasets.cases_of(training.dataset_version).only("inputs", "category", "metadata")
    found = [
        Labelled(text_of(case.inputs), case.category, str(case.metadata.get("cluster") or ""))
        for case in rows.iterator(chunk_size=2_000)
        if case.category and case.category != UNKNOWN
    ]
    counts: dict[str, int] = {}
    for case in found:
        counts[case.category] = counts.get(case.category, 0) + 1
    enough = {name for name, count in counts.items() if count >= LEAST_OF_EACH}
    if not 2 <= len(enough) <= MOST_LABELS:
        raise InvalidInput(
            f"{len(enough)} categories have {LEAST_OF_EACH} cases; it takes 2 to {MOST_LABELS} of them"
        )
    kept = [case for case in found if case.category in enough]
    groups = set(learning.together([case.text for case in kept], [case.cluster for case in kept]))
    if len(groups) < learning.FOLDS:
        raise InvalidInput(f"the cases are {len(groups)} clusters, at least {learning.FOLDS} are needed")
    return kept


def _make(training: FeatureTraining) -> None:
    begun = time.monotonic()
    cases = cases_of(training)
    texts, names = [case.text for case in cases], [case.category for case in cases]
    known = sorted(set(names))
    found = crossed(
        texts, names, [case.cluster for case in cases], known, lambda done: jobs.step(training, done)
    )
    best = found.chances.argmax(axis=1)
    right = best == [known.index(name) for name in names]
    rule = sure(found.chances.max(axis=1), right)
    report = {
        "accuracy": float(right.mean()),
        "precision": rule.precision,
        "lower": rule.lower,
        "covered": rule.covered,
        "labels": _by_label(known, names, best, found.chances.max(axis=1), rule.threshold),
    }
    weights = hashed.kept(found.model)

    def version(number: int) -> CategoryVersion:
        made = CategoryVersion.objects.create(
            feature=training.feature,
            number=number,
            dataset_version=training.dataset_version,
            labels=known,
            threshold=rule.threshold,
            weights=weights,
            sha256=hashed.digest(weights),
            recipe=hashed.RECIPE | {"places": found.model.places},
            report=report,
            case_count=len(cases),
            seconds=time.monotonic() - begun,
            note=training.note,
            author=training.created_by,
        )
        by: Actor = training.created_by or SystemActor("worker")
        after = {"version": number, "sha256": made.sha256, "cases": str(training.dataset_version)}
        audit.record(
            by=by, action="approaches.categories_trained", on=made, feature=training.feature.slug, after=after
        )
        return made

    jobs.finish(training, CategoryVersion, version)


def _by_label(
    known: Sequence[str], names: Sequence[str], best: Any, confidence: Any, threshold: float | None
) -> list[dict[str, Any]]:
    rows = []
    for place, name in enumerate(known):
        own = [at for at, one in enumerate(names) if one == name]
        said = [] if threshold is None else [at for at in own if confidence[at] >= threshold]
        right = sum(1 for at in said if best[at] == place)
        rows.append({"name": name, "n": len(own), "said": len(said), "right": right})
    return rows
