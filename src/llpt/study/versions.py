"""Versions of everything a result rests on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

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


def versions() -> dict[str, str]:
    """Return the version of Python, of this program and of the packages it computes with."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
