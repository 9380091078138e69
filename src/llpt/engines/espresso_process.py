"""A running pw.x that computes what it is sent over an i-PI socket, and what its log adds or says of its end.

The protocol is ASE's; ``ase.units`` is taken off again, so that numbers pass in Hartree atomic units of CODATA 2018.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
import uuid
import weakref
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ase.units
import numpy as np
from ase.calculators.socketio import IPIProtocol, SocketClosed, actualunixsocketname

from llpt.engines.espresso import NEEDS_PW
from llpt.engines.mpi import program_environment, program_words
from llpt.errors import EngineError
from llpt.files import open_to_append, scratch_directory, write_atomically
from llpt.units import BOLTZMANN_EV_PER_K, HARTREE_TO_RYDBERG

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

PATIENCE_S = 20.0
"""How long a log line that is due, or a process that was told to end, is waited for."""
PRINTED_RY = 2e-8
"""Energies in the log are rounded to eight decimals."""
DONE = "convergence has been achieved"
_NUMBER = r"([-+]?\d*\.\d+(?:[EDed][-+]?\d+)?)"


@dataclass(frozen=True)
class ScfReport:
    """What the log tells of one converged SCF and the socket does not.

    Args:
        free_energy_ry: total energy as printed (8 decimals): F.
        smearing_ry: the term -T S; zero or negative.
        fermi_ev: Fermi energy.
        highest_band_ev: lowest energy over the k-points of the last band.
        iterations: SCF cycles.
        plane_waves: their number at each k-point; at Gamma alone, with real orbitals, of one half of them and G = 0.
    """

    free_energy_ry: float
    smearing_ry: float
    fermi_ev: float
    highest_band_ev: float
    iterations: int
    plane_waves: tuple[int, ...]

    def highest_occupation(self, electronic_temperature_k: float) -> float:
        """Return the Fermi–Dirac occupation (0 to 1) of the last band."""
        x = (self.highest_band_ev - self.fermi_ev) / (BOLTZMANN_EV_PER_K * electronic_temperature_k)
        return float(1.0 / (1.0 + np.exp(min(x, 700.0))))


@dataclass(frozen=True)
class PwResult:
    """One structure computed by pw.x, Hartree atomic units.

    Args:
        free_energy_ha: F = E - T S.
        forces_ha_per_bohr: shape (n_atoms, 3).
        virial_ha: -dF/d strain, shape (3, 3).
        report: what its log adds.
    """

    free_energy_ha: float
    forces_ha_per_bohr: NDArray[np.float64]
    virial_ha: NDArray[np.float64]
    report: ScfReport


class PwProcess:
    """Start pw.x on an input file and drive it.

    The cell of the input fixes the set of plane waves; some versions also converge its structure before they connect.

    Args:
        directory: where it works; its log is ``pw.out`` there.
        input_text: the input file.
        command: what starts pw.x, see :func:`pw_command`.
        environment: of its processes, see :func:`~llpt.engines.mpi.program_environment`.

    Raises:
        EngineError: it died before it connected.
    """

    def __init__(
        self, directory: Path, input_text: str, *, command: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        self._log = directory / "pw.out"
        self._errors = directory / "pw.err"
        write_atomically(directory / "pw.in", input_text, durable=False)
        name = f"llpt-{uuid.uuid4().hex[:16]}"
        address = actualunixsocketname(name)
        whole = [*command, "-in", "pw.in", "--ipi", f"{name}:UNIX"]
        with (
            socket.socket(socket.AF_UNIX) as server,
            open_to_append(self._log, afresh=True) as out,
            open_to_append(self._errors, afresh=True) as err,
        ):
            server.bind(address)
            try:
                server.listen(1)
                # Its own session: an interrupt meant for us must not kill it in the middle of a step.
                self._process = subprocess.Popen(
                    whole,
                    cwd=directory,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                )
                self._finish = weakref.finalize(self, _end, self._process)
                self._socket = self._accept(server)
            finally:
                Path(address).unlink(missing_ok=True)
        self._protocol = IPIProtocol(self._socket)
        self._read = 0  # bytes of the log that belong to earlier structures

    def _accept(self, server: socket.socket) -> socket.socket:
        server.settimeout(0.2)
        while True:
            try:
                connection, _ = server.accept()
            except TimeoutError:
                if self._process.poll() is not None:
                    raise EngineError(*reason_of_death(self._log, self._errors)) from None
            else:
                connection.settimeout(None)
                return connection

    def compute(self, positions_bohr: NDArray[np.float64], cell_bohr: NDArray[np.float64]) -> PwResult:
        """Return energy, forces and virial.

        Args:
            positions_bohr: shape (n_atoms, 3).
            cell_bohr: rows are the lattice vectors, shape (3, 3).

        Raises:
            EngineError: pw.x died, did not converge, or gave a value that is not finite.
        """
        bohr, hartree = ase.units.Bohr, ase.units.Ha
        try:
            answer: dict[str, Any] = self._protocol.calculate(positions_bohr * bohr, cell_bohr * bohr)
        except (SocketClosed, OSError):
            self.close()
            raise EngineError(*reason_of_death(self._log, self._errors)) from None
        except AssertionError as error:  # ASE's protocol asserts what it received
            self.close()
            raise EngineError(
                "pw.x gave a value that is not finite, or an answer out of turn.", f"See its log {self._log}."
            ) from error
        free_energy_ha = float(answer["energy"]) / hartree
        return PwResult(
            free_energy_ha=free_energy_ha,
            forces_ha_per_bohr=np.asarray(answer["forces"]) * (bohr / hartree),
            virial_ha=np.asarray(answer["virial"]) / hartree,
            report=self._report(free_energy_ha),
        )

    def _report(self, free_energy_ha: float) -> ScfReport:
        """Return the last SCF of the log, once it is written: known by its energy, which the socket gave as well."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with self._log.open("rb") as log:
                log.seek(self._read)
                text = log.read().decode(errors="replace")
            try:
                report = last_scf_report(text)
            except ValueError as error:
                raise EngineError(
                    f"The log of pw.x lacks a line that is due ({error}).",
                    f"This version of pw.x may write another log: see {self._log}.",
                ) from error
            if report and abs(report.free_energy_ry - HARTREE_TO_RYDBERG * free_energy_ha) < PRINTED_RY:
                self._read += len(text.encode()) - len(text[text.rfind(DONE) :].encode())
                self._read += len(DONE)
                return report
            time.sleep(0.002)
        raise EngineError(f"pw.x did not write its log within {PATIENCE_S:g} s.", f"See {self._log}.")

    def close(self) -> None:
        """Tell pw.x to end; make it end if it does not."""
        with suppress(OSError):
            self._protocol.end()
        with suppress(OSError):
            self._socket.close()
        self._finish()


def _end(process: subprocess.Popen[bytes]) -> None:
    for ask in (lambda: None, process.terminate, process.kill):
        ask()
        try:
            process.wait(PATIENCE_S / 4)
        except subprocess.TimeoutExpired:
            continue
        return


def pw_command(processes: int, mpi_command: str | None = None) -> list[str]:
    """Return the command that starts pw.x.

    Args:
        processes: number of MPI processes.
        mpi_command: what starts them, with ``{processes}`` for their number; mpirun if None.

    Raises:
        MissingProgramError: pw.x, or what starts its processes, is not installed.
    """
    return program_words("pw.x of Quantum ESPRESSO", NEEDS_PW, processes, mpi_command)


@cache
def pw_version() -> str:
    """Return the version of pw.x, e.g. ``6.7MaX``.

    Raises:
        MissingProgramError: pw.x is not installed.
        EngineError: it does not say its version.
    """
    command = [*pw_command(1), "-in", os.devnull]
    with scratch_directory("llpt-pw-") as elsewhere:  # it leaves a file CRASH where it runs
        done = subprocess.run(
            command,
            cwd=elsewhere,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env=program_environment(1),
        )
    for line in done.stdout.splitlines():
        words = line.split()
        if words[:2] == ["Program", "PWSCF"]:
            return words[2].removeprefix("v.")
    raise EngineError("pw.x does not start.", f"Try it by hand: {' '.join(command)}")


def last_scf_report(text: str) -> ScfReport | None:
    """Return the report of the last converged SCF in the log, None if there is none yet.

    Raises:
        ValueError: it lacks a line that it must have: another version of pw.x writes another log.
    """
    before, done, after = text.rpartition(DONE)
    if not done or "iterations" not in after:
        return None
    return _parse_block(before[before.rfind("End of self-consistent calculation") :], after)


def _parse_block(block: str, after: str) -> ScfReport:
    bands = re.findall(r"bands \(ev\):\s*\n\s*\n((?:[ \t]+[-\d. \t]+\n)+)", block)
    if not bands:
        raise ValueError("band energies")
    return ScfReport(
        free_energy_ry=_value(block, r"!\s+total energy\s+="),
        smearing_ry=_value(block, r"smearing contrib\. \(-TS\)\s+="),
        fermi_ev=_value(block, r"the Fermi energy is"),
        # Columns are nine wide and may touch.
        highest_band_ev=min(float(re.findall(r"-?\d+\.\d{4}", energies)[-1]) for energies in bands),
        iterations=int(re.findall(r"\d+", after)[0]),
        plane_waves=tuple(int(number) for number in re.findall(r"\(\s*(\d+) PWs\)", block)),
    )


def _value(block: str, label: str) -> float:
    found = re.search(label + r"\s*" + _NUMBER, block)
    if not found:
        raise ValueError(label)
    return float(found.group(1).replace("D", "E").replace("d", "e"))


def reason_of_death(log: Path, errors: Path) -> tuple[str, str]:
    """Return cause and remedy of a pw.x that stopped, from its log and standard error."""
    text = log.read_text(errors="replace") if log.is_file() else ""
    complaint = errors.read_text(errors="replace") if errors.is_file() else ""
    failed = re.search(r"convergence NOT achieved after\s+(\d+) iterations", text)
    if failed:
        return (
            f"pw.x did not converge within {failed.group(1)} iterations.",
            "Check the structure (atoms too close?), or raise electronic_temperature_k or bands.",
        )
    routine = re.search(r"%{20,}\s*\n\s*Error in routine\s+(\S+)\s*\(.*?\):\s*\n\s*(.+?)\s*\n", text + complaint)
    if routine:
        return f"pw.x stopped in {routine.group(1)}: {routine.group(2)}.", f"See its log {log}."
    lines = [line.strip() for line in complaint.splitlines() if line.strip(" -=*")]
    message = f" Its message: {lines[0]}" if lines else ""
    return f"pw.x died without a result.{message}", f"See its log {log}; was it killed, or out of memory?"
