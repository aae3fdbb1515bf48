"""Every test session has a PostgreSQL of its own in a temporary folder, unless DATABASE_URL names one."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_HOME = Path(tempfile.mkdtemp(prefix="aiops-test-", dir="/tmp"))
_worker = os.environ.get("PYTEST_XDIST_WORKER")
if "AIOPS_TEST_DATABASE_URL" not in os.environ and "DATABASE_URL" not in os.environ and not _worker:
    from aiops.operations.postgres import Postgres, stop

    _server = Postgres(
        _HOME / "postgres",
        _HOME / "run",
        {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "60"},
    )
    _server.prepare()
    _process = _server.start(_HOME / "postgres.log")
    _server.wait()
    _server.ensure_database("aiops")
    os.environ["DATABASE_URL"] = _server.url("aiops")
    atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
    atexit.register(stop, _process)
elif _worker:
    atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ["AIOPS_HOME"] = str(_HOME / "home")
os.environ["SECRET_KEY"] = "for tests only, never for anything else 0123456789"
os.environ["AIOPS_ENCRYPTION_KEY"] = "for tests only, never for anything else 9876543210"
(_HOME / "home" / "static").mkdir(parents=True)  # WhiteNoise warns where it is absent
