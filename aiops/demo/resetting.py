"""Empties the demo workspace so that it can be loaded afresh. The audit stays: nobody empties it."""

from django.apps import apps
from django.db import connection, models, transaction

from aiops.audit import actions as audit
from aiops.core.errors import Conflict
from aiops.demo import history, loading
from aiops.demo.models import Workspace

_KEPT = frozenset({"audit"})


def reset(say: loading.Say) -> None:
    """Empty the workspace and load it again. Raises Conflict unless it is the demo's."""
    with loading.one_at_a_time():
        _check()
        say("Emptying the demo workspace")
        _empty()
    loading.load(say)


def _check() -> None:
    if not Workspace.objects.exists():
        raise Conflict("This workspace is not the demo's, so it is not reset.")


@transaction.atomic
def _empty() -> None:
    """Empty every table of ours but the audit's, and mark the workspace as the demo's again: all or nothing.

    Ids go on counting, so that nobody new gets the id that the audit knows somebody else by.
    """
    audit.record(by=loading.DEMO, action="demo.reset", on=Workspace.objects.get())
    tables = ours()
    names = ", ".join(connection.ops.quote_name(table._meta.db_table) for table in tables)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '10s'")
    with history.triggers_off(*tables), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {names}")
    Workspace.objects.create()


def ours() -> list[type[models.Model]]:
    """The tables of all apps of aiops, but for those that are kept."""
    configs = [config for config in apps.get_app_configs() if config.name.startswith("aiops.")]
    return [
        model
        for config in configs
        if config.label not in _KEPT
        for model in config.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]
