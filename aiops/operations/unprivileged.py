"""Root hands the embedded servers to an unprivileged user: PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import stat
from pathlib import Path
from typing import TypedDict


class Identity(TypedDict, total=False):
    """Keywords of `subprocess.Popen`; empty where the servers run as whoever started them."""

    user: str
    group: int
    extra_groups: list[int]


def identity() -> Identity:
    """Whom the servers run as: `postgres`, else `nobody`, where root starts them; else whoever does."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in names else "nobody"
    # With root's groups left on, the folders' group bits would apply and shut the server out.
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def give(folder: Path, whom: Identity, mode: int) -> None:
    """Make `folder` with `mode` and hand it to `whom`, who must also be able to reach it."""
    folder.mkdir(parents=True, exist_ok=True)
    if user := whom.get("user"):
        let_through(folder.parent)
        if folder.owner() != user:
            shutil.chown(folder, user)
    if stat.S_IMODE(folder.stat().st_mode) != mode:
        folder.chmod(mode)


def let_through(folder: Path) -> list[Path]:
    """Let others pass through `folder` and those above (never list them); gives back what had to change."""
    closed = [above for above in (folder, *folder.parents) if not above.stat().st_mode & stat.S_IXOTH]
    for above in closed:
        above.chmod(above.stat().st_mode | stat.S_IXOTH)
    return closed
