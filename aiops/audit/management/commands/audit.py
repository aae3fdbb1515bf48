"""`python manage.py audit verify`: does the chain hold?"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from aiops.audit import chain


class Command(BaseCommand):
    help = "Check the audit's chain of hashes, and export it."

    def add_arguments(self, parser: CommandParser) -> None:
        verify = parser.add_subparsers(dest="what", required=True).add_parser(
            "verify", help="exit 0 where every row fits, 1 and the first broken row otherwise"
        )
        verify.add_argument(
            "--export", type=Path, metavar="FILE", help="also write the chain, for aiops-audit-verify"
        )
        verify.add_argument("--head", default="", help="a hash noted earlier, which has to be in the chain")

    def handle(self, *_args: Any, **options: Any) -> None:
        report = chain.verify(head=options["head"], export=options["export"])
        if report.broken:
            raise CommandError(str(report), returncode=1)
        self.stdout.write(str(report))
