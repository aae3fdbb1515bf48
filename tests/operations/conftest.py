import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that a server with another user may reach; pytest closes its own again at any time.

    Its path is short enough for sockets.
    """
    with tempfile.TemporaryDirectory(prefix="aiops-up-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
