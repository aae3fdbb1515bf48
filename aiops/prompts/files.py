"""Prompts as a folder of files: one `NAME.prompt` each (CONTRACTS 3.1), kept byte for byte."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction

from aiops.core.actors import Actor
from aiops.core.errors import InvalidInput, Problem
from aiops.features.models import Feature
from aiops.prompts import actions, foreign, queries
from aiops.prompts import format as prompt_format
from aiops.prompts.models import Prompt, Version
from aiops.prompts.shape import MAX_SOURCE_BYTES, NAME, NAME_RULE

SUFFIX = ".prompt"
MAX_FILES = 10_000


@dataclass(frozen=True, slots=True)
class Found:
    """A readable file: the prompt's name, the bytes of its `.prompt` form, the labels that it asks for."""

    name: str
    file_name: str
    source: bytes
    labels: tuple[str, ...]


@dataclass(slots=True)
class Import:
    """What an import did: a sentence per change, and one per label that it left where it was.

    `reviews` are the versions whose file asks for `production`, which no import moves.
    """

    changes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reviews: list[Version] = field(default_factory=list)
    unchanged: int = 0


def export_folder(folder: Path) -> list[Path]:
    """Write the production version, else the latest, of every prompt into `folder`. Gives the files."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder / f"{row.name}{SUFFIX}", row.source) for row in queries.exported()]


def _write(path: Path, source: bytes) -> Path:
    """Whole or not at all: an interrupted export leaves no half file."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as part:
        part.write(source)
    Path(part.name).chmod(0o644)
    os.replace(part.name, path)  # noqa: PTH105 - Path.replace says the same with one name less
    return path


def strangers(folder: Path) -> list[str]:
    """The `.prompt` files of `folder` that no prompt stands for; an export leaves them alone."""
    known = {f"{row.name}{SUFFIX}" for row in queries.exported()}
    return sorted(path.name for path in folder.glob(f"*{SUFFIX}") if path.name not in known)


def read_folder(path: Path) -> list[Found]:
    """The prompts in `path`, a folder or one file. Raises InvalidInput with all problems of all files."""
    found: list[Found] = []
    problems: list[Problem] = []
    for file in _files(path):
        try:
            found.append(_read(file))
        except InvalidInput as error:
            problems += [Problem(f"{file.name}: {problem}") for problem in error.problems]
    names = [row.name for row in found]
    problems += [
        Problem(f"{row.file_name}: another file is of the prompt {row.name!r} too")
        for place, row in enumerate(found)
        if row.name in names[:place]
    ]
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise InvalidInput(f"{path} has {count}; nothing was imported", problems)
    return found


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise InvalidInput(f"{path} does not exist")
    if path.is_file():
        return [path]
    kinds = {SUFFIX} | foreign.PROMPTFOO_SUFFIXES
    files = sorted(file for file in path.iterdir() if file.suffix in kinds and not file.name.startswith("."))
    if len(files) > MAX_FILES:
        raise InvalidInput(f"{path} has {len(files):,} files, at most {MAX_FILES:,} are read")
    return files


def _read(path: Path) -> Found:
    if not path.is_file():
        raise InvalidInput("no file", [Problem("is no regular file")])
    if not NAME.match(path.stem):
        message = f"{path.stem[:100]!r} is no name of a prompt: {NAME_RULE}"
        raise InvalidInput(message, [Problem(message)])
    source = native(path.name, _bytes(path), name=path.stem)
    file = prompt_format.parse(source, name=path.stem)
    if file.name != path.stem:
        message = f"name: says {file.name!r}, and the file is called {path.name}"
        raise InvalidInput(message, [Problem(message)])
    return Found(file.name, path.name, source, file.labels)


def _bytes(path: Path) -> bytes:
    """What is in the file, one byte past the limit at most: a wrong file costs no memory."""
    try:
        with path.open("rb") as opened:
            source = opened.read(MAX_SOURCE_BYTES + 1)
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise InvalidInput(message, [Problem(message)]) from None
    if len(source) > MAX_SOURCE_BYTES:
        message = f"the file has more than {MAX_SOURCE_BYTES:,} bytes"
        raise InvalidInput(message, [Problem(message)])
    return source


def native(file_name: str, source: bytes, *, name: str) -> bytes:
    """The bytes of a `.prompt` file as they are, those of promptfoo converted for the prompt `name`."""
    if Path(file_name).suffix not in foreign.PROMPTFOO_SUFFIXES:
        return source
    text = foreign.promptfoo(prompt_format.decode(source), file_name)
    return prompt_format.compose(prompt_format.parse(text.encode(), name=name))


@transaction.atomic
def import_folder(path: Path, *, by: Actor) -> Import:
    """Make versions for what differs from what an export would write: all or nothing.

    A label that a file asks for is set where the prompt has none of that name yet; moving one is a person's
    decision, and `notes` says where it stays. `production` is never set here: it needs a review.
    """
    result = Import()
    standing = {row.name: row.source for row in queries.exported()}
    for found in read_folder(path):
        if standing.get(found.name) == found.source:
            result.unchanged += 1
        else:
            _import_one(found, result, by)
    return result


def _import_one(found: Found, result: Import, by: Actor) -> None:
    prompt = Prompt.objects.filter(name=found.name).first()
    is_new = prompt is None
    feature = Feature.objects.filter(slug=found.name).first()  # of the same name: surely meant
    prompt = prompt or actions.create_prompt(by=by, name=found.name, feature=feature)
    before = queries.latest_version(prompt)
    note = f"imported from {found.file_name}"
    version = actions.create_version(by=by, prompt=prompt, source=found.source, note=note)
    if before and before.pk == version.pk:
        result.unchanged += 1
    else:
        result.changes.append(f"{found.name}: {'new prompt, ' if is_new else ''}version {version.number}")
    for name in found.labels:
        label = prompt.labels.filter(name=name).select_related("version").first()
        if name == queries.PRODUCTION:
            if label is None or label.version_id != version.pk:
                result.reviews.append(version)
        elif label is None:
            actions.move_label(
                by=by, prompt=prompt, name=name, version=version, reason="asked for by its file"
            )
        elif label.version_id != version.pk:
            result.notes.append(
                f"{found.name}: {name} stays at v{label.version.number}; "
                f"move it to v{version.number} in the console"
            )


def differences(path: Path) -> Iterator[str]:
    """A sentence for each way in which `path` and the database differ.

    A file is in step where it holds the version that an export would write, or the latest one: an edit that
    was imported and waits for its label is known to the database.
    """
    found = {row.name: row for row in read_folder(path)}
    standing = {row.name: row for row in queries.exported()}
    for name in sorted(found.keys() | standing.keys()):
        if name not in standing:
            yield f"{found[name].file_name}: only in the folder; an import makes the prompt"
        elif name not in found:
            number = standing[name].number
            yield f"{name}{SUFFIX}: only in the database (version {number}); an export writes the file"
        elif found[name].source not in (standing[name].source, _latest_source(name)):
            yield f"{found[name].file_name}: differs from version {standing[name].number}"


def _latest_source(name: str) -> bytes:
    latest = queries.latest_version(Prompt.objects.get(name=name))
    return bytes(latest.source) if latest else b""
