"""What may be done to people and their accounts. Each act is recorded with what was before and after."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from aiops.accounts import links, throttling
from aiops.accounts.models import Session, User, Workspace
from aiops.accounts.permissions import Role, known_roles
from aiops.audit import actions as audit
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput
from aiops.core.tasks import enqueue


@transaction.atomic
def add_person(*, by: Actor, email: str, name: str, roles: Iterable[str]) -> User:
    """A new person, who sets a password first. InvalidInput where the e-mail is taken."""
    person = User(email=email.strip(), name=name.strip(), roles=_ordered(roles))
    person.set_unusable_password()
    _save_unique(person)
    audit.record(by=by, action="accounts.person_added", on=person, after=_facts(person))
    return person


@transaction.atomic
def change_person(*, by: Actor, person: User, email: str, name: str, roles: Iterable[str]) -> User:
    """Change who somebody is and what they may do. Conflict where no administrator would be left."""
    person = _locked(person)
    before = _facts(person)
    person.email, person.name, person.roles = email.strip(), name.strip(), _ordered(roles)
    if before == _facts(person):
        return person
    if Role.ADMINISTRATOR in before["roles"] and Role.ADMINISTRATOR not in person.roles:
        _keep_administrators(by, person, "take your own administrator role away")
    _save_unique(person)
    audit.record(by=by, action="accounts.person_changed", on=person, before=before, after=_facts(person))
    return person


@transaction.atomic
def deactivate_person(*, by: Actor, person: User, reason: str = "") -> None:
    """The person is out at once: their sessions end, and nobody signs in as them."""
    person = _locked(person)
    if not person.is_active:
        return
    if by.actor_id == person.actor_id or Role.ADMINISTRATOR in person.roles:
        _keep_administrators(by, person, "deactivate yourself")
    _set_active(person, False)
    ended, _ = person.sessions.all().delete()
    audit.record(
        by=by,
        action="accounts.person_deactivated",
        on=person,
        before={"is_active": True},
        after={"is_active": False, "sessions_ended": ended},
        reason=reason,
    )


@transaction.atomic
def reactivate_person(*, by: Actor, person: User) -> None:
    """The person may sign in again, with the password and the roles they had."""
    person = _locked(person)
    if person.is_active:
        return
    _set_active(person, True)
    before, after = {"is_active": False}, {"is_active": True}
    audit.record(by=by, action="accounts.person_reactivated", on=person, before=before, after=after)


@transaction.atomic
def lift_lock(*, by: Actor, person: User) -> None:
    """Let somebody who typed too many wrong passwords try again at once."""
    if throttling.lift(person.email):
        audit.record(by=by, action="accounts.lock_lifted", on=person)


@transaction.atomic
def issue_password_link(*, by: Actor, person: User) -> str:
    """The path of a one-time link with which `person` sets a password. It is a secret: show it once."""
    if not person.is_active:
        raise Conflict(f"{person.email} is deactivated. Reactivate first.")
    audit.record(by=by, action="accounts.password_link_issued", on=person)
    return links.path_for(person)


@transaction.atomic
def mail_password_link(*, by: Actor, person: User) -> None:
    """Have a worker make such a link and mail it: it is then in no page, log or queue."""
    if not person.is_active:
        raise Conflict(f"{person.email} is deactivated. Reactivate first.")
    audit.record(by=by, action="accounts.password_link_mailed", on=person)
    enqueue("accounts.mail_password_link", person.pk)


@transaction.atomic
def set_password(*, by: Actor, person: User, password: str, keep_session: str = "") -> None:
    """Set a password that the form has judged. All sessions but `keep_session` end, a lock is lifted."""
    person.set_password(password)
    person.save(update_fields=["password"])
    ended, _ = person.sessions.exclude(pk=keep_session).delete()
    throttling.lift(person.email)
    audit.record(by=by, action="accounts.password_set", on=person, after={"sessions_ended": ended})


@transaction.atomic
def change_profile(*, by: User, name: str, timezone: str, languages: Iterable[str]) -> None:
    """What people say about themselves: their name, time zone, and the languages they read."""
    before = _profile(by)
    by.name, by.timezone, by.languages = name.strip(), timezone, list(languages)
    if before == _profile(by):
        return
    by.save(update_fields=["name", "timezone", "languages"])
    audit.record(by=by, action="accounts.profile_changed", on=by, before=before, after=_profile(by))


@transaction.atomic
def end_sessions(*, by: Actor, person: User, keep_session: str = "") -> int:
    """Sign `person` out everywhere, but for the session `keep_session`. Returns how many sessions ended."""
    ended, _ = person.sessions.exclude(pk=keep_session).delete()
    if ended:
        audit.record(by=by, action="accounts.sessions_ended", on=person, after={"sessions_ended": ended})
    return ended


@transaction.atomic
def note_sign_in(*, by: User) -> None:
    """Record that somebody signed in; sessions that ran out are swept up on the way."""
    Session.objects.filter(expire_date__lt=by.last_login or by.created_at).delete()
    audit.record(by=by, action="accounts.signed_in", on=by)


@transaction.atomic
def note_sign_out(*, by: User) -> None:
    audit.record(by=by, action="accounts.signed_out", on=by)


@transaction.atomic
def note_lock(*, by: Actor, account: str) -> None:
    """Record that too many wrong passwords locked `account`, where there is such a person."""
    person = User.objects.filter(email__iexact=account).first()
    if person:
        audit.record(by=by, action="accounts.locked", on=person)


@transaction.atomic
def change_workspace(
    *,
    by: Actor,
    four_eyes: str,
    four_eyes_share: int,
    four_eyes_amount: Decimal | None,
    retention_months: int = 13,
    reason: str = "",
) -> Workspace:
    """Say when a second person must agree, and for how long calls are kept.

    InvalidInput where nobody ever has to agree, without a reason.
    """
    Workspace.objects.get_or_create(pk=1)
    rules = Workspace.objects.select_for_update().get()
    before = _rules(rules)
    rules.four_eyes, rules.four_eyes_share = four_eyes, four_eyes_share
    rules.four_eyes_amount, rules.retention_months = four_eyes_amount, retention_months
    if _rules(rules) == before:
        return rules
    if four_eyes == Workspace.FourEyes.OFF and not reason.strip():
        raise InvalidInput("Say why one person alone may change what customers get: it stands in the audit.")
    rules.save()
    audit.record(
        by=by,
        action="accounts.workspace_changed",
        on=rules,
        before=before,
        after=_rules(rules),
        reason=reason.strip(),
    )
    return rules


def _rules(workspace: Workspace) -> dict[str, Any]:
    amount = workspace.four_eyes_amount
    return {
        "four_eyes": str(workspace.four_eyes),
        "four_eyes_share": workspace.four_eyes_share,
        "four_eyes_amount": None if amount is None else f"{amount:.2f}",
        "retention_months": workspace.retention_months,
    }


def _ordered(roles: Iterable[str]) -> list[str]:
    """Each role once, in the order of the enum. InvalidInput names what is no role."""
    given = {str(role) for role in roles}
    known = [role.value for role in known_roles(given)]
    if unknown := sorted(given - set(known)):
        raise InvalidInput(f"No such role: {', '.join(unknown)}. There are {', '.join(Role)}.")
    return known


def _facts(person: User) -> dict[str, Any]:
    return {"email": person.email, "name": person.name, "roles": list(person.roles)}


def _profile(person: User) -> dict[str, Any]:
    return {"name": person.name, "timezone": person.timezone, "languages": list(person.languages)}


def _save_unique(person: User) -> None:
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError:
        raise InvalidInput(f"Somebody with the address {person.email} is here already.") from None


def _set_active(person: User, active: bool) -> None:  # noqa: FBT001 - the two values of a column
    person.is_active = active
    person.save(update_fields=["is_active"])


def _locked(person: User) -> User:
    """The person as they are now.

    All active administrators are locked first, always in the same order: two who take each other's role away
    wait for each other, and the second sees what the first left.
    """
    list(_administrators())
    return User.objects.select_for_update().get(pk=person.pk)


def _administrators() -> Any:
    active = User.objects.filter(is_active=True, roles__contains=[Role.ADMINISTRATOR.value])
    return active.select_for_update().order_by("pk")


def _keep_administrators(by: Actor, person: User, act: str) -> None:
    if by.actor_id == person.actor_id:
        raise Conflict(f"You cannot {act}. Another administrator can.")
    if not any(other.pk != person.pk for other in _administrators()):
        raise Conflict(f"{person.email} is the last administrator. Make somebody else one first.")
