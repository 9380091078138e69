"""The DFT engine as an ASE calculator that remembers: each geometry starts from what the last ones taught.

Outside this folder's atomic units: eV, Å, eV/Å, eV/Å³, kelvin, rydberg.
"""

from __future__ import annotations

import math
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from ase.calculators.calculator import Calculator, all_changes
from torch import Tensor

from llpt import units
from llpt.dft.basis import Basis, GridPolicy, build_basis
from llpt.dft.basis_error import cutoff_slope
from llpt.dft.following import FollowSettings, follow
from llpt.dft.functionals import Level, get_functional
from llpt.dft.history import History
from llpt.dft.ions import Ions
from llpt.dft.kpoints import KPoints, check_kpoints, kpoints_in_cell
from llpt.dft.problem import Problem
from llpt.dft.pseudopotentials import get_pseudopotential
from llpt.dft.scf import ScfSettings, solve_scf
from llpt.dft.settings import Convergence, KohnShamSettings, PressureCorrection, check_device_name
from llpt.dft.theory import Theory
from llpt.errors import EngineError, InputError, StorageError
from llpt.files import atomic_stream
from llpt.precision import Precision

if TYPE_CHECKING:
    from pathlib import Path

    from ase import Atoms

    from llpt.dft.ground_state import GroundState
    from llpt.dft.hamiltonian import Hamiltonian

#: The integer sets are chosen anew when their cutoff has drifted by this share from the nominal one: forces were then
#: within 1e-4 Ha/bohr of those at the nominal cutoff (GTH at 60 Ry, few frames compared; 3e-4 at a share of 0.03).
_CUTOFF_DRIFT = 0.006
#: Energy tolerance (Ha per atom) of dynamics with a functional of the Laplacian, whose response the screening kernel of
#: the short cycles does not know: what they leave acts as friction (``docs/dft.md``).
_ROUGH_TOLERANCE = 1e-12
#: Two atoms closer than this (bohr) overlap: no pseudopotential is meant for it.
_OVERLAP_BOHR = 0.2


class KohnSham(Calculator):
    """Mermin–Kohn–Sham DFT of hydrogen in plane waves.

    ``results`` holds ``free_energy`` (F, eV; forces and stress derive from it), ``energy`` (internal, E = F + T S),
    ``entropy`` (eV/K), ``forces`` (eV/Å) and ``stress`` (eV/Å³, Voigt, tension positive). With the finite-basis
    correction these are corrected, and ``free_energy_uncorrected`` and ``stress_uncorrected`` stand beside them.

    Args:
        settings: the theory and how it is solved.
    """

    implemented_properties = [  # noqa: RUF012 (ASE declares it so)
        "energy",
        "free_energy",
        "forces",
        "stress",
    ]

    def __init__(self, settings: KohnShamSettings | None = None) -> None:
        super().__init__()
        self.settings = settings or KohnShamSettings()
        self.device = _device(self.settings.device)
        self.theory = Theory(
            get_pseudopotential(self.settings.pseudopotential),
            get_functional(self.settings.xc),
            self.settings.electronic_temperature_k * units.KELVIN_TO_HARTREE,
        )
        check_kpoints(self.settings.kpoints)
        #: The last ground state, in Hartree atomic units.
        self.ground_state: GroundState | None = None
        #: The problem it solves.
        self.problem: Problem | None = None
        self._basis: Basis | None = None
        self._hamiltonians: tuple[Hamiltonian, ...] | None = None
        self._history = History()
        self._cutoff_slope: float | None = None

    def reset(self) -> None:
        """Forget the last geometry and everything that carries over from it."""
        super().reset()
        self._basis = self._hamiltonians = self._cutoff_slope = None
        self._history.clear()

    def set_electronic_temperature(self, temperature_k: float) -> None:
        """Take another temperature of the electrons; the next geometry still starts from the last solution.

        Args:
            temperature_k: of the Fermi-Dirac occupations, K, > 0.

        Raises:
            InputError: not a temperature above 0.
        """
        self.settings = replace(self.settings, electronic_temperature_k=temperature_k)
        self.theory = replace(self.theory, electronic_temperature=temperature_k * units.KELVIN_TO_HARTREE)
        self._hamiltonians = self._cutoff_slope = None
        self.results = {}

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Solve one geometry; see the class for what it leaves in ``results``.

        Args:
            atoms: the structure; None for the last one.
            properties: as ASE asks for them; all are computed.
            system_changes: what changed since the last call, in ASE's words.

        Raises:
            InputError: elements other than hydrogen, atoms on top of each other, a cell without volume.
            EngineError: no self-consistency, or results that are not finite.
        """
        super().calculate(atoms, properties or ["energy"], system_changes)
        assert self.atoms is not None
        cell, positions = (
            torch.tensor(x, dtype=torch.float64, device=self.device) * units.ANGSTROM_TO_BOHR
            for x in (self.atoms.cell.array, self.atoms.positions)
        )
        _check(self.atoms, cell, positions)
        rebuilt = self._choose_basis(cell)
        assert self._basis is not None
        ions = Ions(positions, self.theory.pseudopotential.charge)
        problem = Problem(self._basis, ions, self.theory, hamiltonians=self._hamiltonians)
        self._hamiltonians = problem.hamiltonians
        of_atoms = problem.superposed_density()
        state = self._solve(problem, of_atoms)
        self._history.append(
            state.orbitals,
            state.density,
            of_atoms=of_atoms,
            volume=problem.basis.grid.volume,
            filled=state.occupations.filled,
        )
        if self.settings.convergence is Convergence.TIGHT:
            # A tight solution is as good a start as any prediction: one state is history enough.
            self._history.keep_newest()
        self.ground_state, self.problem = state, problem
        if self.settings.pressure_correction is PressureCorrection.FINITE_BASIS and (
            rebuilt or self._cutoff_slope is None or self.settings.convergence is Convergence.TIGHT
        ):
            self._cutoff_slope = cutoff_slope(problem, state)
        self.results = self._as_results(problem, state)

    def _choose_basis(self, cell: Tensor) -> bool:
        """Strain the integer sets into the cell, or choose new ones; return whether they are new."""
        old = self._basis
        fixed = self.settings.convergence is Convergence.MOLECULAR_DYNAMICS
        if old is not None and torch.equal(old.cell, cell):
            return False
        if old is not None and fixed:
            moved = old.in_cell(cell)
            if abs(moved.edge / moved.cutoff - 1.0) < _CUTOFF_DRIFT and _sheared(old, cell) < _CUTOFF_DRIFT:
                self._basis = moved
                return False
        new = build_basis(
            cell,
            cutoff=0.5 * self.settings.ecut_ry,
            kpoints=kpoints_in_cell(self.settings.kpoints, cell.cpu()) if old is None else old.kpoints,
            precision=self.settings.orbital_precision,
            policy=_grid_policy(self.settings),
        )
        self._history = self._history.moved_to(old, new) if old is not None else History()
        self._basis, self._hamiltonians = new, None
        return True

    def _solve(self, problem: Problem, of_atoms: Tensor) -> GroundState:
        """Follow the trajectory where there is a history, else solve in full; a failure leaves the history alone."""
        volume = problem.basis.grid.volume
        start, fallback = self._history.predict(volume, of_atoms), self._history.last(volume, of_atoms)
        if start is not None and start.orbitals[0].shape[0] > problem.most_bands:
            start = fallback = None
        rough = self.theory.functional.level is Level.LAPLACIAN
        dynamics = self.settings.convergence is Convergence.MOLECULAR_DYNAMICS
        following = start is not None and dynamics and not rough
        if start is not None and following:
            state = follow(problem, start, FollowSettings(fixed_bands=self.settings.fixed_bands is not None))
            if state is not None:
                return state
        scf = ScfSettings(bands=self.settings.fixed_bands)
        if rough and dynamics:
            scf = replace(scf, energy_tolerance=_ROUGH_TOLERANCE, orbital_tolerance=1e-4)
        elif self.settings.orbital_precision is Precision.SINGLE:
            scf = replace(scf, energy_tolerance=1e-9, orbital_tolerance=1e-4)
        state = solve_scf(problem, scf, start, fallback=fallback)
        if following:
            # The trajectory took a turn that the older states do not know of.
            self._history.clear()
        return state

    def _as_results(self, problem: Problem, state: GroundState) -> dict[str, Any]:
        stress = _voigt(state.stress)
        results: dict[str, Any] = {}
        free = state.free_energy
        if self._cutoff_slope is not None:
            basis = problem.basis
            results["free_energy_uncorrected"] = free * units.HARTREE_TO_EV
            results["stress_uncorrected"] = stress * units.HARTREE_PER_BOHR3_TO_EV_PER_ANGSTROM3
            free += self._cutoff_slope * math.log(basis.cutoff / basis.effective_cutoff)
            stress = stress.copy()
            stress[:3] += 2.0 / 3.0 * self._cutoff_slope / basis.grid.volume
        entropy_energy = state.entropy_energy * units.HARTREE_TO_EV
        results |= {
            "free_energy": free * units.HARTREE_TO_EV,
            "energy": free * units.HARTREE_TO_EV + entropy_energy,
            "entropy": entropy_energy / self.settings.electronic_temperature_k,
            "forces": state.forces.cpu().numpy() * units.HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM,
            "stress": stress * units.HARTREE_PER_BOHR3_TO_EV_PER_ANGSTROM3,
        }
        if not all(np.isfinite(value).all() for value in results.values()):
            raise EngineError("the DFT engine gave a result that is not finite.", "Check the structure.")
        return results

    def save_state(self, path: Path) -> None:
        """Write what carries over between steps, so that a restarted run continues as if it had not stopped.

        Raises:
            StorageError: the disk refuses.
        """
        basis = self._basis
        state = {
            "orbitals": self._history.orbitals,
            "deformations": self._history.deformations,
            "filled": self._history.filled,
            "cutoff_slope": self._cutoff_slope,
            "basis": None if basis is None else (basis.cell, [w.integers for w in basis.waves], basis.chosen_volume),
            "kpoints": None if basis is None else (basis.kpoints.fractional, basis.kpoints.weights),
            "shapes": None if basis is None else (basis.grid.shape, basis.correction_grid.shape),
        }
        with atomic_stream(path, durable=False) as stream:
            torch.save(state, stream)

    def load_state(self, path: Path) -> None:
        """Read what :meth:`save_state` wrote.

        Raises:
            StorageError: the file is damaged.
        """
        try:
            saved = torch.load(path, map_location=self.device, weights_only=True)
        except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
            raise StorageError(
                f"the engine state {path} cannot be read ({type(error).__name__}).", "Delete it: the run starts afresh."
            ) from error
        self.reset()
        if saved["basis"] is None:
            return
        cell, integers, volume = saved["basis"]
        kpoints = KPoints(*saved["kpoints"])
        self._basis = _restored_basis(self, cell, integers, volume, kpoints=kpoints, shapes=saved["shapes"])
        if "deformations" in saved:  # else it was written before they were kept, and a solution is found from nothing
            self._history.orbitals = [tuple(x) for x in saved["orbitals"]]
            self._history.deformations = list(saved["deformations"])
            self._history.filled = saved["filled"]
        self._cutoff_slope = saved["cutoff_slope"]


def _check(atoms: Atoms, cell: Tensor, positions: Tensor) -> None:
    """Refuse what cannot be computed, in words."""
    others = sorted(set(atoms.get_chemical_symbols()) - {"H"})
    if others:
        raise InputError(
            f"the DFT engine computes hydrogen only; the structure holds {', '.join(others)}.",
            "Remove the other elements or use another engine.",
        )
    if len(atoms) == 0:
        raise InputError("the structure holds no atoms.", "Give at least one hydrogen atom.")
    if not (np.isfinite(atoms.positions).all() and np.isfinite(atoms.cell.array).all()):
        raise InputError("a position or cell vector is not a finite number.", "Check the structure file.")
    if not atoms.pbc.all() or abs(float(torch.linalg.det(cell))) < 1e-3:
        raise InputError("the DFT engine needs a cell periodic in three dimensions.", "Set cell and pbc.")
    pair = _closest_pair(cell, positions)
    if pair is not None and pair[2] < _OVERLAP_BOHR:
        raise InputError(
            f"atoms {pair[0]} and {pair[1]} are {pair[2] * units.BOHR_TO_ANGSTROM:.3f} Å apart.",
            "Move overlapping atoms apart.",
        )


def _closest_pair(cell: Tensor, positions: Tensor) -> tuple[int, int, float] | None:
    """The two atoms that are nearest to each other (nearest images of reduced differences) and their distance, bohr."""
    count = positions.shape[0]
    if count < 2:
        return None
    fractional = positions @ torch.linalg.inv(cell)
    first, second = torch.triu_indices(count, count, 1, device=cell.device)
    difference = fractional[first] - fractional[second]
    distance2 = ((difference - difference.round()) @ cell).square().sum(1)
    nearest = int(distance2.argmin())
    return int(first[nearest]), int(second[nearest]), math.sqrt(float(distance2[nearest]))


def _restored_basis(
    engine: KohnSham,
    cell: Tensor,
    integers: list[Tensor],
    volume: float,
    *,
    kpoints: KPoints,
    shapes: tuple[Any, Any],
) -> Basis:
    """The basis of a saved state: the integer sets and grids as they were, not as they would be chosen now."""
    fresh = build_basis(
        cell,
        cutoff=0.5 * engine.settings.ecut_ry,
        kpoints=kpoints,
        precision=engine.settings.orbital_precision,
        policy=_grid_policy(engine.settings),
    )
    waves = tuple(replace(w, integers=m) for w, m in zip(fresh.waves, integers, strict=True))
    grid, correction_grid = (
        replace(old, shape=(int(shape[0]), int(shape[1]), int(shape[2])))
        for old, shape in zip((fresh.grid, fresh.correction_grid), shapes, strict=True)
    )
    return replace(fresh, waves=waves, grid=grid, correction_grid=correction_grid, chosen_volume=volume)


def _grid_policy(settings: KohnShamSettings) -> GridPolicy:
    """The density grid in use; a functional of the Laplacian does not bear the smaller one: see ``docs/dft.md``."""
    tight = settings.convergence is Convergence.TIGHT
    if tight or get_functional(settings.xc).level is Level.LAPLACIAN:
        return GridPolicy.EXACT
    return GridPolicy.MOLECULAR_DYNAMICS


def _device(name: str) -> torch.device:
    """The torch device of this name, if it is here."""
    check_device_name(name)
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError("device = 'cuda' was asked for and no GPU is here.", "Use device = 'cpu'.")
    return device


def _sheared(basis: Basis, cell: Tensor) -> float:
    """Largest change of shape, apart from volume, between the cell of a basis and another one."""
    scale = (abs(float(torch.linalg.det(cell))) / basis.grid.volume) ** (1.0 / 3.0)
    deformation = torch.linalg.solve(basis.cell, cell) / scale
    return float((deformation - torch.eye(3, dtype=cell.dtype, device=cell.device)).abs().max())


def _voigt(stress: Tensor) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Six components in ASE's order xx, yy, zz, yz, xz, xy."""
    s = stress.cpu().numpy()
    return np.array([s[0, 0], s[1, 1], s[2, 2], s[1, 2], s[0, 2], s[0, 1]])
