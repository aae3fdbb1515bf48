"""What the left rail offers: the pages that exist and that the person may open."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from aiops.accounts.models import User
from aiops.accounts.permissions import Permission


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the rail: `name` is its icon and what `{% block rail %}` says; `permission` None: all."""

    name: str
    label: str
    address: str
    permission: Permission | None = None


@dataclass(frozen=True, slots=True)
class Item:
    name: str
    label: str
    url: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    items: list[Item]


PLACES: tuple[tuple[str, tuple[Place, ...]], ...] = (
    (
        "",
        (
            Place("home", "Home", "dashboards:home", Permission.HOME_VIEW),
            Place("alerts", "Alerts", "alerts:list", Permission.ALERTS_VIEW),
        ),
    ),
    (
        "Build",
        (
            Place("feature", "Features", "features:list", Permission.FEATURES_VIEW),
            Place("prompts", "Prompts", "prompts:list", Permission.PROMPTS_VIEW),
            Place("approaches", "Approaches", "approaches:rule-sets", Permission.PROMPTS_VIEW),
            Place("datasets", "Datasets", "datasets:list", Permission.DATASETS_VIEW),
            Place("playground", "Playground", "playground:page", Permission.EVALUATIONS_RUN),
            Place("evaluations", "Evaluations", "evaluations:list", Permission.EVALUATIONS_VIEW),
        ),
    ),
    (
        "Release",
        (
            Place("diff", "Reviews", "releases:list", Permission.PROMPTS_VIEW),
            Place("flags", "Flags & kill switches", "flags:list", Permission.FLAGS_VIEW),
        ),
    ),
    (
        "Watch",
        (
            Place("calls", "Calls", "calls:list", Permission.SPEND_VIEW),
            Place("quality", "Quality", "quality:list", Permission.EVALUATIONS_VIEW),
            Place("drift", "Drift", "drift:list", Permission.EVALUATIONS_VIEW),
            Place("health", "Health", "dashboards:health", Permission.HEALTH_VIEW),
            Place("spend", "Spend", "spend:page", Permission.SPEND_VIEW),
        ),
    ),
    (
        "People",
        (
            Place("review", "Review", "reviews:queue", Permission.REVIEWS_GRADE),
            Place("tickets", "Tickets", "tickets:list", Permission.TICKETS_ANSWER),
        ),
    ),
    (
        "Govern",
        (
            Place("audit", "Audit", "dashboards:audit", Permission.AUDIT_VIEW),
            Place("admin", "Admin", "dashboards:admin"),
        ),
    ),
)

# Below "Admin": icon, label, address, permission, and what one does there.
ADMINISTRATION: tuple[tuple[Place, str], ...] = (
    (
        Place("people", "People", "accounts:people", Permission.PEOPLE_VIEW),
        "Who may sign in, and what their roles allow.",
    ),
    (Place("key", "Roles", "accounts:roles", Permission.PEOPLE_VIEW), "What each role may see and do."),
    (
        Place("lock", "Workspace", "accounts:workspace", Permission.WORKSPACE_EDIT),
        "When a second person must agree to a change.",
    ),
    (
        Place("provider", "Providers", "catalog:providers", Permission.CATALOG_VIEW),
        "Where models are reached, with their keys and limits.",
    ),
    (
        Place("model", "Models and prices", "catalog:models", Permission.CATALOG_VIEW),
        "What each model is called and costs per token, by date.",
    ),
    (
        Place("diff", "Embeddings", "embeddings:page", Permission.CATALOG_VIEW),
        "Who makes vectors of texts, for which use; all of them made anew where that changes.",
    ),
    (
        Place("tenant", "Tenants", "tenants:list", Permission.TENANTS_VIEW),
        "Customers and teams that spend is charged to.",
    ),
    (
        Place("key", "Keys", "keys:list", Permission.TENANTS_VIEW),
        "What applications call the gateway with: whose, for what, until when.",
    ),
)


def administration(user: User) -> list[tuple[Item, str]]:
    """The administrator's pages that `user` may open, each with a line on what it is for."""
    found = ((_item(place, user), purpose) for place, purpose in ADMINISTRATION)
    return [(item, purpose) for item, purpose in found if item]


def sections(user: User) -> list[Section]:
    """The rail for `user`: no empty section, no link that would be refused."""
    found = [
        Section(title, [item for place in places if (item := _item(place, user))]) for title, places in PLACES
    ]
    return [section for section in found if section.items]


def address(name: str) -> str:
    """The URL of the page `name`, '' where no such page exists."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _item(place: Place, user: User) -> Item | None:
    if place.permission and not user.may(place.permission):
        return None
    if place.name == "admin" and not administration(user):
        return None
    url = address(place.address)
    return Item(place.name, place.label, url) if url else None
