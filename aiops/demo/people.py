"""The demo's accounts. They share one password, made on first use and kept in AIOPS_HOME."""

import os
import secrets
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from aiops.accounts import actions as accounts
from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core.actors import Actor
from aiops.demo.content import Account


def password() -> str:
    """The password in AIOPS_HOME/demo-password, made on first use; only the owner may read the file."""
    path = password_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(12))
    return path.read_text(encoding="ascii").strip()


def password_file() -> Path:
    return Path(settings.AIOPS_HOME) / "demo-password"


def ensure(account: Account, *, by: Actor) -> User:
    """The person of `account`, added with the demo's password where there is none."""
    person = User.objects.filter(email__iexact=account.email).first()
    if person is None:
        person = accounts.add_person(by=by, email=account.email, name=account.name, roles=account.roles)
    if not person.has_usable_password():
        accounts.change_profile(
            by=person, name=person.name, timezone=person.timezone, languages=account.languages
        )
        _set_password(person, by=by)
    return person


@transaction.atomic
def _set_password(person: User, *, by: Actor) -> None:
    """As the action does it, but with a hash that all share: eight of them would take seconds."""
    person.password = _hashed(password())
    person.save(update_fields=["password"])
    audit.record(by=by, action="accounts.password_set", on=person, after={"sessions_ended": 0})


@cache
def _hashed(plain: str) -> str:
    return make_password(plain)
