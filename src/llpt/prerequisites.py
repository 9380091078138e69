"""What one thing needs beyond llpt's own dependencies, whether it is here, and how to get it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.util import find_spec


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

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not here."""
        packages = tuple(name for name in self.packages if find_spec(name) is None)
        has_program = not self.programs or any(shutil.which(name) for name in self.programs)
        return packages if has_program else (*packages, " or ".join(self.programs))
