"""People and tenants."""

from collections.abc import Iterable
from typing import Any

from aiops.accounts.models import User
from aiops.tenants.models import Tenant
from tests.factories.numbers import number

PASSWORD = "correct horse battery staple"


def make_user(roles: Iterable[str] = ("viewer",), **values: Any) -> User:
    """A person with `roles` who signs in with `PASSWORD`."""
    n = number()
    password = values.pop("password", PASSWORD)
    user = User(**{"email": f"person{n}@example.com", "name": f"Person {n}", "roles": list(roles), **values})
    user.set_password(password)
    user.save()
    return user


def make_tenant(**values: Any) -> Tenant:
    n = number()
    return Tenant.objects.create(**{"slug": f"tenant-{n}", "name": f"Tenant {n}", **values})
