"""`manage.py unkill SCOPE`: lift a stop."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from aiops.operations import breakglass


class Command(BaseCommand):
    help = "Lift a stop that `kill` or the console has thrown, and show which gateways know it."
    requires_system_checks = ()  # as for `kill`

    def add_arguments(self, parser: CommandParser) -> None:
        breakglass.add_arguments(parser)
        parser.add_argument("--reason", default="", help="why it may go on")

    def handle(self, *_args: Any, **options: Any) -> None:
        breakglass.unkill(breakglass.aim(options), options["reason"], settings.AIOPS_HOME, self.stdout.write)
