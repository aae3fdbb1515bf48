"""Roles and permissions in words, for the account page, the roles page and the forms."""

from collections.abc import Iterable

from aiops.accounts.permissions import Permission, Role, known_roles

ROLE_WORDS: dict[Role, str] = {
    Role.VIEWER: "Looks at features, prompts, datasets and evaluations; changes nothing.",
    Role.REVIEWER: "Grades sampled outputs and reads golden cases; sees no spend.",
    Role.FINANCE: "Sees spend, tenants and prices, sets budgets; sees no prompts or outputs.",
    Role.PRODUCT: "Looks after features, starts evaluations, reviews and ships prompts, sees spend.",
    Role.ENGINEER: "Changes, reviews and ships prompts, changes golden sets, runs evaluations, sees spend.",
    Role.ADMINISTRATOR: "May do everything, people and providers included.",
    Role.AUDITOR: "Reads everything, the audit and the people too; changes nothing.",
}

PERMISSION_WORDS: dict[Permission, str] = {
    Permission.HOME_VIEW: "see the home page",
    Permission.ALERTS_VIEW: "see alerts",
    Permission.ALERTS_HANDLE: "acknowledge, mute and close alerts",
    Permission.FEATURES_VIEW: "see features",
    Permission.FEATURES_EDIT: "add and change features",
    Permission.FEATURES_TRY: "send a call to a feature from the console, at its cost",
    Permission.PROMPTS_VIEW: "read prompts",
    Permission.PROMPTS_EDIT: "write prompt versions and move labels",
    Permission.PROMPTS_REVIEW: "comment on prompt versions, approve those of others or ask for changes",
    Permission.PROMPTS_SHIP: "ship approved prompt versions, and roll back",
    Permission.DATASETS_VIEW: "read golden datasets",
    Permission.DATASETS_EDIT: "import, edit and freeze golden datasets",
    Permission.KNOWLEDGE_VIEW: "read the documents that features search",
    Permission.KNOWLEDGE_EDIT: "load and remove the documents that features search",
    Permission.EVALUATIONS_VIEW: "see evaluations and their outputs",
    Permission.EVALUATIONS_RUN: "start and cancel evaluations, import grades",
    Permission.EVALUATIONS_GRADE: "grade outputs of evaluations",
    Permission.VERDICTS_ACCEPT: "accept a verdict that is not a pass, with a reason",
    Permission.FLAGS_VIEW: "see flags, stops, deployments and policies",
    Permission.FLAGS_EDIT: "change who may use a feature, approve such changes of others",
    Permission.FLAGS_STOP: "stop a feature, a tenant, a model or everything, at once",
    Permission.POLICY_EDIT: "change how the gateway treats a feature's calls",
    Permission.DEPLOY: "deploy an approach, and start or stop a candidate",
    Permission.KEYS_EDIT: "make, limit and revoke keys",
    Permission.CATALOG_VIEW: "see providers, models and prices",
    Permission.CATALOG_EDIT: "change providers, their keys, models and prices",
    Permission.TENANTS_VIEW: "see tenants",
    Permission.TENANTS_EDIT: "add and change tenants",
    Permission.SPEND_VIEW: "see what things cost, down to single calls",
    Permission.BUDGETS_EDIT: "set budgets and settle lost leases",
    Permission.CALLS_VIEW: "read what was asked and answered in calls",
    Permission.TICKETS_ANSWER: "answer calls that wait for a person, and release held answers",
    Permission.REVIEWS_GRADE: "grade sampled outputs, blind, in the languages they read",
    Permission.REVIEWS_LEAD: "set what is sampled, write guidelines, assign reviewers, see how they agree",
    Permission.HEALTH_VIEW: "see latency, errors and the gateway's processes",
    Permission.PEOPLE_VIEW: "see people and their roles",
    Permission.PEOPLE_EDIT: "add people, change roles, lift locks",
    Permission.WORKSPACE_EDIT: "change the rules of the workspace, four eyes among them",
    Permission.AUDIT_VIEW: "read the audit",
}


def in_words(roles: Iterable[str]) -> list[tuple[Role, str]]:
    """The roles among these names, each with what it may do."""
    return [(role, ROLE_WORDS[role]) for role in known_roles(roles)]


def role_choices() -> list[tuple[str, str]]:
    """For forms: each role's value, and its name with what it may do."""
    return [(role.value, f"{role.value.capitalize()}: {ROLE_WORDS[role]}") for role in Role]


def told(permission: Permission) -> str:
    """The permission in words; its name where nobody has written any."""
    return PERMISSION_WORDS.get(permission, permission.value)
