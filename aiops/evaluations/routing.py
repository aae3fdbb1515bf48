"""The making of a router's version: two runs over the same cases, and thresholds by category."""

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from aiops.approaches import hashed, jobs, learning
from aiops.approaches.models import FeatureTraining, RouterVersion
from aiops.approaches.reading import text_of
from aiops.audit import actions as audit
from aiops.core.actors import Actor, SystemActor
from aiops.core.errors import InvalidInput
from aiops.datasets.models import Case
from aiops.embeddings import queries as embeddings
from aiops.embeddings.models import HASHING, Space, Use
from aiops.evaluations import columns, comparable, pairing, summaries
from aiops.evaluations.models import Run
from aiops.gateway.reembedding.training import kept_vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SMALL, LARGE = "small", "large"


@dataclass(frozen=True, slots=True)
class Scored:
    """n cases that both models have answered; `missing` more have no result of one of them."""

    texts: list[str]
    clusters: list[str]
    category: "NDArray[np.str_]"
    locale: "NDArray[np.str_]"
    large: "NDArray[np.float64]"
    small: "NDArray[np.float64]"
    missing: int


def train(training_id: int) -> None:
    jobs.work(training_id, _make)


def outdated() -> list[tuple[Run, Run, float]]:
    """Of each feature's newest router its small run, its large run and its margin, where it reads others than
    the vectors that are in force now.
    """
    space = embeddings.in_force(Use.ROUTER)
    newest = RouterVersion.objects.order_by("feature_id", "-number").distinct("feature_id").defer("weights")
    found = []
    for router in newest:
        runs = Run.objects.in_bulk([router.small_run, router.large_run])
        if reads_others(router, space) and len(runs) == 2:
            found.append((runs[router.small_run], runs[router.large_run], router.margin))
    return found


def reads_others(router: RouterVersion, space: Space | None) -> bool:
    """Whether it was trained with other vectors than those of `space`; None: hashed ones."""
    return bool(router.recipe.get("space") != (space.pk if space else None))


def vectors_in_force(router: RouterVersion) -> str:
    """Who makes the vectors now, where the router was trained with others; else ""."""
    space = embeddings.in_force(Use.ROUTER)
    return str(space or HASHING) if reads_others(router, space) else ""


def problem(small: Run, large: Run) -> str:
    """Why no router can be learnt from these two, in words; "" where one can."""
    if small.version_id is None or large.version_id is None:
        return "Both runs ask a model: a router chooses between two."
    if words := comparable.problem(small, large):
        return words
    if small.version_id != large.version_id:
        return (
            f"{small} ran {small.version}, {large} {large.version}: a router chooses models for one version."
        )
    if small.model_id == large.model_id:
        return "Both runs ask the same model."
    return ""


def scored(small: Run, large: Run) -> Scored:
    """What both runs say by the scorer that decides at the feature's gate.

    An error of the small model is a failure; one of the large is a missing result, as at the gate.
    """
    import numpy as np  # noqa: PLC0415 - in a worker only

    measured = [one.columns for one in summaries.measured([small, large])]
    both = columns.aligned(measured)
    policy = comparable.policy_of(small.feature) or comparable.default_policy(small.feature)
    scorer = policy.deciding_scorer
    offered = pairing.shared_scorers([small, large], both)
    if scorer not in offered:
        raise InvalidInput(f"Both runs need the scorer {scorer or 'set'} that decides at the feature's gate.")
    table = pairing.Table([small, large], both, scorer, policy)
    mine, theirs = both
    lesser = pairing.outcomes(mine, table, errors_fail=True)
    greater = pairing.outcomes(theirs, table, errors_fail=False)
    there = ~(np.isnan(lesser) | np.isnan(greater))
    cases = Case.objects.in_bulk(mine.ids[there].tolist())
    kept = [cases[int(pk)] for pk in mine.ids[there]]
    return Scored(
        [text_of(case.inputs) for case in kept],
        [str(case.metadata.get("cluster") or "") for case in kept],
        np.array([case.category for case in kept], dtype=np.str_),
        np.array([case.locale for case in kept], dtype=np.str_),
        greater[there].astype(float),
        lesser[there].astype(float),
        int((~there).sum()),
    )


@dataclass(frozen=True, slots=True)
class _Learnt:
    """`chances` (n,) that small is as good; what is kept of the model, and how it was made."""

    chances: "NDArray[np.float64]"
    weights: bytes
    recipe: dict[str, Any]


def _learnt(training: FeatureTraining, cases: Scored, labels: list[str]) -> _Learnt:
    """By the vectors that are in force for routers: hashed n-grams, or those of a model."""
    from aiops.approaches import crossing, vectored  # noqa: PLC0415 - as above

    def step(done: int) -> None:
        jobs.step(training, done)

    space = embeddings.in_force(Use.ROUTER)
    if space is None:
        found = crossing.crossed(cases.texts, labels, cases.clusters, [SMALL], step)
        recipe = hashed.RECIPE | {"places": found.model.places}
        return _Learnt(found.chances[:, 0], hashed.kept(found.model), recipe)
    vectors = kept_vectors(space, training.feature.slug, cases.texts)
    good = [label == SMALL for label in labels]
    made = vectored.crossed(cases.texts, vectors, good, cases.clusters, step)
    recipe = vectored.RECIPE | {"space": space.pk, "embedder": str(space)}
    return _Learnt(made.chances, vectored.kept(made.model), recipe)


def _make(training: FeatureTraining) -> None:
    begun = time.monotonic()
    runs = Run.objects.select_related("feature", "version__prompt", "model", "dataset_version__dataset")
    small, large = (runs.get(pk=training.wanted[f"{name}_run"]) for name in (SMALL, LARGE))
    if words := problem(small, large):
        raise InvalidInput(words)
    lesser, greater = small.asked, large.asked
    cases = scored(small, large)
    _enough(cases)
    labels = [SMALL if good else LARGE for good in cases.small >= cases.large]
    learnt = _learnt(training, cases, labels)
    report = reported(cases, learnt.chances, training.wanted["margin"])
    weights = learnt.weights

    def version(number: int) -> RouterVersion:
        made = RouterVersion.objects.create(
            feature=training.feature,
            number=number,
            small=lesser.model,
            large=greater.model,
            prompt_version=greater.version,
            dataset_version=training.dataset_version,
            small_run=small.pk,
            large_run=large.pk,
            margin=training.wanted["margin"],
            passing=sum(1 for one in report["categories"] if one["routed_share"]),
            weights=weights,
            sha256=hashed.digest(weights),
            recipe=learnt.recipe | {"folds": learning.FOLDS},
            report=report,
            case_count=len(cases.texts),
            seconds=time.monotonic() - begun,
            note=training.note,
            author=training.created_by,
        )
        by: Actor = training.created_by or SystemActor("worker")
        after = {"version": number, "sha256": made.sha256, "runs": [small.pk, large.pk]}
        audit.record(
            by=by, action="approaches.router_trained", on=made, feature=training.feature.slug, after=after
        )
        return made

    jobs.finish(training, RouterVersion, version)


def _enough(cases: Scored) -> None:
    groups = set(learning.together(cases.texts, cases.clusters)) if cases.texts else set()
    if len(groups) < learning.FOLDS:
        raise InvalidInput(
            f"Both runs answered {len(groups)} cases or clusters of them: it takes at least {learning.FOLDS}."
        )


def reported(cases: Scored, score: "NDArray[np.float64]", margin: float) -> dict[str, Any]:
    """Thresholds by category, each held alone, and what every category and locale loses at these.

    A locale that is not inside the margin, or has too few cases, goes to large. What is left is measured
    again until all of it holds: each round only takes away.
    """
    import numpy as np  # noqa: PLC0415 - as above

    from aiops.evaluations import router_rule  # noqa: PLC0415 - as above

    routed = np.zeros(len(score), dtype=bool)
    categories: dict[str, dict[str, Any]] = {}
    for name in sorted(set(cases.category.tolist())):
        own = cases.category == name
        rule = router_rule.threshold(score[own], cases.large[own], cases.small[own], margin=margin)
        categories[name] = {"name": name, "threshold": rule.threshold, "reason": rule.reason, "n": rule.n}
        categories[name] |= {"loss": None, "upper": None, "routed_share": 0.0}
        if rule.threshold is not None:
            routed[own] = score[own] >= rule.threshold
    locales = {
        name: {"name": name, "reason": "ok", "loss": None, "upper": None, "routed_share": 0.0}
        for name in sorted(set(cases.locale.tolist()))
    }
    groups = [(cases.locale, one) for one in locales.values()]
    groups += [(cases.category, one) for one in categories.values()]
    while failed := [group for group in groups if _fails(group, cases, routed, margin)]:
        for names, one in failed:
            routed[names == one["name"]] = False
            if names is cases.category:
                one["threshold"] = None
    return {
        "missing": cases.missing,
        "routed_share": float(routed.mean()),
        "categories": list(categories.values()),
        "locales": list(locales.values()),
    }


def _fails(group: tuple[Any, dict[str, Any]], cases: Scored, routed: Any, margin: float) -> bool:
    """Measure a group that is still routed; whether it has to be taken away, and then why."""
    from aiops.evaluations import router_rule  # noqa: PLC0415 - as above

    names, one = group
    if one["reason"] != "ok":
        return False
    own = names == one["name"]
    one |= asdict(router_rule.loss_at(routed[own], cases.large[own], cases.small[own]))
    if one["n"] < router_rule.LEAST_CASES:
        one["reason"] = "too_few_cases"
    elif one["upper"] >= margin:
        one["reason"] = "margin_not_met"
    return bool(one["reason"] != "ok")
