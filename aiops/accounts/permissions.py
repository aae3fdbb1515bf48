"""Who may do what: permissions are an enum, roles are code. A person may hold several roles."""

from collections.abc import Iterable
from enum import StrEnum


class Permission(StrEnum):
    """One thing that a view or an action asks for. The value is stable: tokens and the audit name it."""

    HOME_VIEW = "home.view"
    ALERTS_VIEW = "alerts.view"
    ALERTS_HANDLE = "alerts.handle"
    FEATURES_VIEW = "features.view"
    FEATURES_EDIT = "features.edit"
    FEATURES_TRY = "features.try"
    PROMPTS_VIEW = "prompts.view"
    PROMPTS_EDIT = "prompts.edit"
    PROMPTS_REVIEW = "prompts.review"
    PROMPTS_SHIP = "prompts.ship"
    DATASETS_VIEW = "datasets.view"
    DATASETS_EDIT = "datasets.edit"
    KNOWLEDGE_VIEW = "knowledge.view"
    KNOWLEDGE_EDIT = "knowledge.edit"
    EVALUATIONS_VIEW = "evaluations.view"
    EVALUATIONS_RUN = "evaluations.run"
    EVALUATIONS_GRADE = "evaluations.grade"
    VERDICTS_ACCEPT = "verdicts.accept"
    FLAGS_VIEW = "flags.view"
    FLAGS_EDIT = "flags.edit"
    FLAGS_STOP = "flags.stop"
    POLICY_EDIT = "policy.edit"
    DEPLOY = "deploy"
    KEYS_EDIT = "keys.edit"
    CATALOG_VIEW = "catalog.view"
    CATALOG_EDIT = "catalog.edit"
    TENANTS_VIEW = "tenants.view"
    TENANTS_EDIT = "tenants.edit"
    SPEND_VIEW = "spend.view"
    BUDGETS_EDIT = "budgets.edit"
    CALLS_VIEW = "calls.view"
    TICKETS_ANSWER = "tickets.answer"
    REVIEWS_GRADE = "reviews.grade"
    REVIEWS_LEAD = "reviews.lead"
    HEALTH_VIEW = "health.view"
    PEOPLE_VIEW = "people.view"
    PEOPLE_EDIT = "people.edit"
    WORKSPACE_EDIT = "workspace.edit"
    AUDIT_VIEW = "audit.view"


class Role(StrEnum):
    VIEWER = "viewer"
    REVIEWER = "reviewer"
    FINANCE = "finance"
    PRODUCT = "product"
    ENGINEER = "engineer"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


_P = Permission
_READ = frozenset({_P.HOME_VIEW, _P.ALERTS_VIEW, _P.FEATURES_VIEW})
_WORK = _READ | {
    _P.PROMPTS_VIEW,
    _P.DATASETS_VIEW,
    _P.KNOWLEDGE_VIEW,
    _P.EVALUATIONS_VIEW,
    _P.FLAGS_VIEW,
    _P.HEALTH_VIEW,
}
_RELEASE = frozenset({_P.PROMPTS_REVIEW, _P.PROMPTS_SHIP, _P.FLAGS_EDIT, _P.FLAGS_STOP, _P.ALERTS_HANDLE})

# Reviewers see no spend; finance sees no prompts or outputs (CONSOLE).
ROLES: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _WORK,
    Role.FINANCE: _READ | {_P.TENANTS_VIEW, _P.SPEND_VIEW, _P.BUDGETS_EDIT, _P.CATALOG_VIEW},
    Role.REVIEWER: _READ | {_P.DATASETS_VIEW, _P.EVALUATIONS_GRADE, _P.TICKETS_ANSWER, _P.REVIEWS_GRADE},
    Role.PRODUCT: _WORK
    | _RELEASE
    | {
        _P.FEATURES_EDIT,
        _P.FEATURES_TRY,
        _P.EVALUATIONS_RUN,
        _P.VERDICTS_ACCEPT,
        _P.TENANTS_VIEW,
        _P.SPEND_VIEW,
        _P.CALLS_VIEW,
        _P.EVALUATIONS_GRADE,
        _P.TICKETS_ANSWER,
        _P.REVIEWS_GRADE,
        _P.REVIEWS_LEAD,
    },
    Role.ENGINEER: _WORK
    | _RELEASE
    | {
        _P.FEATURES_EDIT,
        _P.FEATURES_TRY,
        _P.PROMPTS_EDIT,
        _P.DATASETS_EDIT,
        _P.KNOWLEDGE_EDIT,
        _P.EVALUATIONS_RUN,
        _P.POLICY_EDIT,
        _P.DEPLOY,
        _P.KEYS_EDIT,
        _P.EVALUATIONS_GRADE,
        _P.TICKETS_ANSWER,
        _P.REVIEWS_GRADE,
        _P.REVIEWS_LEAD,
        _P.CATALOG_VIEW,
        _P.TENANTS_VIEW,
        _P.SPEND_VIEW,
        _P.CALLS_VIEW,
    },
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.AUDITOR: _WORK
    | {
        _P.AUDIT_VIEW,
        _P.PEOPLE_VIEW,
        _P.CATALOG_VIEW,
        _P.TENANTS_VIEW,
        _P.SPEND_VIEW,
        _P.CALLS_VIEW,
    },
}


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """All that the `roles` together allow; names that are no roles allow nothing."""
    return frozenset().union(*(ROLES[role] for role in known_roles(roles)))


def known_roles(names: Iterable[str]) -> list[Role]:
    """The roles among `names`, each once, in the enum's order."""
    given = set(names)
    return [role for role in Role if role.value in given]
