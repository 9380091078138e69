"""The versions of the package and of what it computes with, on the bottom floor: nothing inside imports ``llpt``."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

VERSION = version("llpt")
PACKAGES = (
    "llpt",
    "numpy",
    "scipy",
    "torch",
    "ase",
    "ipi",
    "h5py",
    "xarray",
    "freud-analysis",
    "pymbar",
    "numba",
    "parsl",
)
"""What a result may rest on."""


def package_versions() -> dict[str, str]:
    """Return the version of Python and of every package of ``PACKAGES`` that is installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
