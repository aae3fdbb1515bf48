"""`manage.py kill SCOPE`: stop everything, a feature, a tenant or a model, at once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from aiops.operations import breakglass


class Command(BaseCommand):
    help = "Stop everything, a feature, a tenant or a model at once, and show which gateways know it."
    requires_system_checks = ()  # they would import every page: half a second of somebody's emergency

    def add_arguments(self, parser: CommandParser) -> None:
        breakglass.add_arguments(parser)
        parser.add_argument("--reason", required=True, help="what everybody reads who meets the stop")

    def handle(self, *_args: Any, **options: Any) -> None:
        breakglass.kill(breakglass.aim(options), options["reason"], settings.AIOPS_HOME, self.stdout.write)
