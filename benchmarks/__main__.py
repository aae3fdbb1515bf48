"""Runs every program of this folder, each in a process of its own: `python -m benchmarks [NAME …]`."""

import subprocess
import sys
from pathlib import Path


def main() -> int:
    folder = Path(__file__).parent
    programs = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))
    wanted = sys.argv[1:] or programs
    if unknown := [name for name in wanted if name not in programs]:
        sys.stderr.write(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(programs)}\n")
        return 2
    codes = []
    for name in wanted:
        print(f"== {name}", flush=True)
        codes.append(subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode)
    return max(codes, default=0)


if __name__ == "__main__":
    sys.exit(main())
