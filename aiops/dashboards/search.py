"""The search over everything that has a name or a number."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.http import urlencode

from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.datasets.models import Dataset
from aiops.evaluations.models import Run
from aiops.features.models import Feature
from aiops.gateway import queries as gateway
from aiops.prompts.models import Prompt
from aiops.tenants.models import Tenant

RUN = re.compile(r"(?:run\s*#?\s*|#)?(\d{1,18})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found."""

    kind: str
    icon: str
    label: str
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class Kind:
    """Things of one kind: their word, who may see them, how to find them, where their page is."""

    word: str
    icon: str
    permission: Permission
    find: Callable[[str], QuerySet[Any]]
    page: str
    key: str
    note: str = ""
    listed: bool = False  # without a page of its own: the list is narrowed to it

    def hits(self, text: str, limit: int) -> Iterator[Hit]:
        for row in self.find(text)[:limit]:
            key = getattr(row, self.key)
            url = (
                f"{reverse(self.page)}?{urlencode({'q': key})}"
                if self.listed
                else reverse(self.page, args=[key])
            )
            label = f"Run {key}" if self.key == "pk" else str(key)
            yield Hit(self.word, self.icon, label, str(getattr(row, self.note, "")), url)


def find(text: str, user: User, limit: int) -> list[Hit]:
    """Up to `limit` things of each kind that `user` may see; names that begin like `text` come first."""
    if not text:
        return []
    return [hit for kind in KINDS if user.may(kind.permission) for hit in kind.hits(text, limit)]


def _named(rows: QuerySet[Any], key: str, *others: str) -> Callable[[str], QuerySet[Any]]:
    def find_named(text: str) -> QuerySet[Any]:
        matches = Q(**{f"{key}__icontains": text})
        for other in others:
            matches |= Q(**{f"{other}__icontains": text})
        rank = Case(
            When(**{f"{key}__iexact": text, "then": Value(0)}),
            When(**{f"{key}__istartswith": text, "then": Value(1)}),
            default=Value(2),
            output_field=IntegerField(),
        )
        return rows.all().filter(matches).order_by(rank, key)

    return find_named


def _runs(text: str) -> QuerySet[Run]:
    number = RUN.fullmatch(text)
    if not number:
        return Run.objects.none()
    return Run.objects.filter(pk=int(number.group(1))).select_related("feature")


_P = Permission
_features = _named(Feature.objects.all(), "slug", "name")
_prompts = _named(Prompt.objects.all(), "name")
_datasets = _named(Dataset.objects.all(), "name")
_tenants = _named(Tenant.objects.all(), "slug", "name")
KINDS = (
    Kind("Feature", "feature", _P.FEATURES_VIEW, _features, "features:feature", "slug", "name"),
    Kind("Prompt", "prompts", _P.PROMPTS_VIEW, _prompts, "prompts:prompt", "name", "description"),
    Kind("Dataset", "datasets", _P.DATASETS_VIEW, _datasets, "datasets:cases", "name", "description"),
    Kind("Run", "evaluations", _P.EVALUATIONS_VIEW, _runs, "evaluations:run", "pk", "feature"),
    Kind("Call", "calls", _P.SPEND_VIEW, gateway.by_id, "calls:call", "id", "feature"),
    Kind("Tenant", "tenant", _P.TENANTS_VIEW, _tenants, "tenants:list", "slug", "name", listed=True),
)
