"""`python manage.py doctor`: what is well, and what to do about the rest."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aiops.operations.examination import CHECKS, Finding


class Command(BaseCommand):
    help = (
        "Checks settings, servers, migrations, pgvector, broker, providers, clock and disk; says what to do."
    )
    requires_system_checks = ()  # they are among the checks

    def handle(self, **_options: Any) -> None:
        findings = [finding for check in CHECKS for finding in check()]
        for finding in findings:
            self.stdout.write(_line(finding))
        wrong = sum(bool(finding.advice) for finding in findings)
        if wrong:
            raise CommandError(f"{wrong} of {len(findings)} checks need something done.", returncode=1)
        self.stdout.write("All is well.")


def _line(finding: Finding) -> str:
    mark = "FAIL" if finding.advice else "ok  "
    return f"{mark} {finding.subject}: {finding.found}" + (f" -> {finding.advice}" if finding.advice else "")
