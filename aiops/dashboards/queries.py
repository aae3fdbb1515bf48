"""Questions of the dashboards, each in a constant number of queries."""

from dataclasses import dataclass

from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.datasets.models import Dataset
from aiops.features.models import Feature
from aiops.prompts.models import Prompt
from aiops.tenants.models import Tenant

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that a search found: `kind` is its word, `icon` its sign."""

    kind: str
    icon: str
    label: str
    url: str
    note: str = ""
