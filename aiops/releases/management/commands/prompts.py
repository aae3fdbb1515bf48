"""`python manage.py prompts export DIR` and `import DIR [--as EMAIL] [--check]`.

It stands here and not with the prompts since a file that asks for `production` opens a review.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.core.actors import Actor, SystemActor
from aiops.core.errors import AiopsError, InvalidInput
from aiops.prompts import files
from aiops.releases import importing


class Command(BaseCommand):
    help = "Prompts as files: one NAME.prompt each, kept byte for byte."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`export DIR`, `import DIR [--as EMAIL] [--check]`."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        export = verbs.add_parser(
            "export", help="write the production version, else the latest, of every prompt"
        )
        export.add_argument("folder", type=Path, metavar="DIR")
        importing = verbs.add_parser("import", help="make versions for what changed: all or nothing")
        importing.add_argument("folder", type=Path, metavar="DIR", help="a folder, or one file")
        importing.add_argument(
            "--as", dest="email", metavar="EMAIL", help="who is the author; default: the shell"
        )
        importing.add_argument(
            "--check",
            action="store_true",
            help="change nothing; exit 1 if the folder and the database differ",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Exit 1 with the problems, `file: line N: …` each, where something is wrong."""
        folder: Path = options["folder"]
        try:
            if options["verb"] == "export":
                self.export(folder)
            elif options["check"]:
                self.compare(folder)
            else:
                self.make_versions(folder, options["email"])
        except InvalidInput as error:
            lines = [str(problem) for problem in error.problems[:50]]
            if len(error.problems) > 50:
                lines.append(f"and {len(error.problems) - 50} more")
            raise CommandError("\n".join([*lines, str(error)]) if lines else str(error)) from None
        except (AiopsError, OSError) as error:
            raise CommandError(str(error)) from None

    def export(self, folder: Path) -> None:
        written = files.export_folder(folder)
        for name in files.strangers(folder):
            self.stdout.write(f"{name}: no prompt stands for it, left as it is")
        self.stdout.write(f"{_count(len(written), 'prompt')} written to {folder}")

    def compare(self, folder: Path) -> None:
        found = list(files.differences(folder))
        for sentence in found:
            self.stdout.write(sentence)
        if found:
            raise CommandError(f"{_count(len(found), 'difference')} between {folder} and the database")
        self.stdout.write(f"{folder} and the database agree")

    def make_versions(self, folder: Path, email: str | None) -> None:
        by = _actor(email)
        with transaction.atomic():
            result = files.import_folder(folder, by=by)
            reviews = importing.open_reviews(result.reviews, by=by)
        for sentence in [*result.changes, *result.notes, *reviews]:
            self.stdout.write(sentence)
        self.stdout.write(f"{_count(len(result.changes), 'version')} made, {result.unchanged} unchanged")


def _actor(email: str | None) -> Actor:
    if email is None:
        return SystemActor("shell")
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        raise CommandError(f"nobody has the e-mail address {email}")
    check(user, Permission.PROMPTS_EDIT)
    return user


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
