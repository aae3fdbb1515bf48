"""What may be asked for: documents into a source, one out of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput, Problem
from aiops.core.tasks import enqueue
from aiops.features.models import Feature
from aiops.knowledge import counting, loading, storing
from aiops.knowledge.models import Document, Load, LoadFile, Source
from aiops.knowledge.reading import File, Text, read
from aiops.tenants.models import Tenant

_NAMED = 50  # paths that the audit names
_AT_ONCE = 500  # files of one upload


@dataclass(slots=True)
class Loaded:
    """Paths by what became of them."""

    source: Source
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        names = ("added", "changed", "unchanged", "removed")
        said = ((name, len(getattr(self, name))) for name in names)
        return ", ".join(f"{count:,} {name}" for name, count in said if count) or "nothing"


@transaction.atomic
def load_documents(
    *,
    by: Actor,
    feature: Feature,
    name: str,
    files: Sequence[File],
    tenant: Tenant | None = None,
    replace: bool = False,
) -> Loaded:
    """All of `files` into the source `name`, made where there is none: all or nothing.

    With `replace` its other documents are removed. Raises InvalidInput with a problem for each file that
    cannot be read.
    """
    texts = _read(files)
    source = _source(feature, tenant, name.strip())
    done = Loaded(source)
    for file, text in texts:
        change = storing.store(source, file, text, by=by)
        getattr(done, change).append(file.path)
    if replace:
        for document in source.documents.filter(removed_at=None).exclude(
            path__in=[one.path for one in files]
        ):
            storing.remove(document)
            done.removed.append(document.path)
    if done.added or done.changed or done.removed:
        counting.recount(feature.pk)
        audit.record(
            by=by,
            action="knowledge.documents_loaded",
            on=source,
            feature=feature.slug,
            after=_facts(done),
        )
    return done


@transaction.atomic
def start_load(
    *, by: User, feature: Feature, name: str, files: Sequence[File], tenant: Tenant | None = None
) -> Load:
    """Let a worker load `files` into the source `name`, one after the other; those it cannot read are named.

    Raises InvalidInput without files, for too many or for two of one name.
    """
    if not files or len(files) > _AT_ONCE:
        raise InvalidInput(f"Choose 1 to {_AT_ONCE} files; larger sets: manage.py knowledge load FOLDER.")
    _check_paths(files)
    source = _source(feature, tenant, name.strip())
    row = Load.objects.create(source=source, total=len(files), created_by=by)
    LoadFile.objects.bulk_create(LoadFile(load=row, path=file.path, body=file.body) for file in files)
    audit.record(
        by=by,
        action="knowledge.load_started",
        on=source,
        feature=feature.slug,
        after={"files": [file.path for file in files[:_NAMED]], "tenant": tenant.slug if tenant else None},
    )
    enqueue(loading.TASK, row.pk, hint=True)
    return row


@transaction.atomic
def cancel_load(*, by: Actor, load: Load) -> None:
    """What is loaded stays; the rest is left. Raises Conflict where it has ended."""
    ended = Load.objects.filter(pk=load.pk, state__in=Load.ACTIVE).update(
        state=Load.State.CANCELLED, finished_at=clock.now()
    )
    if not ended:
        raise Conflict("This load has ended already.")
    LoadFile.objects.filter(load=load, done=False).update(body=b"")
    counting.recount(load.source.feature_id)
    feature = load.source.feature.slug
    audit.record(by=by, action="knowledge.load_cancelled", on=load.source, feature=feature)


@transaction.atomic
def remove_document(*, by: Actor, document: Document) -> None:
    """Nobody finds it any more. Raises Conflict where it is removed already."""
    locked = Document.objects.select_for_update().select_related("source__feature").get(pk=document.pk)
    if locked.removed_at:
        raise Conflict(f"{locked.path} is removed already.")
    storing.remove(locked)
    counting.recount(locked.source.feature_id)
    feature = locked.source.feature.slug
    audit.record(by=by, action="knowledge.document_removed", on=locked, feature=feature)


def _read(files: Iterable[File]) -> list[tuple[File, Text]]:
    found, problems, paths = [], [], set[str]()
    for file in files:
        try:
            if file.path in paths or not file.path or len(file.path) > 500:
                raise InvalidInput("its name is there twice, empty, or longer than 500 characters")
            found.append((file, read(file)))
        except InvalidInput as error:
            problems.append(Problem(f"{file.path}: {error}"))
        paths.add(file.path)
    if problems:
        raise InvalidInput("Nothing was loaded, since some files cannot be read.", problems)
    if not found:
        raise InvalidInput("There is no document that can be read.")
    return found


def _check_paths(files: Sequence[File]) -> None:
    paths = [file.path for file in files]
    if len(set(paths)) < len(paths):
        raise InvalidInput("Two of the files have the same name.")
    if any(not path or len(path) > 500 for path in paths):
        raise InvalidInput("A file has no name, or one of more than 500 characters.")


def _source(feature: Feature, tenant: Tenant | None, name: str) -> Source:
    """The source, held until the transaction ends, so that two loads do not mix."""
    if not name or len(name) > 200:
        raise InvalidInput("A source needs a name of at most 200 characters.")
    row, _ = Source.objects.get_or_create(feature=feature, tenant=tenant, name=name)
    return Source.objects.select_for_update().get(pk=row.pk)


def _facts(done: Loaded) -> dict[str, Any]:
    facts: dict[str, Any] = {"tenant": done.source.tenant.slug} if done.source.tenant else {}
    for name in ("added", "changed", "removed"):
        if paths := getattr(done, name):
            facts |= {name: len(paths), f"{name}_documents": paths[:_NAMED]}
    return facts
