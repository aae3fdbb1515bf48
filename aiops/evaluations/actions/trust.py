"""Judges, weighed against people: a state that changes is another row, and stands in the audit."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.evaluations import judges
from aiops.evaluations.judges import Judge
from aiops.evaluations.models import JudgeTrust
from aiops.features.models import Feature


def weigh_judges(*, by: Actor, feature: str | None = None) -> int:
    """Weigh the judges of the feature with that slug, or of all; how many there are."""
    everyone = judges.judges(feature)
    for judge in everyone:
        weigh_judge(by=by, judge=judge, among=everyone)
    return len(everyone)


@transaction.atomic
def weigh_judge(*, by: Actor, judge: Judge, among: Sequence[Judge]) -> JudgeTrust:
    """Reckon the state of `judge` from grades as they are now; `among`: all judges of its feature."""
    from aiops.evaluations import weighing  # noqa: PLC0415 - seconds and memory, for workers and commands only

    Feature.objects.select_for_update(no_key=True).get(pk=judge.feature_id)
    after, before = judges.successor(judge, among), judges.predecessor(judge, among)
    found = weighing.weigh(judge, after, before, now=clock.now())
    present = JudgeTrust.objects.filter(feature_id=judge.feature_id, digest=judge.digest, until=None).first()
    if present is not None and present.state == found.state:
        if after is None or present.because != found.because:  # the last figures of a replaced judge stay
            values = {"because": found.because, "figures": found.figures, "at": found.at}
            JudgeTrust.objects.filter(pk=present.pk).update(**values)
        return found
    if present is not None:
        JudgeTrust.objects.filter(pk=present.pk).update(until=found.since)
    found.save()
    if present is not None or found.state != JudgeTrust.State.UNKNOWN:
        audit.record(
            by=by,
            action="evaluations.judge_trust_changed",
            on=found,
            label=judge.title,
            feature=judge.feature,
            before=_facts(present) if present else None,
            after=_facts(found),
        )
    return found


def _facts(trust: JudgeTrust) -> dict[str, Any]:
    return {"state": trust.state, "because": trust.because, "cells": trust.figures["cells"]}
