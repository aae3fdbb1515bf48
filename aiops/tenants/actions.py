"""What may be done to tenants and to their keys."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import InvalidInput
from aiops.tenants.models import ApiKey, Tenant
from aiops.tenants.tokens import derived_token, digest_of, new_token

CONSOLE_LIFE = timedelta(hours=1)


@transaction.atomic
def create_tenant(*, by: Actor, slug: str, name: str) -> Tenant:
    """A new tenant. InvalidInput where the slug is taken."""
    tenant = Tenant(slug=slug, name=name.strip())
    try:
        with transaction.atomic():
            tenant.save()
    except IntegrityError:
        raise InvalidInput(f"There is a tenant {slug} already.") from None
    audit.record(by=by, action="tenants.tenant_created", on=tenant, after={"slug": slug, "name": tenant.name})
    return tenant


@transaction.atomic
def rename_tenant(*, by: Actor, tenant: Tenant, name: str) -> Tenant:
    """Change what people call the tenant. The slug stays: calls and bills name it."""
    tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)
    before = {"name": tenant.name}
    tenant.name = name.strip()
    if before["name"] == tenant.name:
        return tenant
    tenant.save(update_fields=["name"])
    audit.record(
        by=by, action="tenants.tenant_renamed", on=tenant, before=before, after={"name": tenant.name}
    )
    return tenant


@transaction.atomic
def create_key(
    *, by: Actor, name: str, tenant: Tenant | None, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A new key and its token, which nobody can read again. `tenant` None makes a service key."""
    if not name.strip():
        raise InvalidInput("Say what the key is for.")
    if expires_at is not None and expires_at <= clock.now():
        raise InvalidInput("That time is over already.")
    token = new_token()
    key = ApiKey.objects.create(
        public_id=token.public_id,
        digest=digest_of(token.secret),
        tenant=tenant,
        name=name.strip(),
        expires_at=expires_at,
        created_by=by if isinstance(by, User) else None,
    )
    after = {
        "public_id": key.public_id,
        "tenant": tenant.slug if tenant else "any (service key)",
        "expires_at": expires_at.isoformat() if expires_at else None,
    }
    audit.record(by=by, action="tenants.key_created", on=key, after=after)
    return key, str(token)


@transaction.atomic
def revoke_key(*, by: Actor, key: ApiKey, reason: str = "") -> ApiKey:
    """Let the key open nothing any more, at once and for ever. One that was revoked stays as it is."""
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    if key.revoked_at:
        return key
    key.revoked_at, key.revoked_by = clock.now(), by if isinstance(by, User) else None
    key.save(update_fields=["revoked_at", "revoked_by"])
    audit.record(
        by=by, action="tenants.key_revoked", on=key, after={"public_id": key.public_id}, reason=reason.strip()
    )
    return key


@transaction.atomic
def make_console_key(*, by: Actor, root: str) -> ApiKey:
    """The console's next key, for an hour. Its secret follows from `root`; those that are over go."""
    ApiKey.objects.filter(console=True, expires_at__lt=clock.now()).delete()
    public_id = new_token().public_id
    key = ApiKey.objects.create(
        public_id=public_id,
        digest=digest_of(derived_token(public_id, root).secret),
        name="The console",
        console=True,
        expires_at=clock.now() + CONSOLE_LIFE,
    )
    after = {"public_id": public_id, "expires_at": key.expires_at.isoformat() if key.expires_at else None}
    audit.record(by=by, action="tenants.console_key_made", on=key, after=after)
    return key
