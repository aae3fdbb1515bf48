"""What a feature's callbacks are signed with."""

from django.db import transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.catalog import keys
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.features.callbacks import new_secret
from aiops.features.models import CallbackSecret, Feature


@transaction.atomic
def make_callback_secret(*, by: Actor, feature: Feature) -> str:
    """A new secret, in force at once; nobody can read it again. The one before signs nothing any more."""
    secret = new_secret()
    person = by if isinstance(by, User) else None
    facts = {"sealed": keys.seal(secret), "made_at": clock.now(), "made_by": person}
    _, first = CallbackSecret.objects.update_or_create(feature=feature, defaults=facts)
    audit.record(
        by=by,
        action="features.callback_secret_made",
        on=feature,
        feature=feature.slug,
        after={"instead_of_another": not first},
    )
    return secret
