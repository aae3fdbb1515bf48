"""Which judges there are. A judge is its rubric's hash, its model and how it is asked: another begins anew.

A judge belongs to a feature: what finds bad summaries may miss bad translations.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from aiops.evaluations.models import JudgeTrust, Run

TYPE = "judge"
WINDOW = timedelta(weeks=4)  # older grades say nothing of what a judge is worth now
_ENTRIES = """
SELECT run.feature_id, feature.slug, entry, min(run.created_at), max(run.created_at), count(*)
FROM evaluations_run AS run JOIN features_feature AS feature ON feature.id = run.feature_id
CROSS JOIN LATERAL jsonb_array_elements(run.scorers) AS entry
WHERE run.scorers @> '[{"type": "judge"}]' AND entry ->> 'type' = 'judge'
  AND (%(feature)s IS NULL OR feature.slug = %(feature)s)
GROUP BY run.feature_id, feature.slug, entry
"""
_CHANGES = (
    ("sha256", "rubric"),
    ("frame", "frame"),
    ("model", "model"),
    ("scale", "scale"),
    ("reference", "reference"),
)


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge in a feature: the resolved scorer of its latest run, and when it was asked."""

    feature_id: int
    feature: str  # slug
    digest: str
    entry: Mapping[str, Any]
    first_at: datetime
    last_at: datetime
    runs: int

    @property
    def short(self) -> str:
        """Enough of the digest for an address."""
        return self.digest[:12]

    @property
    def title(self) -> str:
        return f"{self.entry.get('prompt', 'judge')} v{self.entry.get('version_number', '?')}"


@dataclass(frozen=True, slots=True)
class Successor:
    """What came after a judge, when, and what of it is another: "rubric", "model", …"""

    judge: Judge
    at: datetime
    changed: str


def digest_of(entry: Mapping[str, Any]) -> str:
    """The judge that a resolved scorer names, as 64 hexadecimal digits."""
    scale = entry.get("scale", "pass_fail")
    said = [
        entry.get("sha256"),
        entry.get("frame"),
        entry.get("model"),
        scale,
        bool(entry.get("reference")),
        entry.get("repeats", 1),
        entry.get("pass_at") if scale != "pass_fail" else None,
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def judges(feature: str | None = None) -> list[Judge]:
    """The judges of all runs, or of the feature with that slug, the last asked first. One question."""
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, {"feature": feature})
        rows = [
            (f, slug, _decoded(entry), first, last, n) for f, slug, entry, first, last, n in cursor.fetchall()
        ]
    found: dict[tuple[int, str], Judge] = {}
    for feature_id, slug, entry, first, last, count in sorted(rows, key=lambda row: row[4]):
        key = (feature_id, digest_of(entry))
        before = found.get(key)
        found[key] = Judge(
            feature_id=feature_id,
            feature=slug,
            digest=key[1],
            entry=entry,
            first_at=min(first, before.first_at) if before else first,
            last_at=last,
            runs=count + (before.runs if before else 0),
        )
    return sorted(found.values(), key=lambda judge: judge.last_at, reverse=True)


def successor(judge: Judge, among: Iterable[Judge]) -> Successor | None:
    """The judge that took the place of `judge`: of the same rubric's name, asked only after it."""
    later = [other for other in among if _line(other) == _line(judge) and other.first_at > judge.last_at]
    if not later:
        return None
    after = min(later, key=lambda other: other.first_at)
    changed = (word for name, word in _CHANGES if after.entry.get(name) != judge.entry.get(name))
    return Successor(after, after.first_at, next(changed, "way of asking"))


def predecessor(judge: Judge, among: Iterable[Judge]) -> Successor | None:
    """The judge whose place `judge` took; `judge` of the answer is that one."""
    everyone = list(among)
    for other in everyone:
        after = successor(other, everyone)
        if after is not None and after.judge == judge:
            return Successor(other, after.at, after.changed)
    return None


def present(feature_id: int | None = None) -> dict[tuple[int, str], JudgeTrust]:
    """The present state of judges by feature and digest."""
    rows = JudgeTrust.objects.filter(until=None)
    if feature_id is not None:
        rows = rows.filter(feature_id=feature_id)
    return {(row.feature_id, row.digest): row for row in rows}


def history(judge: Judge) -> QuerySet[JudgeTrust]:
    """The states of `judge`, the latest first."""
    return JudgeTrust.objects.filter(feature_id=judge.feature_id, digest=judge.digest).order_by("-id")


def uses(judge: Judge) -> dict[int, str]:
    """By run of the feature the name under which `judge` scored in it."""
    alike = {name: judge.entry[name] for name in ("sha256", "model") if name in judge.entry}
    runs = Run.objects.filter(feature_id=judge.feature_id, scorers__contains=[{"type": TYPE, **alike}])
    return {
        run: entry["name"]
        for run, scorers in runs.values_list("pk", "scorers")
        for entry in scorers
        if entry.get("type") == TYPE and digest_of(entry) == judge.digest
    }


@dataclass(frozen=True, slots=True)
class Standing:
    """A judge of one run as its pages name it; `trust` is None where nobody has weighed it yet."""

    feature: str  # slug
    name: str
    digest: str
    trust: JudgeTrust | None

    @property
    def state(self) -> str:
        return self.trust.state if self.trust else JudgeTrust.State.UNKNOWN

    @property
    def because(self) -> str:
        return self.trust.because if self.trust else "no grades yet"

    @property
    def short(self) -> str:
        return self.digest[:12]


def standings(run: Run) -> dict[str, Standing]:
    """By name the judges among the scorers of `run`; one question, none where it has no judge."""
    return {standing.name: standing for standing in _standings([run])}


def not_trusted(*runs: Run, scorer: str = "") -> list[Standing]:
    """The judges that figures of `runs` rest on and that are not trusted: `scorer` alone, "": all.

    A judge of several runs stands there once. One question, none where no run has a judge.
    """
    on = [standing for standing in _standings(runs) if scorer in ("", standing.name)]
    return [one for one in dict.fromkeys(on) if one.state != JudgeTrust.State.TRUSTED]


def _standings(runs: Sequence[Run]) -> list[Standing]:
    """Of each run its judges."""
    asked = [
        (run, entry["name"], digest_of(entry))
        for run in runs
        for entry in run.scorers
        if entry.get("type") == TYPE
    ]
    if not asked:
        return []
    rows = JudgeTrust.objects.filter(
        feature__in={run.feature_id for run, _, _ in asked}, until=None, digest__in={one[2] for one in asked}
    )
    known = {(row.feature_id, row.digest): row for row in rows}
    return [
        Standing(run.feature.slug, name, digest, known.get((run.feature_id, digest)))
        for run, name, digest in asked
    ]


def _line(judge: Judge) -> tuple[int, Any]:
    return judge.feature_id, judge.entry.get("prompt")


def _decoded(entry: Any) -> dict[str, Any]:
    return json.loads(entry) if isinstance(entry, str) else dict(entry)
