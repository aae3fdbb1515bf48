"""Every test session has a PostgreSQL of its own, unless AIOPS_TEST_DATABASE_URL names one.

The server dies with this process, however that ends; the next session removes folders of killed ones.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from aiops.operations import launch
from aiops.operations.postgres import Postgres, stop

PREFIX = "aiops-test-"
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
}


def own_folder() -> Path:
    """A folder named after this process, in /tmp since a socket's path must be short."""
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir="/tmp"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def remove_leftovers(beside: Path) -> None:
    """Remove the folders of sessions whose process is gone."""
    for folder in beside.parent.glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdecimal() and not launch.command_line(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def start_postgres(folder: Path) -> str:
    """The address of a server that lives as long as this process."""
    server = Postgres(folder / "postgres", folder / "run", FAST)
    server.prepare()
    atexit.register(stop, server.start(folder / "postgres.log"))
    server.wait()
    server.ensure_database("aiops")
    return server.url("aiops")


def prepare() -> None:
    """Set the environment of this session; xdist's workers share the server of their parent."""
    folder = own_folder()
    if "PYTEST_XDIST_WORKER" not in os.environ:
        remove_leftovers(folder)
        os.environ["DATABASE_URL"] = os.environ.get("AIOPS_TEST_DATABASE_URL") or start_postgres(folder)
    (folder / "home" / "static").mkdir(parents=True)  # WhiteNoise warns where it is absent
    os.environ["AIOPS_HOME"] = str(folder / "home")
    os.environ["SECRET_KEY"] = "for tests only, never for anything else 0123456789"
    os.environ["AIOPS_ENCRYPTION_KEY"] = "for tests only, never for anything else 9876543210"


prepare()
