"""Questions about people."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from aiops.accounts import throttling
from aiops.accounts.models import User, Workspace

STATES = ("active", "inactive", "locked")


def people(*, text: str = "", role: str = "", state: str = "") -> QuerySet[User]:
    """People by name, narrowed by a part of name or e-mail, a role, a state (active, inactive, locked)."""
    rows = User.objects.order_by("name", "pk")
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(email__icontains=text))
    if role:
        rows = rows.filter(roles__contains=[role])
    if state in {"active", "inactive"}:
        rows = rows.filter(is_active=state == "active")
    if state == "locked":
        rows = rows.filter(email__in=_spelled(throttling.locks()))
    return rows


def _spelled(accounts: Iterable[str]) -> list[str]:
    """The e-mail addresses, as people spell them, of accounts in small letters."""
    wanted = Q(pk=None)
    for account in accounts:
        wanted |= Q(email__iexact=account)
    return list(User.objects.filter(wanted).values_list("email", flat=True))


def demo_accounts() -> QuerySet[User]:
    """The demo workspace's people, for its one-click sign-ins."""
    return User.objects.filter(email__endswith="@demo", is_active=True).order_by("pk")


def workspace() -> Workspace:
    """The rules that hold; the defaults, unsaved, where nobody has changed them."""
    return Workspace.objects.first() or Workspace()
