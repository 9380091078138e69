"""What one thing needs beyond llpt's own dependencies, whether it is here, and how to get it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def first_installed(programs: Iterable[str]) -> str | None:
    """Return the path of the first of some programs that is installed; None where none is."""
    return next(filter(None, map(shutil.which, programs)), None)


@dataclass(frozen=True)
class Prerequisite:
    """What one thing needs.

    Args:
        wish: what one wants to do.
        remedy: a command in a copy of the repository, or what to do.
        packages: modules of Python, all of them needed.
        programs: on the path; one of them is enough.
    """

    wish: str
    remedy: str
    packages: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()

    def installed_program(self) -> str | None:
        """Return the path of the first of its programs that is installed; None where none is."""
        return first_installed(self.programs)

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not here."""
        packages = tuple(name for name in self.packages if find_spec(name) is None)
        has_program = not self.programs or self.installed_program() is not None
        return packages if has_program else (*packages, " or ".join(self.programs))
