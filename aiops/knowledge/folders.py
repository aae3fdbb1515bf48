"""The documents of a folder."""

from pathlib import Path

from aiops.core.errors import InvalidInput
from aiops.knowledge.reading import File, known

MOST = 20_000  # files


def files_in(folder: Path) -> tuple[list[File], list[str]]:
    """All files that can be read, by path, and the names of the others. Hidden files and links are left out.

    Raises InvalidInput where there is no folder, and OSError where a file is not to be had.
    """
    if not folder.is_dir():
        raise InvalidInput(f"{folder} is no folder")
    taken: list[Path] = []
    others: list[str] = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_symlink() or not path.is_file() or any(part.startswith(".") for part in inside.parts):
            continue
        if known(path.name):
            taken.append(path)
        else:
            others.append(inside.as_posix())
    if len(taken) > MOST:
        raise InvalidInput(f"{folder} has {len(taken)} documents; load at most {MOST} at once")
    return [File(path.relative_to(folder).as_posix(), path.read_bytes()) for path in taken], others
