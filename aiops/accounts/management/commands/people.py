"""`python manage.py people add EMAIL`: the first administrator, where there is no demo workspace."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from aiops.accounts import actions
from aiops.accounts.addresses import check_address
from aiops.accounts.models import User
from aiops.accounts.permissions import Role
from aiops.core.actors import SystemActor
from aiops.core.errors import AiopsError

SHELL = SystemActor("shell")


class Command(BaseCommand):
    help = "Add a person, or make another link to set a password."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="what", required=True)
        add = commands.add_parser("add", help="add a person and print a one-time link to set a password")
        add.add_argument("email")
        add.add_argument("--name", required=True)
        add.add_argument(
            "--role", action="append", choices=list(map(str, Role)), help="may be given several times"
        )
        link = commands.add_parser("link", help="print another one-time link for a person")
        link.add_argument("email")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            person = self._added(options) if options["what"] == "add" else self._found(options["email"])
            path = actions.issue_password_link(by=SHELL, person=person)
        except (AiopsError, ValidationError) as error:
            raise CommandError(" ".join(getattr(error, "messages", [str(error)]))) from None
        self.stdout.write(f"{person.email} sets a password here, once, within 24 hours:")
        self.stdout.write(f"{settings.PUBLIC_URL}{path}")

    def _added(self, options: dict[str, Any]) -> User:
        check_address(options["email"])
        roles = options["role"] or [Role.VIEWER]
        return actions.add_person(by=SHELL, email=options["email"], name=options["name"], roles=roles)

    def _found(self, email: str) -> User:
        person = User.objects.filter(email__iexact=email).first()
        if not person:
            raise CommandError(f"There is nobody with the address {email}.")
        return person
