"""The version of the package, on the bottom floor: nothing inside the package imports ``llpt`` itself."""

from __future__ import annotations

from importlib.metadata import version

VERSION = version("llpt")
