"""The audit's events as sentences, each with the address of what it is about."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.urls import NoReverseMatch, reverse

from aiops.accounts.permissions import Permission
from aiops.audit.models import AuditEvent

# What somebody did, read between who did it and what it was done to.
VERBS = {
    "accounts.lock_lifted": "lifted the lock of",
    "accounts.locked": "locked",
    "accounts.password_link_issued": "made a password link for",
    "accounts.password_link_mailed": "mailed a password link to",
    "accounts.password_set": "set the password of",
    "accounts.person_added": "added",
    "accounts.person_changed": "changed the rights of",
    "accounts.person_deactivated": "deactivated",
    "accounts.person_reactivated": "reactivated",
    "accounts.profile_changed": "changed the profile of",
    "accounts.sessions_ended": "ended the sessions of",
    "accounts.workspace_changed": "changed the rules of",
    "accounts.signed_in": "signed in as",
    "accounts.signed_out": "signed out as",
    "alerts.acknowledged": "acknowledged the alert",
    "alerts.closed": "closed the alert",
    "alerts.muted": "muted the alert",
    "alerts.opened": "opened again the alert",
    "alerts.raised": "raised the alert",
    "approaches.categories_trained": "trained",
    "approaches.classifier_created": "made the classifier",
    "approaches.classifier_trained": "trained",
    "approaches.learning_cancelled": "cancelled the",
    "approaches.learning_started": "began the",
    "approaches.router_trained": "trained",
    "approaches.rule_set_created": "made the rule set",
    "approaches.rules_created": "wrote",
    "approaches.training_cancelled": "cancelled the training of",
    "approaches.training_started": "began to train",
    "budgets.budget_removed": "removed the",
    "budgets.budget_set": "set the",
    "budgets.change_asked": "asked for more room in",
    "budgets.lease_lost": "counted as spent what was out with a lost host:",
    "budgets.lease_reconciled": "settled the lost",
    "budgets.request_approved": "approved",
    "budgets.request_declined": "declined",
    "budgets.request_withdrawn": "withdrew",
    "catalog.key_resealed": "sealed the key again of",
    "catalog.model_added": "added the model",
    "catalog.model_changed": "changed the model",
    "catalog.model_deleted": "deleted the model",
    "catalog.model_restored": "brought back the model",
    "catalog.model_retired": "retired the model",
    "catalog.price_set": "set a price of",
    "catalog.provider_added": "added the provider",
    "catalog.provider_changed": "changed the provider",
    "catalog.provider_deleted": "deleted the provider",
    "catalog.provider_tested": "tested the provider",
    "embeddings.change_started": "began to move the vectors of",
    "embeddings.change_cancelled": "stopped moving the vectors of",
    "embeddings.changed": "moved the vectors of",
    "knowledge.document_removed": "took out the document",
    "knowledge.load_cancelled": "stopped loading documents into",
    "knowledge.load_started": "began to load documents into",
    "knowledge.documents_loaded": "loaded documents into",
    "datasets.cases_imported": "imported cases into",
    "datasets.created": "made the dataset",
    "datasets.frozen": "froze",
    "datasets.settings_changed": "changed the settings of",
    "datasets.file_discarded": "discarded a file for",
    "datasets.file_previewed_again": "looked again at a file for",
    "datasets.file_uploaded": "uploaded a file for",
    "datasets.case_added": "added the case",
    "datasets.case_edited": "edited the case",
    "datasets.case_removed": "removed the case",
    "datasets.case_restored": "brought back the case",
    "demo.load_started": "began to load the",
    "demo.loaded": "loaded the",
    "demo.reset": "reset the",
    "deployments.candidate_started": "began to try another approach for",
    "deployments.candidate_stopped": "stopped the candidate of",
    "deployments.change_asked": "asked for more traffic:",
    "deployments.deployed": "deployed an approach for",
    "deployments.request_approved": "approved",
    "deployments.request_declined": "declined",
    "deployments.request_withdrawn": "withdrew",
    "deployments.share_set": "set the candidate's share of",
    "evaluations.grade_withdrawn": "took back a grade in",
    "evaluations.grades_imported": "imported grades into",
    "evaluations.grades_uploaded": "uploaded grades for",
    "evaluations.judge_trust_changed": "weighed the judge",
    "evaluations.pairwise_cancelled": "cancelled the comparison of",
    "evaluations.pairwise_continued": "continued the comparison of",
    "evaluations.pairwise_started": "asked a judge about",
    "evaluations.policy_set": "set the gate's policy of",
    "evaluations.result_graded": "graded a result of",
    "evaluations.run_cancelled": "cancelled",
    "evaluations.run_continued": "continued",
    "evaluations.run_started": "started",
    "evaluations.sample_drawn": "drew results to grade from",
    "evaluations.verdict_accepted": "accepted the verdict",
    "evaluations.verdict_asked": "asked for the verdict of",
    "evaluations.verdict_given": "gave the verdict",
    "features.callback_secret_made": "made a callback secret of",
    "features.feature_changed": "changed the feature",
    "features.feature_created": "made the feature",
    "features.key_limited": "limited the features of the key",
    "features.policy_set": "set the policy of",
    "flags.change_asked": "asked to turn on or widen",
    "flags.change_planned": "planned a change of the flag:",
    "flags.changed": "changed the flag of",
    "flags.lift_asked": "asked to lift a stop:",
    "flags.lifted": "lifted the stop of",
    "flags.request_approved": "approved",
    "flags.request_declined": "declined",
    "flags.request_withdrawn": "withdrew",
    "flags.schedule_approved": "approved",
    "flags.schedule_canceled": "canceled",
    "flags.schedule_done": "carried out",
    "flags.schedule_failed": "did not carry out",
    "flags.stopped": "stopped",
    "gateway.cache_purged": "purged the cache of",
    "gateway.cache_threshold": "set the cache's threshold of",
    "gateway.calls_dropped": "dropped",
    "gateway.tried": "sent a call from the console to",
    "monitoring.drift_policy_set": "set when drift is told of",
    "prompts.label_moved": "moved a label of",
    "prompts.label_removed": "removed a label of",
    "prompts.prompt_created": "made the prompt",
    "prompts.prompt_described": "described the prompt",
    "prompts.version_created": "wrote",
    "releases.adopted": "took over into production",
    "releases.approved": "approved",
    "releases.changes_asked": "asked for changes in",
    "releases.comment_resolved": "resolved a comment on",
    "releases.commented": "commented on",
    "releases.review_closed": "closed",
    "releases.review_opened": "opened",
    "releases.review_updated": "brought another version into",
    "releases.rolled_back": "rolled back to",
    "releases.shipped": "put into production",
    "reviews.assigned": "assigned",
    "reviews.calls_sent": "sent calls to review, as",
    "reviews.callback_sent_again": "had the callback sent again of",
    "reviews.escalated": "called harmful",
    "reviews.grade_changed": "changed a grade of",
    "reviews.graded": "graded",
    "reviews.guideline_written": "wrote",
    "reviews.handed_over": "handed over",
    "reviews.desk_cleared": "handed over what lay with",
    "reviews.probe_added": "made a gold probe of",
    "reviews.requeued": "put back into the queue",
    "reviews.reviewers_set": "set how many people grade",
    "reviews.round_closed": "ended the",
    "reviews.round_started": "started the",
    "reviews.run_sent": "sent to review the answers of",
    "reviews.sampling_changed": "changed the",
    "reviews.skipped": "skipped",
    "reviews.ticket_answered": "answered the ticket",
    "reviews.ticket_approved": "released the held answer of",
    "reviews.ticket_handed_over": "handed over the ticket",
    "reviews.ticket_edited": "released in other words the held answer of",
    "reviews.ticket_rejected": "rejected the held answer of",
    "reviews.undone": "took back a grade of",
    "reviews.withdrawn": "withdrew from review",
    "tenants.console_key_made": "made the console's own key",
    "tenants.key_created": "made the key",
    "tenants.key_revoked": "revoked the key",
    "tenants.tenant_created": "added the tenant",
    "tenants.tenant_renamed": "renamed the tenant",
}
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
