"""What the tests install in the place of llpt and its dependencies, so that the pages' ``pip install`` run in seconds.

``python -m tests.installing ENVIRONMENT`` gives an environment that has no pip a ``pip`` which asks no index, and makes
the working directory a copy of the repository as far as pip looks: ``pyproject.toml`` and ``constraints.txt`` as they
are, but built by this module instead of setuptools. Each distribution that ``pyproject.toml`` or ``constraints.txt``
names is an empty wheel of the version that ``constraints.txt`` pins (where it pins none, of the lowest that
``pyproject.toml`` allows). What is shown: the extras are there, and the pins are within the bounds. What is not: that
the packages work, which the tests themselves show.
"""

import re
import shutil
import sys
import tomllib
import zipfile
from pathlib import Path

PIP = """#!/bin/sh
export PIP_NO_INDEX=1 PIP_FIND_LINKS='{wheels}' PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CONFIG_FILE=/dev/null
exec '{python}' -m pip --python '{environment}' "$@"
"""
REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,]+\])?(?:(?:>=|==)(?P<version>[\w.]+))?")


def write_wheel(wheels, name, version, *, metadata=(), files=()):
    """Write a wheel of these files, by their names, and return its name."""
    stem = f"{re.sub(r'[-.]+', '_', name)}-{version}"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *metadata]
    held = {
        **dict(files),
        f"{stem}.dist-info/METADATA": "\n".join(lines) + "\n",
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{stem}.dist-info/RECORD"
    with zipfile.ZipFile(Path(wheels) / f"{stem}-py3-none-any.whl", "w") as wheel:
        for path, text in {**held, record: "".join(f"{each},,\n" for each in [*held, record])}.items():
            wheel.writestr(path, text)
    return f"{stem}-py3-none-any.whl"


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):  # noqa: ARG001 - PEP 660 has them
    """Build the wheel of an editable llpt as pip asks for it: metadata of pyproject.toml, a path to the source."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = re.search(r'VERSION = "(.+)"', Path("src/llpt/version.py").read_text(encoding="utf-8"))[1]
    metadata = [f"Requires-Dist: {each}" for each in project["dependencies"]]
    for extra, requirements in project["optional-dependencies"].items():
        metadata.append(f"Provides-Extra: {extra}")
        metadata += [f"Requires-Dist: {each}; extra == '{extra}'" for each in requirements]
    scripts = "".join(f"{name} = {place}\n" for name, place in project["scripts"].items())
    files = {
        f"llpt-{version}.dist-info/entry_points.txt": f"[console_scripts]\n{scripts}",
        "llpt.pth": f"{Path('src').resolve()}\n",
    }
    return write_wheel(wheel_directory, project["name"], version, metadata=metadata, files=files)


def prepare(root, environment):
    """Make the working directory a project that installs at once, and give an environment its pip."""
    wheels = Path("wheels").resolve()
    wheels.mkdir(exist_ok=True)
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    own = f'[build-system]\nrequires = []\nbuild-backend = "{Path(__file__).stem}"\nbackend-path = ["."]\n\n'
    Path("pyproject.toml").write_text(re.sub(r"\[build-system\][^\[]*\[[^\n]*\n[^\[]*", own, text, count=1))
    shutil.copy(__file__, ".")
    shutil.copy(root / "constraints.txt", ".")
    if not Path("src").exists():
        Path("src").symlink_to(root / "src")
    project = tomllib.loads(text)["project"]
    named = [each for group in (project["dependencies"], *project["optional-dependencies"].values()) for each in group]
    named += (root / "constraints.txt").read_text(encoding="utf-8").splitlines()  # last: a pin is what counts
    found = filter(None, map(REQUIREMENT.match, named))
    for name, version in {each["name"].lower(): each["version"] or "1" for each in found}.items():
        write_wheel(wheels, name, version)
    pip = Path(environment) / "bin/pip"
    pip.write_text(PIP.format(wheels=wheels, python=sys.executable, environment=Path(environment).resolve()))
    pip.chmod(0o755)


if __name__ == "__main__":
    prepare(Path(__file__).resolve().parents[1], sys.argv[1])
