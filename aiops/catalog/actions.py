"""What people may ask of the catalog. The audit never sees a key."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from aiops.audit import actions as audit
from aiops.catalog import addresses, connect, keys, price_list
from aiops.catalog.models import Model, Price, Provider
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput, Problem

GRACE = timedelta(minutes=5)  # between somebody's "now" and ours
_PROVIDER_FIELDS = ("name", "kind", "base_url", "max_concurrency", "timeout_seconds", "settings")
_MODEL_FIELDS = ("name", "vendor_name", "tier", "context_tokens", "max_output_tokens")


@transaction.atomic
def add_provider(
    *, by: Actor, slug: str, name: str, kind: str, base_url: str = "", api_key: str = "", **rest: Any
) -> Provider:
    """A new provider. `rest` may hold max_concurrency, timeout_seconds and settings."""
    provider = Provider(slug=slug, name=name, kind=kind, base_url=base_url, **rest)
    _seal(provider, api_key)
    _check_provider(provider)
    _save(provider)
    after = {"slug": slug, **_facts(provider, _PROVIDER_FIELDS), "key_set": bool(api_key)}
    audit.record(by=by, action="catalog.provider_added", on=provider, after=after)
    return provider


@transaction.atomic
def change_provider(*, by: Actor, provider: Provider, api_key: str | None = None, **changes: Any) -> Provider:
    """Change some of a provider's fields. `api_key` None keeps the key, "" takes it away.

    A key goes to the address that it was given for: with a new base URL it has to be entered again.
    """
    provider = Provider.objects.select_for_update().get(pk=provider.pk)
    before, had_key = _facts(provider, _PROVIDER_FIELDS), provider.api_key_hint
    for field, value in changes.items():
        setattr(provider, field, value)
    if api_key is not None:
        _seal(provider, api_key)
    elif had_key and not addresses.same_origin(before["base_url"], provider.base_url):
        raise InvalidInput(
            "The base URL now names another server. Enter the API key again, it is sent there."
        )
    _check_provider(provider)
    _save(provider)
    old, new = _difference(before, _facts(provider, _PROVIDER_FIELDS))
    new |= {} if api_key is None else {"key": "changed" if api_key else "removed"}
    if new:
        audit.record(by=by, action="catalog.provider_changed", on=provider, before=old, after=new)
    return provider


@transaction.atomic
def delete_provider(*, by: Actor, provider: Provider) -> None:
    """Remove a provider that no model belongs to."""
    audit.record(
        by=by, action="catalog.provider_deleted", on=provider, before=_facts(provider, _PROVIDER_FIELDS)
    )
    try:
        provider.delete()
    except ProtectedError:
        count = provider.models.count()
        raise Conflict(
            f"{provider.name} can't be deleted: {count} {'model' if count == 1 else 'models'} of it remain."
        ) from None


@transaction.atomic
def add_model(
    *, by: Actor, provider: Provider, name: str, vendor_name: str, tier: str, **limits: int
) -> Model:
    """A new model. `limits` may hold context_tokens, max_output_tokens. It needs a price before it runs."""
    model = Model(provider=provider, name=name, vendor_name=vendor_name, tier=tier, **limits)
    _full_clean(model)
    _save(model)
    after = {"provider": provider.slug, **_facts(model, _MODEL_FIELDS)}
    audit.record(by=by, action="catalog.model_added", on=model, after=after)
    return model


@transaction.atomic
def change_model(*, by: Actor, model: Model, **changes: Any) -> Model:
    """Change some of a model's fields."""
    model = Model.objects.select_for_update(of=("self",)).select_related("provider").get(pk=model.pk)
    before = _facts(model, _MODEL_FIELDS)
    for field, value in changes.items():
        setattr(model, field, value)
    _full_clean(model)
    _save(model)
    old, new = _difference(before, _facts(model, _MODEL_FIELDS))
    if new:
        audit.record(by=by, action="catalog.model_changed", on=model, before=old, after=new)
    return model


@transaction.atomic
def delete_model(*, by: Actor, model: Model) -> None:
    """Remove a model that was never priced nor used; any other can only be retired."""
    audit.record(by=by, action="catalog.model_deleted", on=model, before=_facts(model, _MODEL_FIELDS))
    try:
        model.delete()
    except ProtectedError as error:
        kinds = sorted({str(row._meta.verbose_name_plural) for row in error.protected_objects})
        raise Conflict(
            f"{model.name} can't be deleted: {', '.join(kinds)} refer to it. Retire it instead."
        ) from None


@transaction.atomic
def retire_model(*, by: Actor, model: Model) -> None:
    """Nobody may start anything with the model any more; what it did stays."""
    if Model.objects.filter(pk=model.pk, retired_at=None).update(retired_at=clock.now()):
        audit.record(by=by, action="catalog.model_retired", on=model)


@transaction.atomic
def restore_model(*, by: Actor, model: Model) -> None:
    """A retired model may be used again."""
    if Model.objects.filter(pk=model.pk, retired_at__isnull=False).update(retired_at=None):
        audit.record(by=by, action="catalog.model_restored", on=model)


@transaction.atomic
def set_price(  # noqa: PLR0913 - five token classes
    *,
    by: Actor,
    model: Model,
    effective_at: datetime,
    input: Decimal,  # noqa: A002 - the token classes' names are fixed
    output: Decimal,
    cached_input: Decimal | None = None,
    cache_write: Decimal | None = None,
    reasoning: Decimal | None = None,
    source: str = "",
) -> Price:
    """USD per token from `effective_at` on. Only the first price of a model may begin in the past."""
    Model.objects.select_for_update(of=("self",)).get(pk=model.pk)
    price = Price(
        model=model,
        effective_at=effective_at,
        input=input,
        output=output,
        cached_input=cached_input,
        cache_write=cache_write,
        reasoning=reasoning,
        source=source,
    )
    _check_price(price)
    price.save()
    after = {**price_list.rates_as_text(price), "effective_at": effective_at.isoformat()}
    audit.record(
        by=by, action="catalog.price_set", on=price, label=f"{model.name} price", after=after, reason=source
    )
    return price


@transaction.atomic
def import_prices(
    *, by: Actor, file: BinaryIO, effective_at: datetime, source: str = "price list"
) -> price_list.Plan:
    """Set the prices that `file` lists for our models, all or none. InvalidInput names what is wrong."""
    plan = price_list.plan(file.read(), effective_at=effective_at)
    apply_prices(by=by, plan=plan, source=source)
    return plan


@transaction.atomic
def apply_prices(*, by: Actor, plan: price_list.Plan, source: str = "price list") -> None:
    """Set the prices of a plan, all or none."""
    for change in plan.changes:
        set_price(
            by=by,
            model=change.model,
            effective_at=plan.effective_at,
            source=f"{source}: {change.listed_as}"[:200],
            **change.rates,
        )


@transaction.atomic
def reseal_keys(*, by: Actor) -> int:
    """Encrypt all keys under the first AIOPS_ENCRYPTION_KEY; how many there were."""
    providers = Provider.objects.select_for_update().exclude(api_key_encrypted=b"")
    for provider in providers:
        provider.api_key_encrypted = keys.seal(keys.unseal(provider.api_key_encrypted))
        provider.save(update_fields=["api_key_encrypted"])
        audit.record(by=by, action="catalog.key_resealed", on=provider)
    return len(providers)


@transaction.atomic
def record_probe(*, by: Actor, provider: Provider, outcome: Mapping[str, Any]) -> None:
    """Note that somebody tried the provider, which costs money and shows whether a key works."""
    audit.record(by=by, action="catalog.provider_tested", on=provider, after=dict(outcome))


def _seal(provider: Provider, api_key: str) -> None:
    if api_key.lower().startswith("bearer "):
        raise InvalidInput("Leave out the word Bearer: only the key itself.")
    if not api_key.isascii() or not api_key.isprintable() or api_key != api_key.strip():
        raise InvalidInput("The API key holds blanks around it or characters that no key has. Copy it again.")
    provider.api_key_encrypted = keys.seal(api_key)
    provider.api_key_hint = api_key[-4:] if len(api_key) >= 12 else ""


def _check_provider(provider: Provider) -> None:
    _full_clean(provider)
    connect.options_of(provider.kind, provider.settings)
    if not provider.is_simulated:
        provider.base_url = addresses.checked(provider.base_url)


def _check_price(price: Price) -> None:
    _full_clean(price)
    earlier = Price.objects.filter(model=price.model, effective_at__lte=clock.now())
    if price.effective_at < clock.now() - GRACE and earlier.exists():
        raise InvalidInput(
            f"{price.model.name}: a further price can't begin in the past, or what was spent since would "
            "no longer add up. Let it begin now or later."
        )


def _save(row: Provider | Model) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict("Somebody else took this name a moment ago. Choose another.") from None


def _full_clean(row: Provider | Model | Price) -> None:
    if getattr(row, "slug", getattr(row, "name", "")) == "new":
        raise InvalidInput("The name 'new' is taken by a page. Choose another.")
    try:
        row.full_clean()
    except ValidationError as error:
        problems = [
            Problem(message if field == "__all__" else f"{field}: {message}")
            for field, messages in error.message_dict.items()
            for message in messages
        ]
        raise InvalidInput(str(problems[0]), problems) from None


def _facts(row: Provider | Model, fields: tuple[str, ...]) -> dict[str, Any]:
    return {field: getattr(row, field) for field in fields}


def _difference(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    changed = [field for field in before if before[field] != after[field]]
    return {field: before[field] for field in changed}, {field: after[field] for field in changed}
