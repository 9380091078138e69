"""What engines share that run a program of others once for each structure, from the orbitals of the last one."""

from __future__ import annotations

import subprocess
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from llpt.engines.face import EngineCalculator
from llpt.errors import EngineError
from llpt.files import make_directory, make_scratch, open_to_append, remove

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ase import Atoms

LOG = "run.log"
CYCLES = 100
"""So many cycles of self-consistency a program is allowed for a structure."""


class OneRunEngine(EngineCalculator):
    """An engine that starts its program for each structure, in one directory that keeps the orbitals of the last.

    Args:
        label: what people call the program.
        command: what starts it.
        environment: of its processes.
        directory: where it works; a temporary directory, removed in the end unless the program failed, if None.
    """

    def __init__(
        self, *, label: str, command: Sequence[str], environment: Mapping[str, str], directory: str | None
    ) -> None:
        super().__init__()
        self._label, self._command, self._environment = label, tuple(command), environment
        self._temporary, self._failed = directory is None, False
        self.place = (make_scratch(f"llpt-{label.lower()}-") if directory is None else Path(directory)).resolve()
        make_directory(self.place)

    @property
    @abstractmethod
    def orbitals(self) -> Path:
        """Orbitals of the last structure, which the next starts from."""

    @abstractmethod
    def run_once(self, atoms: Atoms) -> None:
        """Run the program for one structure, from the last orbitals where there are any, and keep what it found.

        Raises:
            EngineError: it failed.
        """

    def run(self, atoms: Atoms) -> None:
        """Run the program for one structure, from nothing where it fails from the last orbitals."""
        try:
            self.run_once(atoms)
        except EngineError:
            if not self.orbitals.exists():
                self._failed = True
                raise
            remove(self.orbitals)
            self.run(atoms)

    def start(self, arguments: Sequence[str], *, result: Path) -> None:
        """Start the program and wait for its end.

        Args:
            arguments: what follows the command.
            result: the file that it must leave.

        Raises:
            EngineError: it ended with an error, or without the file.
        """
        with open_to_append(self.place / LOG, afresh=True) as log:
            code = subprocess.run(
                [*self._command, *arguments],
                cwd=self.place,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
                start_new_session=True,  # an interrupt meant for us must not kill it in the middle of a step
            ).returncode
        if code != 0 or not result.is_file():
            raise EngineError(f"{self._label} ended with code {code} and no result.", f"See {self.place / LOG}.")

    def reset(self) -> None:
        """Forget the last structure and its orbitals."""
        super().reset()
        remove(self.orbitals)

    def close(self) -> None:
        """Remove the temporary directory, unless the program failed and its log is needed."""
        if self._temporary and not self._failed:
            remove(self.place)
