"""The smallest studies of the tests, and how their commands are started as processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-c", "from llpt.cli import main; main()"]
"""``llpt``, as this interpreter runs it."""
WITHOUT_REPORT = [
    sys.executable,
    "-c",
    "from llpt.cli import analysis, main; analysis.analyse_and_report = lambda *_: None; main()",
]
"""The same, but ``llpt run`` ends where the analysis would begin: half the time of a study whose runs are tested."""


ENGINES = Path(__file__).parent / "site-packages"
"""Where ``engines_for_tests`` lies, as if it were installed."""


def study_of_one_engine(engine, *, name="test", atoms=8, temperatures_k=800, threads=1, **dynamics):
    """Return the text of a study of one engine at 200 GPa; more may follow the reference's table."""
    values = "".join(f"{key} = {json.dumps(value)}\n" for key, value in dynamics.items())
    return f"""
[study]
name = "{name}"
[system]
atoms = {atoms}
start = "atomic"
[state]
pressures_gpa = 200.0
temperatures_k = {temperatures_k}
[dynamics]
{values}[reference]
engine = "{engine}"
threads = {threads}
"""


def with_modules_of(*folders):
    """Return the environment of a process that finds the modules of these folders and works with one thread.

    Engines are taken only from places of installed packages: folders are called ``site-packages``.
    """
    path = os.pathsep.join([*map(str, folders), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}


def soft_study(program, place, text, *, timeout_s=1800):
    """Return the directory of a study of ``ENGINES`` that ``llpt run`` has done in a place, called ``soft``."""
    (place / "soft.toml").write_text(text)
    done = subprocess.run(
        [program, "run", "soft.toml"],
        cwd=place,
        env=with_modules_of(ENGINES),
        text=True,
        capture_output=True,
        check=False,
        timeout=timeout_s,
    )
    assert done.returncode == 0, done.stderr
    return place / "soft"
