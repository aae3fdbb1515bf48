"""`manage.py knowledge load FOLDER --feature F`: documents that the feature finds. Exit 2: asked wrongly."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.core.actors import Actor, SystemActor
from aiops.core.errors import AiopsError, InvalidInput, NotFound
from aiops.features.models import Feature
from aiops.knowledge import actions, queries
from aiops.knowledge.folders import files_in
from aiops.tenants.models import Tenant

SHOWN = 50  # problems, files


class Command(BaseCommand):
    help = "What retrieval searches: load a folder of documents for a feature."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        load = commands.add_parser("load", help="all documents of a folder, or none of them")
        load.add_argument("folder", type=Path)
        load.add_argument("--feature", required=True, help="slug of the feature that finds them")
        load.add_argument("--tenant", help="slug of the tenant whose they are; nobody else is shown them")
        load.add_argument("--source", help="name of the source; else the folder's")
        load.add_argument("--replace", action="store_true", help="remove the documents that the folder lacks")
        load.add_argument("--as", dest="email", metavar="EMAIL", help="who does it; default: the shell")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            self._load(options)
        except InvalidInput as error:
            lines = [str(error), *(f"  {problem}" for problem in error.problems[:SHOWN])]
            if len(error.problems) > SHOWN:
                lines.append(f"  and {len(error.problems) - SHOWN} more")
            raise CommandError("\n".join(lines), returncode=2) from None
        except (AiopsError, OSError) as error:
            raise CommandError(str(error), returncode=2) from None
        except OperationalError as error:
            advice = "Is it running? `python manage.py up` starts the embedded one."
            raise CommandError(f"The database does not answer. {advice}\n{error}", returncode=3) from None

    def _load(self, options: dict[str, Any]) -> None:
        by = _actor(options["email"])
        feature = Feature.objects.filter(slug=options["feature"]).first()
        if feature is None:
            raise NotFound(f"There is no feature {options['feature']!r}.")
        tenant = Tenant.objects.filter(slug=options["tenant"]).first() if options["tenant"] else None
        if options["tenant"] and tenant is None:
            raise NotFound(f"There is no tenant {options['tenant']!r}.")
        folder: Path = options["folder"]
        files, others = files_in(folder)
        done = actions.load_documents(
            by=by,
            feature=feature,
            tenant=tenant,
            name=options["source"] or folder.resolve().name,
            files=files,
            replace=options["replace"],
        )
        for path in others[:SHOWN]:
            self.stderr.write(f"not taken, since there is no reader for it: {path}")
        if len(others) > SHOWN:
            self.stderr.write(f"and {len(others) - SHOWN} more")
        revision = queries.revision(feature)
        self.stdout.write(f"{feature.slug}, {done.source.name}: {done}. Knowledge revision {revision}.")


def _actor(email: str | None) -> Actor:
    if email is None:
        return SystemActor("shell")
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        raise NotFound(f"Nobody has the e-mail address {email}.")
    check(user, Permission.KNOWLEDGE_EDIT)
    return user
