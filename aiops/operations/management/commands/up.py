"""`python manage.py up`: everything that one machine needs, in one command."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aiops import env
from aiops.operations import programs, workspace
from aiops.operations.instance import Instance, Options
from aiops.operations.launch import DidNotStart


class Command(BaseCommand):
    help = "Runs the servers, console, worker and beat of one instance until Ctrl-C."
    requires_system_checks = ()  # the programs that it starts check themselves

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--console-port", type=int, default=8000)
        parser.add_argument("--gateway-port", type=int, default=8001)
        parser.add_argument("--home", help="where all is kept; default: AIOPS_HOME, else var")
        parser.add_argument("--no-demo", action="store_true", help="no demo workspace on first use")
        parser.add_argument("--workers", type=_count, default=1, help="Celery workers, of two processes each")
        parser.add_argument("--gateways", type=_count, default=1)
        parser.add_argument("--bind", default="127.0.0.1", help="the address to listen on")

    def handle(self, **given: Any) -> None:
        options = Options(
            home=env.home(),
            bind=given["bind"],
            console_port=given["console_port"],
            gateway_port=given["gateway_port"],
            workers=given["workers"],
            gateways=given["gateways"],
            demo=not given["no_demo"],
        )
        try:
            with workspace.hold(options.home):
                self._refuse_taken_ports(options)
                Instance(options, self._say).run()
        except workspace.Held as held:
            raise CommandError(str(held), returncode=2) from None
        except DidNotStart as failed:
            raise CommandError(str(failed), returncode=1) from None

    def _refuse_taken_ports(self, options: Options) -> None:
        ports = {"--console-port": options.console_port, "--gateway-port": options.gateway_port}
        for option, port in ports.items():
            if programs.taken(options.bind, port):
                where = programs.authority(options.bind, port)
                raise CommandError(
                    f"{where} is taken by another program. Choose another {option}.", returncode=2
                )

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        sys.stdout.flush()


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise ValueError(text)
    return number
