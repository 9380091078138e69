"""What a run costs a file system: files, waits for the disk and renames, of one run and of one checkpoint.

``python benchmarks/file_load.py [--log FILE]`` does small studies under ``strace`` (Debian: strace) and takes
differences: two runs less one, and nine checkpoints less one. It takes some two minutes. The driver's part and its
ledger's are in them.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

STUDY = """
[study]
name = "file load"
[system]
atoms = 16
start = "atomic"
[state]
pressures_gpa = 200.0
temperatures_k = {temperatures}
[dynamics]
steps = 180
discard = 20
relax_steps = 0
ladder = "none"
checkpoint_every = {checkpoint_every}
[reference]
engine = "ase:ase.calculators.lj.LennardJones"
threads = 1
[reference.options]
sigma = 1.215
epsilon = 0.2
rc = 2.3
[execution]
cores = 1
"""
CALLS = {"fsync": "waits for the disk", "fdatasync": "waits for the disk", "rename": "files renamed"}
"""System calls by the beginning of their names, and what they are."""
COMMAND = (sys.executable, "-c", "from llpt.cli import program; program()", "run", "study.toml")


def main() -> None:
    """Count, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--log", type=Path)
    arguments = parser.parse_args()
    one = counted(temperatures=[800], checkpoint_every=180)
    more_runs = counted(temperatures=[800, 900, 1000], checkpoint_every=180)
    more_checkpoints = counted(temperatures=[800], checkpoint_every=20)
    found = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"Python {platform.python_version()}",
        "command": "python benchmarks/file_load.py",
        "a run": {name: (more_runs[name] - one[name]) / 2 for name in one},
        "a checkpoint": {name: (more_checkpoints[name] - one[name]) / 8 for name in one},
    }
    text = json.dumps(found, indent=1)
    print(text)
    if arguments.log:
        arguments.log.write_text(text + "\n")


def counted(**keys: object) -> dict[str, int]:
    """Return how many of each call a study makes, and how many files it leaves."""
    with tempfile.TemporaryDirectory(prefix="llpt-files-") as scratch:
        place = Path(scratch)
        (place / "study.toml").write_text(STUDY.format(**keys))
        trace = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,rename,renameat,renameat2", "-o", "trace"]
        subprocess.run([*trace, *COMMAND], cwd=place, check=True, capture_output=True)
        found = Counter(dict.fromkeys(CALLS.values(), 0))
        for line in (place / "trace").read_text(errors="replace").splitlines():
            called = re.match(r"\d+ +(\w+)\(", line)
            if called and "<unfinished" not in line:
                found[CALLS["rename" if called[1].startswith("rename") else called[1]]] += 1
            elif called is None and "resumed>" in line:
                name = line.partition("<... ")[2].split()[0]
                found[CALLS["rename" if name.startswith("rename") else name]] += 1
        study = place / "study"
        kept = [path for path in study.rglob("*") if path.is_file() and ".parsl" not in path.parts]
        return {**found, "files": len(kept)}


if __name__ == "__main__":
    main()
