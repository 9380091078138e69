"""What a trajectory written elsewhere says, in our units; what it does not say is None, never a guess.

Energies: ``free_energy_ev`` is F = E − T_el S, from which the forces derive; ``internal_energy_ev`` is E. Where a file
gives one number and does not say which, it is ``energy_ev``. Stress is the virial part in ASE's sign (tension positive)
and order xx, yy, zz, yz, xz, xy; ``pressure_gpa`` is the total, kinetic part included, compression positive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llpt.errors import InputError
from llpt.trajectory.facts import Facts
from llpt.units import U_ANGSTROM2_PER_FS2_TO_EV

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

ISOTOPE_SHARE = 0.02
"""A mass this close to the element's own is the element's: VASP's hydrogen has 1.000 u, deuterium 2.014."""


@dataclass(frozen=True, slots=True)
class ForeignFrame:
    """One frame; every optional field is None where the files do not have it.

    Args:
        positions_angstrom: wrapped or not, shape (n, 3).
        cell_angstrom: cell vectors as rows, shape (3, 3).
        velocities_angstrom_per_fs: shape (n, 3).
        forces_ev_per_angstrom: −dF/dR, shape (n, 3).
        internal_energy_ev: E.
        free_energy_ev: F.
        energy_ev: one of the two, or neither, and the file does not say which.
        kinetic_energy_ev: of the ions.
        temperature_k: of the ions, by the program's own count of degrees of freedom.
        stress_gpa: virial part, ASE's sign and order, shape (6,).
        total_stress_gpa: the same with the kinetic part, shape (6,); for programs that only write the sum.
        pressure_gpa: total.
        volume_angstrom3: as the files state it beside the cell.
        conserved_ev: conserved quantity of the integrator.
        time_fs: time, from any origin.
        clock: a number of the frame that grows evenly along a run: its step or time, whichever the files give.
        piece: which of the files of one run, given one after the other, it stands in, counted from 0.
        unconverged: whether its electrons did not converge, as far as the files say.
        learned: whether a force field made it, in a run whose other frames may be of electrons.
        bead_positions_angstrom: of a path integral all beads, shape (P, n, 3); the positions are those of the first,
            energies and pressure the estimators of the program for all of them.
    """

    positions_angstrom: NDArray[np.float64]
    cell_angstrom: NDArray[np.float64]
    velocities_angstrom_per_fs: NDArray[np.float64] | None = None
    forces_ev_per_angstrom: NDArray[np.float64] | None = None
    internal_energy_ev: float | None = None
    free_energy_ev: float | None = None
    energy_ev: float | None = None
    kinetic_energy_ev: float | None = None
    temperature_k: float | None = None
    stress_gpa: NDArray[np.float64] | None = None
    total_stress_gpa: NDArray[np.float64] | None = None
    pressure_gpa: float | None = None
    volume_angstrom3: float | None = None
    conserved_ev: float | None = None
    time_fs: float | None = None
    clock: float | None = None
    unconverged: bool = False
    learned: bool = False
    piece: int = 0
    bead_positions_angstrom: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class ForeignTrajectory:
    """A trajectory made elsewhere, to be read frame by frame.

    Args:
        program: who wrote it, for people.
        files: the files it is read from; none where it is in memory.
        numbers: atomic numbers, shape (n,).
        frames: called without arguments, yields the frames in order; reads the files once more each time.
        masses_u: masses of the dynamics, shape (n,); None where the files do not say.
        facts: what the files say of the simulation.
        own: the run directory, where the run is one of llpt.
        notes: what a person should know of the files, sentences; complete once the frames have been read.
        beads: of a path integral; 1 for classical nuclei.
        stride: by how much the clock grows from frame to frame, where the program writes every step; None where it may
            be told to leave out some.
        theory: what of it the files name, by its name, e.g. ``functional`` and ``cutoff``.
        beside: what files beside it, or other parts of it, state of the same run, each with its name.
    """

    program: str
    files: tuple[Path, ...]
    numbers: NDArray[np.int64]
    frames: Callable[[], Iterator[ForeignFrame]]
    masses_u: NDArray[np.float64] | None = None
    facts: Facts = field(default_factory=Facts)
    own: Path | None = None
    notes: Sequence[str] = ()
    beads: int = 1
    stride: float | None = None
    theory: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[tuple[str, Facts], ...] = ()

    @property
    def name(self) -> str:
        """What it is read from, for people."""
        if self.own is not None:
            return str(self.own)
        return str(self.files[0]) if self.files else self.program


def check_kinds(now: Sequence[object], first: Sequence[object], number: int, path: Path) -> None:
    """Refuse a frame whose atoms are of other kinds than those of the first: atoms are followed by their place.

    Args:
        now: the kinds of a frame's atoms: symbols, types or atomic numbers.
        first: those of the first frame.
        number: of the frame, the first being 0.
        path: the file.

    Raises:
        InputError: they differ.
    """
    if now != first:
        raise InputError(
            f"Frame {number} of {path} holds atoms of other kinds, or in another order, than the first.",
            "Give runs with a fixed list of atoms.",
        )


def kinetic_energy_ev(velocities_angstrom_per_fs: NDArray[np.float64], masses_u: NDArray[np.float64]) -> float:
    """Return the kinetic energy of atoms with velocities of shape (n, 3) and masses of shape (n,)."""
    return 0.5 * float(masses_u @ (velocities_angstrom_per_fs**2).sum(axis=1)) * U_ANGSTROM2_PER_FS2_TO_EV
