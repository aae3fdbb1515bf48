"""Documents, loaded as people load them."""

from typing import Any

from aiops.core.actors import SystemActor
from aiops.features.models import Feature
from aiops.knowledge import actions
from aiops.knowledge.models import Document, Load, LoadFile
from aiops.knowledge.reading import File
from tests.factories.numbers import number
from tests.factories.prompts import make_feature


def load_documents(feature: Feature, texts: dict[str, str], **values: Any) -> actions.Loaded:
    """`texts` by path, into the source "help"."""
    files = [File(path, text.encode()) for path, text in texts.items()]
    return actions.load_documents(
        **{"by": SystemActor("tests"), "feature": feature, "name": "help", "files": files, **values}
    )


def make_document(text: str = "# Returns\n\nWithin 30 days.\n", **values: Any) -> Document:
    done = load_documents(values.pop("feature", None) or make_feature(), {f"d-{number()}.md": text}, **values)
    return done.source.documents.get(path=done.added[0])


def make_load(*files: tuple[str, bytes], **values: Any) -> Load:
    """A load that waits, of one Markdown file unless others are given."""
    chosen = files or (("new.md", b"# New\n\nSomething new.\n"),)
    source = values.pop("source", None) or make_document().source
    load = Load.objects.create(**{"source": source, "total": len(chosen), **values})
    LoadFile.objects.bulk_create(LoadFile(load=load, path=path, body=body) for path, body in chosen)
    return load
