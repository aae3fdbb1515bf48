"""The audit's events as sentences, each with the address of what it is about. What was done: `verbs.py`."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.urls import NoReverseMatch, reverse

from aiops.accounts.permissions import Permission
from aiops.audit.models import AuditEvent
from aiops.dashboards.verbs import VERBS

ICONS = {
    "alerts": "alerts",
    "approaches": "filter",
    "accounts": "people",
    "budgets": "spend",
    "catalog": "model",
    "datasets": "datasets",
    "deployments": "play",
    "evaluations": "evaluations",
    "flags": "flag",
    "features": "feature",
    "gateway": "calls",
    "monitoring": "drift",
    "prompts": "prompts",
    "releases": "diff",
    "reviews": "tickets",
    "tenants": "tenant",
}
# What one must be allowed to see for an event of the app to be shown outside of the audit.
NEEDS = {
    "accounts": Permission.PEOPLE_VIEW,
    "alerts": Permission.ALERTS_VIEW,
    "approaches": Permission.PROMPTS_VIEW,
    "budgets": Permission.SPEND_VIEW,
    "catalog": Permission.CATALOG_VIEW,
    "datasets": Permission.DATASETS_VIEW,
    "deployments": Permission.FLAGS_VIEW,
    "evaluations": Permission.EVALUATIONS_VIEW,
    "flags": Permission.FLAGS_VIEW,
    "features": Permission.FEATURES_VIEW,
    "gateway": Permission.HEALTH_VIEW,
    "monitoring": Permission.EVALUATIONS_VIEW,
    "prompts": Permission.PROMPTS_VIEW,
    "releases": Permission.PROMPTS_VIEW,
    "reviews": Permission.TICKETS_ANSWER,
    "tenants": Permission.TENANTS_VIEW,
}
# Where an object's page is, and what names it there: its id or parts of its label ("reply v3", "reply: x").
PAGES = {
    "accounts.user": ("accounts:person", "id"),
    "accounts.workspace": ("accounts:workspace", ""),
    "alerts.alert": ("alerts:alert", "id"),
    "approaches.classifier": ("approaches:classifier", "name"),
    "approaches.classifierversion": ("approaches:trained", "name number"),
    "approaches.ruleset": ("approaches:rule-set", "name"),
    "approaches.rulesetversion": ("approaches:rules", "name number"),
    "approaches.training": ("approaches:classifier", "name"),
    "budgets.budget": ("spend:budget", "id"),
    "budgets.budgetrequest": ("spend:budgets", ""),
    "gateway.ticket": ("tickets:ticket", "id"),
    "budgets.lease": ("dashboards:health", ""),
    "catalog.model": ("catalog:model", "name"),
    "catalog.price": ("catalog:model", "name"),
    "catalog.provider": ("catalog:provider", "name"),
    "datasets.case": ("datasets:cases", "name"),
    "datasets.dataset": ("datasets:cases", "name"),
    "datasets.datasetversion": ("datasets:version", "name number"),
    "evaluations.pairwise": ("evaluations:pairwise", "id"),
    "evaluations.run": ("evaluations:run", "id"),
    "deployments.deployment": ("deployments:deployment", "name"),
    "deployments.deploymentrequest": ("deployments:deployment", "name"),
    "flags.schedule": ("flags:edit", "name"),
    "flags.flag": ("flags:edit", "name"),
    "flags.killswitch": ("flags:stop-page", "id"),
    "flags.changerequest": ("flags:request", "id"),
    "features.policyversion": ("features:policy", "name"),
    "tenants.apikey": ("keys:list", ""),
    "features.feature": ("features:feature", "name"),
    "monitoring.driftpolicy": ("drift:feature", "name"),
    "prompts.label": ("prompts:prompt", "name"),
    "prompts.prompt": ("prompts:prompt", "name"),
    "prompts.version": ("prompts:version", "name number"),
    "reviews.calibrationround": ("reviews:round", "id"),
    "reviews.guideline": ("reviews:guidelines", ""),
    "reviews.reviewitem": ("reviews:item", "id"),
    "releases.release": ("releases:history", "name"),
    "releases.reviewrequest": ("releases:request", "id"),
}
LABEL = re.compile(r"(?P<name>[\w-]+)(?: v(?P<number>\d+))?(?:[ :].*)?", re.DOTALL)
NOISE = (
    "accounts.signed_in",
    "accounts.signed_out",
    "gateway.tried",  # nothing is other than before
    "tenants.console_key_made",
    "evaluations.grade_withdrawn",  # a sitting has a hundred of them
    "evaluations.result_graded",
    "reviews.graded",
    "reviews.probe_added",  # whoever is to be shown it must not know
    "reviews.skipped",
    "reviews.undone",
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """`who` `verb` `what`; `url` is '' where the thing has no page."""

    icon: str
    who: str
    verb: str
    what: str
    url: str
    at: datetime
    note: str


def sentence(event: AuditEvent) -> Sentence:
    return Sentence(
        icon=ICONS.get(event.action.split(".")[0], "dot"),
        who=event.actor_label,
        verb=verb(event.action),
        what=event.object_label,
        url=address(event),
        at=event.at,
        note=_note(event),
    )


def verb(action: str) -> str:
    """`started` for `evaluations.run_started`; an action without a verb is said as it is written."""
    return VERBS.get(action) or action.rpartition(".")[-1].replace("_", " ")


def address(event: AuditEvent) -> str:
    """The page of what the event is about, '' where there is none."""
    name, by = PAGES.get(event.object_type, ("", ""))
    if not name:
        return ""
    parts = LABEL.fullmatch(event.object_label)
    known = {"id": event.object_id, **(parts.groupdict("") if parts else {})}
    try:
        return reverse(name, args=[known[part] for part in by.split()])
    except (KeyError, NoReverseMatch):  # a label in words of its own
        return ""


def _note(event: AuditEvent) -> str:
    if event.reason:
        return f"Reason: {event.reason}"
    return f"Feature {event.feature}" if event.feature and event.feature != event.object_label else ""


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after; None where it was not there."""

    field: str
    before: object
    after: object


def changes(event: AuditEvent) -> list[Change]:
    """What the event says has changed, field by field; equal fields are left out."""
    before, after = event.before or {}, event.after or {}
    fields = dict.fromkeys([*before, *after])
    return [Change(f, before.get(f), after.get(f)) for f in fields if before.get(f) != after.get(f)]
