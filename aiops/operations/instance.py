"""One instance on this machine, from nothing to answering and back: what `up` does, step by step."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from aiops import env
from aiops.accounts.models import User
from aiops.operations import programs
from aiops.operations.postgres import SMALL_INSTANCE, Postgres
from aiops.operations.redis import Redis
from aiops.operations.supervisor import DidNotStart, Stopped, Supervisor

DATABASE = "aiops"
START_SECONDS = 60
STOP_APPS_SECONDS = 5.5
STOP_SERVERS_SECONDS = 3.0
DEMO_PEOPLE = ("admin", "engineer", "product", "product2", "reviewer", "reviewer2", "finance", "auditor")


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `up`."""

    home: Path
    bind: str = "127.0.0.1"
    console_port: int = 8000
    gateway_port: int = 8001
    workers: int = 1
    gateways: int = 1
    demo: bool = True

    @property
    def loopback(self) -> bool:
        return env.is_loopback(self.bind)


class Instance:
    """The programs of one instance, under one supervisor."""

    def __init__(self, options: Options, say: Callable[[str], None]) -> None:
        self.options = options
        self.say = say
        self.began = time.monotonic()
        self.logs = options.home / "log"
        self.supervisor = Supervisor(self.logs, say)
        self.servers: list[str] = []
        self.apps: list[str] = []

    def run(self) -> None:
        """Start everything, look after it, and return once it has been asked to stop and has stopped."""
        self.supervisor.listen()
        self.logs.mkdir(parents=True, exist_ok=True)
        try:
            self._start_servers()
            self._migrate()
            self._load_demo()
            self._start_apps()
            self._announce()
            self.supervisor.run_until_stopped()
        except Stopped:
            return
        finally:
            self._stop()

    def _start_servers(self) -> None:
        """The embedded ones, side by side; servers of others must answer already."""
        postgres = Postgres(self.options.home / "postgres", env.postgres_socket_dir(), SMALL_INSTANCE)
        if env.uses_embedded_redis():
            redis = Redis(self.options.home / "redis", env.redis_socket())
            redis.prepare()
            self._start(self.servers, programs.redis(redis))
        if env.uses_embedded_postgres():
            if not postgres.data.exists():
                self.say("Making the database …")
            postgres.prepare()
            self._start(self.servers, programs.postgres(postgres))
        self.supervisor.wait_ready(self.servers, START_SECONDS)
        if env.uses_embedded_postgres():
            postgres.ensure_database(DATABASE)
        else:
            _reach_database()

    def _migrate(self) -> None:
        """Only where something is missing: asking is quick, a `migrate` of nothing takes seconds."""
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        connection.close()
        if plan:
            self.say(f"Applying {len(plan)} migrations …")
            self.supervisor.run(programs.manage("migrate", "migrate", "--no-input"))

    def _load_demo(self) -> None:
        """On first use: where nobody has an account, or where loading was cut short."""
        unfinished = self.options.home / "demo-unfinished"
        first = not User.objects.exists()
        connection.close()
        if not self.options.demo or not (first or unfinished.exists()):
            return
        if not self.options.loopback:
            self.say(
                f"No demo workspace: its sign-ins are for this machine only, and {self.options.bind} is not."
            )
            return
        self.say("Loading the demo workspace …")
        unfinished.touch()
        self.supervisor.run(programs.manage("demo", "demo", "load"))
        unfinished.unlink()

    def _start_apps(self) -> None:
        options = self.options
        self._start(self.apps, programs.console(options.bind, options.console_port))
        for number in range(1, options.workers + 1):
            self._start(self.apps, programs.worker(number, options.workers))
        self._start(self.apps, programs.beat())
        if programs.has_gateway():
            for number in range(1, options.gateways + 1):
                self._start(self.apps, programs.gateway(number, options.bind, options.gateway_port))
        self.supervisor.wait_ready(self.apps, START_SECONDS)

    def _start(self, names: list[str], program: programs.Program) -> None:
        names.append(program.name)
        self.supervisor.start(program)

    def _announce(self) -> None:
        options = self.options
        self.say(
            f"Running after {time.monotonic() - self.began:.1f} s: {', '.join(self.servers + self.apps)}"
        )
        self.say(f"Console: http://{programs.authority(options.bind, options.console_port)}/")
        if programs.has_gateway():
            self.say(f"Gateway: http://{programs.authority(options.bind, options.gateway_port)}/")
        for line in sign_ins(options):
            self.say(line)
        self.say(f"Logs: {self.logs}. Stop with Ctrl-C.")

    def _stop(self) -> None:
        """Programs first, then the servers that they talk to."""
        self.supervisor.stop(self.apps, STOP_APPS_SECONDS)
        self.supervisor.stop(self.servers, STOP_SERVERS_SECONDS)


def sign_ins(options: Options) -> list[str]:
    """What to tell people about getting in."""
    password = options.home / "demo-password"
    if not password.exists():
        return ["No demo workspace here. Make an account: python manage.py createsuperuser"]
    if not options.loopback:
        return ["Demo sign-ins are not offered: the console can be reached from other machines."]
    people = ", ".join(f"{name}@demo" for name in DEMO_PEOPLE)
    return [f"Sign in as {people}", f"with the password {password.read_text(encoding='utf-8').strip()}"]


def _reach_database() -> None:
    try:
        psycopg.connect(env.database_url(), connect_timeout=5).close()
    except psycopg.OperationalError as error:
        # The error may name the user and the host, never the password.
        raise DidNotStart(f"DATABASE_URL does not answer: {str(error).strip()}") from None
