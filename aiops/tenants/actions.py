"""What may be done to tenants."""

from django.db import IntegrityError, transaction

from aiops.audit import actions as audit
from aiops.core.actors import Actor
from aiops.core.errors import InvalidInput
from aiops.tenants.models import Tenant


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
