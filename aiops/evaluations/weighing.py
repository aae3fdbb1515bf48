"""A judge weighed against people. Slow to import (scipy, statsmodels): for workers and commands only."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from aiops.evaluations import graded
from aiops.evaluations.agreement import MINIMUM, agreement
from aiops.evaluations.anchoring import PassRate, Stratum, true_pass_rate
from aiops.evaluations.graded import Cells
from aiops.evaluations.judges import WINDOW, Judge, Successor, uses
from aiops.evaluations.models import JudgeTrust, Score
from aiops.evaluations.trust import MINIMUM_GRADES, Recall, judge_trust

_Z = 1.959964  # two-sided 95 %


def weigh(judge: Judge, after: Successor | None, before: Successor | None, *, now: datetime) -> JudgeTrust:
    """The state of `judge` at `now`, not saved. `after` took its place; it took the place of `before`."""
    cells, strata = _seen(judge, since=now - WINDOW)
    seed = int(judge.digest[:8], 16)
    anchored = true_pass_rate(strata, seed=seed)
    judged = int(sum(stratum.judged for stratum in strata))
    said = strata[0].judged / judged if judged else None
    bias = said - anchored.mean if said is not None and anchored.mean is not None else 0.0
    trust = judge_trust(**_four(cells), bias=bias, changed=after is not None)
    because = trust.because
    if after is not None:
        because = f"its {after.changed} changed on {after.at:%-d %b %Y}"
    elif before is not None and cells.n < MINIMUM_GRADES:
        because = f"{trust.because}, since its {before.changed} changed on {before.at:%-d %b %Y}"
    return JudgeTrust(
        feature_id=judge.feature_id,
        digest=judge.digest,
        state=str(trust.state),
        because=because,
        figures={
            **_figures(cells, trust.fail_recall, trust.pass_recall),
            **_rates(anchored, judged, said, bias, seed),
        },
        since=now,
        at=now,
    )


def _seen(judge: Judge, since: datetime) -> tuple[Cells, list[Stratum]]:
    """What people and the judge say of results drawn since, and all that the judge said in the runs of these.

    The first stratum is what the judge passed, the second what it failed.
    """
    names = uses(judge)
    grades = graded.random_since(Q(result__run__in=names), since)
    rows = list(grades.values_list("result_id", "result__run_id", "passed"))
    runs = {result: run for result, run, _ in rows}
    human = graded.verdicts((result, bool(passed)) for result, _, passed in rows)
    scores = Score.objects.filter(result__in=runs).values_list("result_id", "scorer", "passed")
    judged = {result: passed for result, scorer, passed in scores if scorer == names[runs[result]]}
    cells = graded.cells(human, judged)
    passed, failed = _said({run: names[run] for run in runs.values()})
    return cells, [
        Stratum(
            passed, cells.human_pass_judge_pass + cells.human_fail_judge_pass, cells.human_pass_judge_pass
        ),
        Stratum(
            failed, cells.human_pass_judge_fail + cells.human_fail_judge_fail, cells.human_pass_judge_fail
        ),
    ]


def _said(names: dict[int, str]) -> tuple[int, int]:
    """How many results the judge passed and failed in these runs, each by its name there."""
    runs: defaultdict[str, list[int]] = defaultdict(list)
    for run, name in names.items():
        runs[name].append(run)
    passed = failed = 0
    for name, ids in runs.items():
        counts = Score.objects.filter(scorer=name, result__run__in=ids).aggregate(
            good=Count("id", filter=Q(passed=True)), bad=Count("id", filter=Q(passed=False))
        )
        passed, failed = passed + counts["good"], failed + counts["bad"]
    return passed, failed


def _four(cells: Cells) -> dict[str, int]:
    return {
        "human_fail_judge_fail": cells.human_fail_judge_fail,
        "human_fail_judge_pass": cells.human_fail_judge_pass,
        "human_pass_judge_pass": cells.human_pass_judge_pass,
        "human_pass_judge_fail": cells.human_pass_judge_fail,
    }


def _figures(cells: Cells, fails: Recall, passes: Recall) -> dict[str, Any]:
    """What the pages show of the agreement. Kappa and AC1 are left out below their minimum."""
    return {
        "n": cells.n,
        "equal": cells.equal,
        "split": cells.split,
        "unjudged": cells.unjudged,
        "cells": _four(cells),
        "fails": _recall(fails),
        "passes": _recall(passes),
        "human_pass_share": cells.passes / cells.n if cells.n else None,
        **(_agreement(cells) if cells.n >= MINIMUM else {}),
    }


def _recall(recall: Recall) -> dict[str, Any]:
    low, high = recall.interval
    return {"hits": recall.hits, "n": recall.n, "share": recall.share, "low": low, "high": high}


def _agreement(cells: Cells) -> dict[str, Any]:
    found = agreement(
        [
            [cells.human_fail_judge_fail, cells.human_fail_judge_pass],
            [cells.human_pass_judge_fail, cells.human_pass_judge_pass],
        ]
    )
    half = _Z * found.ac1_se
    return {
        "agreement": found.agreement,
        "ac1": {"value": found.ac1, "low": max(-1.0, found.ac1 - half), "high": min(1.0, found.ac1 + half)},
        "kappa": {"value": found.kappa, "low": found.kappa_low, "high": found.kappa_high},
    }


def _rates(anchored: PassRate, judged: int, said: float | None, bias: float, seed: int) -> dict[str, Any]:
    """The judge's pass rate beside the one that people anchor, with the draws' seed."""
    return {
        "judged": judged,
        "judge_rate": said,
        "true_rate": {"mean": anchored.mean, "low": anchored.low, "high": anchored.high},
        "bias": bias if anchored.mean is not None and said is not None else None,
        "seed": seed,
    }
