"""`manage.py datasets import | export | freeze`: golden datasets at a shell. Exit 2: asked wrongly."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, transaction

from aiops.core.actors import SystemActor
from aiops.core.errors import AiopsError, InvalidInput, NotFound
from aiops.datasets import actions, export, formats, queries
from aiops.datasets.models import Dataset
from aiops.features.models import Feature

SHELL = SystemActor("shell")


class Command(BaseCommand):
    help = "Golden datasets: import a file into the draft, export, freeze the draft into a version."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        taken = commands.add_parser(
            "import", help="all of a file, or nothing; makes the dataset where there is none"
        )
        taken.add_argument("file", type=Path)
        taken.add_argument("--name", required=True)
        taken.add_argument("--format", choices=sorted(formats.PARSERS), help="else told by the file's ending")
        taken.add_argument("--replace", action="store_true", help="remove the cases that the file lacks")
        taken.add_argument("--feature", help="slug of the feature that a new dataset belongs to")
        given = commands.add_parser("export", help="the draft or a version, to a file or stdout")
        given.add_argument("name")
        given.add_argument("--version", dest="number", type=int, help="of the dataset; else the draft")
        given.add_argument("--out", type=Path)
        given.add_argument("--format", choices=sorted(export.FORMATS), help="else told by --out, else jsonl")
        frozen = commands.add_parser("freeze", help="the draft becomes a version that nobody can change")
        frozen.add_argument("name")
        frozen.add_argument("--note", default="")

    def handle(self, *_args: Any, **options: Any) -> None:
        doors = {"import": self._import, "export": self._export, "freeze": self._freeze}
        try:
            doors[options["command"]](options)
        except InvalidInput as error:
            lines = [str(error), *(f"  {problem}" for problem in error.problems)]
            raise CommandError("\n".join(lines), returncode=2) from None
        except (AiopsError, OSError) as error:
            raise CommandError(str(error), returncode=2) from None
        except OperationalError as error:
            advice = "Is it running? `python manage.py up` starts the embedded one."
            raise CommandError(f"The database does not answer. {advice}\n{error}", returncode=3) from None

    def _import(self, options: dict[str, Any]) -> None:
        path: Path = options["file"]
        form = options["format"] or formats.guess(path.name)
        with path.open("rb") as file, transaction.atomic():
            dataset = _dataset_for_import(options["name"], options["feature"])
            counts, notes = actions.import_file(
                by=SHELL,
                dataset=dataset,
                file=file,
                filename=path.name,
                format=form,
                replace=options["replace"],
            )
        for note in notes:
            self.stderr.write(f"not taken over: {note}")
        self.stdout.write(f"{dataset.name}: {counts}")

    def _export(self, options: dict[str, Any]) -> None:
        dataset = _dataset(options["name"])
        number = options["number"] or dataset.draft_number
        if options["number"] and not dataset.versions.filter(number=number).exists():
            raise NotFound(f"{dataset.name} has no version {number}.")
        out: Path | None = options["out"]
        form = options["format"] or ("csv" if out and out.suffix.lower() == ".csv" else "jsonl")
        with transaction.atomic():
            _write(export.dump(queries.in_version(dataset, number), form), out)

    def _freeze(self, options: dict[str, Any]) -> None:
        dataset = _dataset(options["name"])
        draft = dataset.draft_number
        version = actions.freeze(by=SHELL, dataset=dataset, note=options["note"])
        if version.number < draft:
            self.stdout.write(f"{dataset.name}: nothing has changed since version {version.number}.")
        else:
            self.stdout.write(f"{version}: {version.case_count:,} cases, SHA-256 {version.sha256}")


def _dataset(name: str) -> Dataset:
    found = Dataset.objects.filter(name=name).first()
    if found is None:
        near = Dataset.objects.order_by("name").values_list("name", flat=True)[:10]
        raise NotFound(f"There is no dataset {name!r}. Datasets: {', '.join(near) or 'none yet'}.")
    return found


def _dataset_for_import(name: str, slug: str | None) -> Dataset:
    feature = Feature.objects.filter(slug=slug).first() if slug else None
    if slug and feature is None:
        raise NotFound(f"There is no feature {slug!r}.")
    found = Dataset.objects.filter(name=name).select_related("feature").first()
    if found is None:
        return actions.create_dataset(by=SHELL, name=name, feature=feature)
    if feature and found.feature != feature:
        raise InvalidInput(f"{name} belongs to {found.feature or 'no feature'}; change that in its settings.")
    return found


def _write(lines: Iterable[str], out: Path | None) -> None:
    """To a file beside its name first, so that an export that stops leaves no half of one."""
    if out is None:
        for line in lines:
            sys.stdout.buffer.write(line.encode())
        return
    part = out.with_name(f"{out.name}.part")
    with part.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
    part.replace(out)
