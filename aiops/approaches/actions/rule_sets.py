"""A new rule set; a new version of one."""

import hashlib

from django.db import transaction

from aiops.accounts.models import User
from aiops.approaches import queries, rules
from aiops.approaches.models import RuleSet, RuleSetVersion
from aiops.approaches.naming import begin
from aiops.audit import actions as audit
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput
from aiops.features.models import Feature

MAX_NOTE = 5_000


@transaction.atomic
def create_rule_set(*, by: Actor, feature: Feature, name: str, description: str = "") -> RuleSet:
    """A rule set without versions. Raises InvalidInput for a bad name, Conflict for one that exists."""
    rule_set = begin(RuleSet, feature=feature, name=name, description=description)
    audit.record(
        by=by,
        action="approaches.rule_set_created",
        on=rule_set,
        feature=feature.slug,
        after={"description": description, "feature": feature.slug},
    )
    return rule_set


@transaction.atomic
def create_rules(
    *, by: Actor, rule_set: RuleSet, source: str, note: str = "", based_on: int | None = None
) -> RuleSetVersion:
    """The next version of `rule_set` from its rules as text; the latest one where nothing changed.

    `based_on` is the number of the version that the author began with (0: there was none). Raises
    InvalidInput with problems by line, Conflict where somebody else has saved a later version meanwhile.
    """
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    read = rules.program(source)
    if len(note) > MAX_NOTE:
        raise InvalidInput(f"the note has {len(note):,} characters, at most {MAX_NOTE:,} are allowed")
    locked = RuleSet.objects.select_for_update().get(pk=rule_set.pk)
    latest = queries.latest_rules(locked)
    before = latest.number if latest else 0
    if based_on is not None and based_on != before:
        raise Conflict(
            f"version {before} was saved meanwhile; you began with version {based_on}. "
            "Compare, then save again to put yours after it."
        )
    if latest and latest.source == source:
        return latest
    version = RuleSetVersion.objects.create(
        rule_set=locked,
        number=before + 1,
        source=source,
        sha256=hashlib.sha256(source.encode()).hexdigest(),
        rule_count=len(read.rules),
        inputs=list(read.inputs),
        note=note,
        author=by if isinstance(by, User) else None,
    )
    audit.record(
        by=by,
        action="approaches.rules_created",
        on=version,
        feature=rule_set.feature.slug,
        before={"version": latest.number, "sha256": latest.sha256} if latest else None,
        after={"version": version.number, "sha256": version.sha256, "note": note},
    )
    return version
