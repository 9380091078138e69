"""Quantum ESPRESSO as an engine: a second, independent reference for energy, entropy, forces and stress.

Plane waves and the cell. pw.x chooses its plane waves (integer indices of G) for the cell of its input and keeps the
indices while the cell changes; it would choose them anew by itself at 10 % of volume. Forces and stress are derivatives
of F at fixed indices, so within such a segment the conserved quantity of NPT is conserved, at a cutoff that drifts as
ecut_ry (V₀/V)^(2/3). We start pw.x afresh, which chooses the plane waves for the present cell, when the volume has
drifted by ``rebuild_volume_fraction`` (5 %) and log that: F as pw.x gives it jumps there by -∂F/∂ln ecut · Δln ecut. A
structure that is not a continuation of the last one (:meth:`QuantumEspresso.reset`) gets the plane waves of its cell.

With ``pressure_correction = finite-basis`` F and stress are corrected to the nominal cutoff (``basis_term``). What that
takes, F at a lower and at a higher cutoff, is computed once for each set of plane waves, when it is chosen; pw.x is
stopped meanwhile, for a cluster may have no room for a second one.
"""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from llpt.dft.kpoints import parse_kpoints
from llpt.dft.settings import PressureCorrection
from llpt.engines.bands import check_bands, estimate_bands, until_empty
from llpt.engines.basis_term import BasisTerm, measure_basis_term
from llpt.engines.espresso import QUANTUM_ESPRESSO, EspressoOptions, find_pseudopotential, input_file
from llpt.engines.espresso_process import PwProcess, PwResult, pw_command, pw_version
from llpt.engines.face import EngineCalculator, EngineDescription, EngineResult, PressureLabel
from llpt.engines.mpi import program_environment
from llpt.errors import EngineError, InputError, LlptError
from llpt.files import file_hash, make_directory, make_scratch, write_atomically
from llpt.units import (
    ANGSTROM_TO_BOHR,
    HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM,
    HARTREE_TO_EV,
    RYDBERG_TO_EV,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ase import Atoms
    from numpy.typing import NDArray

    from llpt.engines.record import EngineRequest

logger = logging.getLogger(__name__)

LARGEST_MOVE_ANGSTROM = 0.5
"""No atom moves further than this in a time step; a structure that did is computed afresh."""
CONVERGED = 10.0
"""F is converged within so many times the threshold that pw.x is given."""


class QuantumEspresso(EngineCalculator):
    """pw.x, driven over a socket: Mermin free energy with Fermi–Dirac occupations at the electronic temperature.

    Args:
        options: see :class:`EspressoOptions`.

    Raises:
        MissingProgramError: pw.x, mpirun or the PAW file is not installed.
        InputError: a pseudopotential file that is not there or not UPF.
    """

    elements = QUANTUM_ESPRESSO.elements

    def __init__(self, options: EspressoOptions) -> None:
        super().__init__()
        pw_command(options.processes, options.mpi_command)
        self._options = options
        self._temporary = options.directory is None
        self._failed = False
        self._process: PwProcess | None = None
        self._workplace = (make_scratch("llpt-pw-") if options.directory is None else Path(options.directory)).resolve()
        make_directory(self._workplace)
        try:
            self._pseudopotential = find_pseudopotential(options.pseudopotential, self._workplace)
        except LlptError:
            self.close()
            raise
        self._cell: NDArray[np.float64] | None = None  # the cell (Å) the plane waves were chosen for
        self._atoms_started = 0
        self._bands = 0 if options.bands == "auto" else options.bands
        self._term: BasisTerm | None = None  # of the plane waves in use, where F and stress are corrected
        self._continues = False
        self._positions: NDArray[np.float64] | None = None  # of the last structure, Å

    def compute(self, atoms: Atoms, system_changes: Iterable[str]) -> EngineResult:  # noqa: ARG002  # the face's
        """Return F, E, S, forces and stress."""
        check_bands(self._options.bands, len(atoms))
        self._make_ready(atoms)
        automatic = self._options.bands == "auto"
        result = until_empty(lambda bands: self._with(bands, atoms), self._bands, program="pw.x", automatic=automatic)
        self._continues, self._positions = True, np.array(atoms.positions, dtype=float)
        volume = float(np.abs(np.linalg.det(atoms.cell.array)))
        free_energy_ev = result.free_energy_ha * HARTREE_TO_EV
        smearing_ev = result.report.smearing_ry * RYDBERG_TO_EV  # -T S
        virial_ev = 0.5 * (result.virial_ha + result.virial_ha.T) * HARTREE_TO_EV
        plain = EngineResult(
            free_energy_ev=free_energy_ev,
            energy_ev=free_energy_ev - smearing_ev,
            entropy_ev_per_k=-smearing_ev / self._options.electronic_temperature_k,
            forces_ev_per_angstrom=result.forces_ha_per_bohr * HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM,
            stress_ev_per_angstrom3=-virial_ev[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]] / volume,
        )
        return self._corrected(plain, result, atoms) if self._corrects else plain

    @property
    def _corrects(self) -> bool:
        return self._options.pressure_correction is PressureCorrection.FINITE_BASIS

    def _corrected(self, plain: EngineResult, result: PwResult, atoms: Atoms) -> EngineResult:
        """Return F, E and stress at the nominal cutoff, and beside them what they were."""
        if self._term is None:
            own = self._number_of_plane_waves(result)
            self._stop()
            self._term = measure_basis_term(
                own,
                self._options.ecut_ry,
                lambda ecut_ry: self._at(ecut_ry, atoms),
                known_within_ev=CONVERGED * self._options.convergence_ry(len(atoms)) * RYDBERG_TO_EV,
            )
        volume = float(np.abs(np.linalg.det(atoms.cell.array)))
        more_ev, stress = self._term.free_energy_ev(volume), np.asarray(plain.stress_ev_per_angstrom3)
        return replace(
            plain,
            free_energy_ev=plain.free_energy_ev + more_ev,
            energy_ev=plain.energy_ev + more_ev,
            stress_ev_per_angstrom3=stress + self._term.stress_ev_per_angstrom3(volume) * np.array([1, 1, 1, 0, 0, 0]),
            free_energy_uncorrected_ev=plain.free_energy_ev,
            stress_uncorrected_ev_per_angstrom3=stress,
        )

    def _at(self, ecut_ry: float, atoms: Atoms) -> tuple[float, float]:
        """Return F (eV) and the number of plane waves of ``atoms`` at another cutoff, by a pw.x of its own."""
        density_ry = self._options.ecut_density_ry
        share = ecut_ry / self._options.ecut_ry
        options = self._options.model_copy(
            update={"ecut_ry": ecut_ry, "ecut_density_ry": None if density_ry is None else share * density_ry}
        )
        place = self._workplace / "other-cutoff"
        make_directory(place)
        self._failed = True  # until it is through, so that a log that a message names is kept
        process = self._process_for(options, place, atoms.cell.array, atoms.positions)
        try:
            result = process.compute(atoms.positions * ANGSTROM_TO_BOHR, atoms.cell.array * ANGSTROM_TO_BOHR)
        finally:
            process.close()
        self._failed = False
        shutil.rmtree(place, ignore_errors=True)
        return result.free_energy_ha * HARTREE_TO_EV, self._number_of_plane_waves(result)

    def _number_of_plane_waves(self, result: PwResult) -> float:
        """Return the number of plane waves, a mean over the k-points."""
        numbers = np.array(result.report.plane_waves, dtype=float)
        if self._options.kpoints.strip().lower() == "gamma":
            numbers = 2.0 * numbers - 1.0
        weights = np.array(parse_kpoints(self._options.kpoints).weights)
        if numbers.shape != weights.shape:
            raise EngineError(
                f"The log of pw.x tells the numbers of plane waves of {numbers.size} k-points, not of {weights.size}.",
                f"This version of pw.x may write another log: see {self._workplace}. Take pressure_correction = none.",
            )
        return float(numbers @ weights / weights.sum())

    def _make_ready(self, atoms: Atoms) -> None:
        """Start pw.x unless the one that runs may go on: ``atoms`` follow the last structure, and so does the cell."""
        keep = self._follows(atoms) and self._may_keep_plane_waves(atoms)
        if self._process is None or not keep:
            self._start(atoms, cell=self._cell if keep else None)

    def _follows(self, atoms: Atoms) -> bool:
        """Whether ``atoms`` are the next step after the last structure, so that its orbitals are a start for them.

        A start from orbitals of an unrelated structure costs more than it saves, and can converge to a wrong state.
        """
        if not self._continues or len(atoms) != self._atoms_started:
            return False
        if self._positions is None:
            return True
        return bool(np.abs(atoms.positions - self._positions).max() < LARGEST_MOVE_ANGSTROM)

    def _may_keep_plane_waves(self, atoms: Atoms) -> bool:
        """Whether the plane waves that a run began with still serve its cell."""
        if self._cell is None:
            return False
        drift = abs(np.linalg.det(atoms.cell.array)) / abs(np.linalg.det(self._cell)) - 1.0
        if abs(drift) <= self._options.rebuild_volume_fraction:
            return True
        logger.info("pw.x starts afresh: the volume drifted by %.1f %%, plane waves are chosen anew", 100 * drift)
        return False

    def _start(self, atoms: Atoms, *, cell: NDArray[np.float64] | None) -> PwProcess:
        """Start pw.x with the plane waves of ``cell`` (Å), of the cell of ``atoms`` if None."""
        self._stop()
        own = np.array(atoms.cell.array, dtype=float)
        reference = own if cell is None else cell
        if self._options.bands == "auto" and (not self._bands or len(atoms) != self._atoms_started):
            volume = float(np.abs(np.linalg.det(reference)))
            self._bands = estimate_bands(len(atoms), volume, self._options.electronic_temperature_k)
        fractional = np.linalg.solve(own.T, atoms.positions.T).T
        if cell is None:
            self._term = None
        self._cell, self._atoms_started = reference, len(atoms)
        self._process = self._process_for(self._options, self._workplace, reference, fractional @ reference)
        if cell is not None and not np.array_equal(cell, own):
            # Newer versions choose the plane waves for the first structure that is sent, not for the input's.
            self._process.compute(fractional @ reference * ANGSTROM_TO_BOHR, reference * ANGSTROM_TO_BOHR)
        return self._process

    def _process_for(
        self, options: EspressoOptions, place: Path, cell: NDArray[np.float64], positions: NDArray[np.float64]
    ) -> PwProcess:
        """Start a pw.x in a directory, for a cell and positions in Å."""
        text = input_file(
            options,
            cell_angstrom=cell,
            positions_angstrom=positions,
            pseudopotential=self._pseudopotential,
            bands=self._bands,
        )
        command = pw_command(options.processes, options.mpi_command)
        environment = program_environment(options.processes, options.mpi_command)
        return PwProcess(place, text, command=command, environment=environment)

    def _with(self, bands: int, atoms: Atoms) -> tuple[PwResult, float]:
        """Compute with so many bands; also return the occupation of the last."""
        if bands != self._bands:
            self._bands = bands
            self._start(atoms, cell=self._cell)
        result = self._once(atoms)
        return result, result.report.highest_occupation(self._options.electronic_temperature_k)

    def _once(self, atoms: Atoms) -> PwResult:
        """Compute; where pw.x fails on an extrapolated start, once more on a fresh one."""
        assert self._process is not None
        positions, cell = atoms.positions * ANGSTROM_TO_BOHR, atoms.cell.array * ANGSTROM_TO_BOHR
        try:
            return self._process.compute(positions, cell)
        except EngineError as error:
            self._stop()
            if not self._continues:
                self._failed = True
                raise
            logger.warning("pw.x failed (%s); tried once more from a fresh start", error.cause)
            self._failed = True
            result = self._start(atoms, cell=self._cell).compute(positions, cell)
            self._failed = False
            return result

    def describe(self) -> EngineDescription:
        """Return version of pw.x, options, and the hash of the pseudopotential file."""
        return EngineDescription(
            name=QUANTUM_ESPRESSO.name,
            spec=QUANTUM_ESPRESSO.name,
            version=f"pw.x {pw_version()}",
            options=self._options.as_mapping(),
            content_hash=file_hash(self._pseudopotential),
            pressure_label=PressureLabel.CORRECTED if self._corrects else PressureLabel.UNCORRECTED,
        )

    def reset(self) -> None:
        """Forget the last structure: the next one gets the plane waves of its own cell."""
        super().reset()
        self._continues = False

    def save_state(self, path: Path) -> None:
        """Write the cell that the plane waves were chosen for, what they leave out, and the number of bands.

        Orbitals are not kept: after a restart the first SCF starts from atoms and converges to the same threshold.
        """
        if self._cell is not None:
            state = {
                "cell_angstrom": self._cell.tolist(),
                "bands": self._bands,
                "atoms": self._atoms_started,
                "basis_term": None if self._term is None else asdict(self._term),
            }
            write_atomically(path, json.dumps(state), durable=False)

    def load_state(self, path: Path) -> None:
        """Take up the plane waves of a run that was interrupted, so that its free energy goes on without a jump.

        Raises:
            InputError: the file is not such a state.
        """
        try:
            state = json.loads(path.read_text())
            cell = np.array(state["cell_angstrom"], dtype=float).reshape(3, 3)
            bands, atoms = int(state["bands"]), int(state["atoms"])
            term = BasisTerm(**state["basis_term"]) if state.get("basis_term") else None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path} is not a state of engine {QUANTUM_ESPRESSO.name}.", "Start the run from its structure instead."
            ) from error
        self._stop()
        self._cell, self._bands, self._atoms_started, self._term = cell, bands, atoms, term
        self._continues, self._positions = True, None

    def _stop(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None

    def close(self) -> None:
        """End pw.x and remove its temporary directory, unless it failed and its log is needed."""
        self._stop()
        if self._temporary and not self._failed:
            shutil.rmtree(self._workplace, ignore_errors=True)


def make_quantum_espresso(request: EngineRequest[EspressoOptions]) -> QuantumEspresso:
    """Make the engine ``quantum-espresso``.

    Raises:
        MissingProgramError: pw.x is not installed.
    """
    return QuantumEspresso(request.options.made_for(request.purpose))
