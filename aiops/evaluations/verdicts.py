"""From the results of two runs to a decision: reads the pairs, and asks the gate.

Import this in workers and commands only: the gate brings SciPy's optimisers with it, a second and memory.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from aiops.core.errors import InvalidInput
from aiops.datasets import queries as datasets
from aiops.evaluations.gate import decision as gate
from aiops.evaluations.gate import evidence, repeats, words
from aiops.evaluations.gate.cases import Demands, Metric, Outcome, PairedCase
from aiops.evaluations.gate.decision import Decision, decide
from aiops.evaluations.models import GatePolicy, Run, Score

# "" decides by every scorer: a result passes where none fails it. A scorer that the policy requires and that
# could not judge leaves the result without an outcome; another one that could not judge is passed over.
_OUTCOMES = """
SELECT result.run_id, result.case_id, result.error_kind <> '' AS failed,
  CASE WHEN bool_or(score.scorer = ANY(%(required)s) AND score.passed IS NULL AND score.value IS NULL)
       THEN NULL ELSE min(score.passed::int) END AS passed,
  avg(score.value) AS value
FROM evaluations_result AS result
LEFT JOIN evaluations_score AS score
  ON score.result_id = result.id AND (%(scorer)s = '' OR score.scorer = %(scorer)s)
WHERE result.run_id = ANY(%(runs)s)
GROUP BY result.id ORDER BY result.case_id, result.repeat
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a `Verdict` stores."""

    outcome: str
    reason: str
    sentence: str
    why: str
    decision: dict[str, Any]


def find(candidate: Run, baseline: Run, policy: GatePolicy) -> Finding:
    """The gate's decision. InvalidInput where the runs lack a scorer that the policy names."""
    _check_scorers(candidate, policy)
    metric = _metric(candidate, policy.deciding_scorer)
    demands = Demands(
        margin=policy.margin,
        alpha=policy.alpha,
        max_missing=policy.max_missing,
        min_cases=policy.min_cases,
        min_clusters=policy.min_clusters,
        min_category=policy.min_category,
        metric=metric,
    )
    ids, cases = paired_cases(candidate, baseline, policy, metric)
    decision = decide(cases, demands)
    return Finding(
        outcome=decision.outcome.value,
        reason=decision.reason.value,
        sentence=words.sentence(decision),
        why=_why(decision, cases),
        decision=evidence.as_json(decision, cases, ids),
    )


def _why(decision: Decision, cases: Sequence[PairedCase]) -> str:
    """The evidence; where it does not decide, whether more repeats would."""
    parts = [words.why(decision)]
    if decision.outcome == gate.Outcome.INCONCLUSIVE:
        parts.append(repeats.advice(cases, decision.demands))
    return " ".join(filter(None, parts))


def paired_cases(
    candidate: Run, baseline: Run, policy: GatePolicy, metric: Metric
) -> tuple[list[int], list[PairedCase]]:
    """The ids of the cases of the dataset version, and each with the outcomes of both runs."""
    outcomes = _outcomes(candidate, baseline, policy, metric)
    rows = list(
        datasets.cases_of(candidate.dataset_version).values_list(
            "id", "key", "category", "locale", "must_pass", "metadata__cluster"
        )
    )
    cases = [
        PairedCase(
            base=tuple(outcomes[baseline.pk, pk]),
            cand=tuple(outcomes[candidate.pk, pk]),
            category=category,
            locale=locale,
            cluster=None if cluster in (None, "") else str(cluster),
            must_pass=must_pass,
            key=key,
        )
        for pk, key, category, locale, must_pass, cluster in rows
    ]
    return [row[0] for row in rows], cases


def _outcomes(
    candidate: Run, baseline: Run, policy: GatePolicy, metric: Metric
) -> dict[tuple[int, int], list[Outcome]]:
    """By run and case: the outcomes of its repeats, in order."""
    found: dict[tuple[int, int], list[Outcome]] = defaultdict(list)
    given: dict[str, Any] = {
        "runs": [candidate.pk, baseline.pk],
        "scorer": policy.deciding_scorer,
        "required": list(policy.required_scorers),
    }
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOMES, given)
        for run_id, case_id, failed, passed, value in cursor.fetchall():
            outcome = passed if metric == "binary" else value
            found[run_id, case_id].append("error" if failed else outcome)
    return found


def _metric(run: Run, scorer: str) -> Metric:
    """A scorer that never says passed or failed is compared by its values."""
    if not scorer:
        return "binary"
    judged = Score.objects.filter(result__run=run, scorer=scorer)
    return "binary" if judged.filter(passed__isnull=False).exists() else "score"


def _check_scorers(run: Run, policy: GatePolicy) -> None:
    present = {scorer["name"] for scorer in run.scorers}
    wanted = [name for name in (*policy.required_scorers, policy.deciding_scorer) if name]
    missing = [name for name in dict.fromkeys(wanted) if name not in present]
    if missing:
        raise InvalidInput(f"{run} was not judged by {', '.join(missing)}, which {policy} asks for.")
