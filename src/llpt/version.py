"""The versions of the package and of what it computes with, on the bottom floor: nothing inside imports ``llpt``."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

VERSION = "0.3.0.dev0"
"""It stands here alone: what is installed may have been made from other sources than those that run."""
PACKAGES = (
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
"""What a result may rest on besides."""


def package_versions() -> dict[str, str]:
    """Return the version of Python, of this package, and of every one of ``PACKAGES`` that is installed."""
    found = {"python": platform.python_version(), "llpt": VERSION}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
