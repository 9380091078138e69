"""From a trajectory made elsewhere to frames of llpt: unwrapped, in its units, what is missing marked as missing (NaN).

Every frame becomes one step, so the time step of such a trajectory is the time between its frames. Positions are
unwrapped by the shortest way from frame to frame, in fractional coordinates, which is right as long as no atom moves
half a cell between two frames. Of kinetic energy, total pressure and virial stress, any that the files lack is made
from the others where the others suffice, by the definitions of ``StepRecord``.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from ase.data import atomic_masses

from llpt.errors import InputError
from llpt.trajectory.foreign.agreement import check_agreement
from llpt.trajectory.foreign.frame import ISOTOPE_SHARE, ForeignFrame, ForeignTrajectory, kinetic_energy_ev
from llpt.trajectory.foreign.measuring import Measurements
from llpt.trajectory.foreign.sequence import FEWEST_FRAMES, EvenSteps, once, until_cut
from llpt.trajectory.foreign.statements import FactCheck
from llpt.trajectory.foreign.suspicion import check_possible
from llpt.trajectory.frame import Frame, StepRecord, System
from llpt.trajectory.stress import kinetic_stress_gpa
from llpt.units import BOLTZMANN_EV_PER_K, EV_PER_ANGSTROM3_TO_GPA

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray

    from llpt.trajectory.foreign.contents import Contents

AMBIGUOUS_SHARE = 0.4
"""An atom that moved more than this share of the cell between two frames may have been unwrapped the wrong way."""

SMALLEST_ANGSTROM3 = 1e-3
"""No cell of atoms is smaller."""
EQUAL_ENERGIES_EV_PER_ATOM = 1e-6
"""E and F of cold electrons that are this close are the same: files carry so many digits."""

NOTED = {
    "forces": "Forces are in some frames only, so they count as missing.",
    "internal_energy_ev": "E is in some frames only, so it counts as missing.",
}

AMBIGUOUS_ENERGY = "The files give one energy and do not say whether it is E or F = E − T_el S."
NAME_THE_ENERGY = "Say energy_is (--energy-is), internal or free; or that T_el is 0 K, where the two are equal."


class EnergyMeaning(StrEnum):
    """What a lone energy is: the internal energy E, or the free energy F = E − T_el S that forces derive from."""

    INTERNAL = "internal"
    FREE = "free"


class NoTrajectoryError(InputError):
    """Files that hold fewer than two whole frames: a structure, or a run that had hardly begun."""


class ForeignReader:
    """Reads a trajectory made elsewhere frame by frame, each with the scalars of its step.

    Args:
        source: the trajectory.
        frame_interval_fs: time between two frames; NaN where nobody knows.
        electronic_temperature_k: T_el; 0 for a potential without electrons, where E = F; None where it is not known,
            and then E and F are kept apart.
        energy_meaning: what an energy is whose file does not say; needed only then, and only where T_el is not 0.
        attributes: of the system.
        despite: checks to leave out.
        energy_optional: whether an energy whose meaning is not known counts as missing; else it is refused.
    """

    def __init__(
        self,
        source: ForeignTrajectory,
        *,
        frame_interval_fs: float,
        electronic_temperature_k: float | None,
        energy_meaning: EnergyMeaning | None = None,
        attributes: dict[str, str | float | int] | None = None,
        despite: Collection[FactCheck] = (),
        energy_optional: bool = False,
    ) -> None:
        self._despite = despite
        self._energy_optional = energy_optional
        self._source = source
        self._electronic = electronic_temperature_k
        self._meaning = energy_meaning
        beads: dict[str, str | float | int] = {"beads": source.beads} if source.beads > 1 else {}
        self.system = System(source.numbers, _masses(source), frame_interval_fs, (attributes or {}) | beads)

    def steps(self, contents: Contents) -> Iterator[tuple[StepRecord, Frame]]:
        """Yield every whole frame in order, reading the source anew.

        Args:
            contents: told as the frames go by what they hold; complete at the end.

        Raises:
            InputError: a file is damaged, the frames differ in what they hold, a number is not finite, an energy's
                meaning is not known (unless it is optional), or there are fewer than two frames.
        """
        source, system = self._source, self.system
        dynamic = system.masses_u if source.masses_u is None else source.masses_u
        contents.mass_u = float(system.masses_u.sum())
        contents.measured = measured = Measurements(
            np.asarray(dynamic, dtype=float), electrons=int(system.numbers.sum())
        )
        unwrapper = _Unwrapper()
        clock = EvenSteps(source.name, source.stride)
        missing: set[str] | None = None
        partly: set[str] = set()
        learned = False
        for number, raw in enumerate(once(until_cut(source, contents), contents)):
            if raw.positions_angstrom.shape != (system.n_atoms, 3):
                raise InputError(
                    f"Frame {number} of {source.name} has {len(raw.positions_angstrom)} atoms, not {system.n_atoms}.",
                    "Give runs with a fixed number of atoms.",
                )
            _check_cell(raw.cell_angstrom, number, source.name)
            contents.energy_is_ambiguous |= self._leaves_out_energy(raw)
            record, lacking = _record(
                raw,
                dynamic,
                step=number,
                interval_fs=system.timestep_fs,
                electronic_temperature_k=self._electronic,
                meaning=self._meaning,
            )
            learned = learned or raw.learned
            now_and_then = self._now_and_then(learned=learned)
            if missing is not None and (partly | (lacking ^ missing)) <= now_and_then:
                partly |= lacking ^ missing
                missing = lacking = lacking | partly
            if missing is not None and lacking != missing:
                differing = ", ".join(sorted(lacking ^ missing))
                raise InputError(
                    f"{differing} is in some frames of {source.name} and not in others (frame {number} differs).",
                    "Give the frames that belong together.",
                )
            missing = lacking
            check_agreement(raw, measured.masses_u, number, source.name, despite=self._despite)
            clock.check(number, raw, evenly=FactCheck.GAP not in self._despite)
            contents.unconverged += raw.unconverged
            positions = unwrapper.next(raw)
            if not _finite(record, positions, raw, lacking):
                raise InputError(
                    f"Frame {number} of {source.name} holds a number that is not finite, or an empty cell.",
                    "Give the frames before it; a failed step is not part of a run.",
                )
            check_possible(record, numbers=system.numbers, name=source.name, despite=self._despite)
            velocities = raw.velocities_angstrom_per_fs
            measured.add(
                record, positions, raw, None if velocities is None else kinetic_energy_ev(velocities, measured.masses_u)
            )
            low, high = contents.volumes_angstrom3
            contents.volumes_angstrom3 = (min(low, record.volume_angstrom3), max(high, record.volume_angstrom3))
            contents.frames = number + 1
            contents.largest_move = unwrapper.largest
            yield record, _frame(number, positions, raw, system.timestep_fs)
        if contents.frames < FEWEST_FRAMES:
            raise NoTrajectoryError(
                f"{source.name} holds {contents.frames} whole frame(s).", "Give a trajectory of two or more."
            )
        contents.missing = tuple(sorted(missing or ()))
        contents.notes += source.notes
        for name in sorted(partly & NOTED.keys()):
            contents.notes.append(NOTED[name])
        if contents.unconverged:
            contents.notes.append(
                f"In {contents.unconverged} of {contents.frames} frames the electrons did not converge; they are kept."
            )

    def _now_and_then(self, *, learned: bool) -> set[str]:
        """Return what a run may have of some frames alone.

        Programs that are told to print little give forces now and then. VASP's machine-learned force field gives F
        alone, its electrons E as well. An entropy is 0 where E and F are equal, and not known elsewhere where nobody
        says how warm the electrons are.

        Args:
            learned: whether a force field made one of its frames.
        """
        entropy = {"entropy_ev_per_k"} if learned or self._electronic is None else set()
        return {"forces"} | entropy | ({"internal_energy_ev"} if learned else set())

    def _leaves_out_energy(self, raw: ForeignFrame) -> bool:
        """Whether a frame's energy counts as missing, because nobody says what it is; refused where it must not."""
        ambiguous = _is_ambiguous(raw, self._electronic, self._meaning)
        if ambiguous and not self._energy_optional:
            raise InputError(AMBIGUOUS_ENERGY, NAME_THE_ENERGY)
        return ambiguous


def _masses(source: ForeignTrajectory) -> NDArray[np.float64]:
    """Return the masses that make the density: the elements' own, an isotope's where the dynamics had one."""
    own = np.asarray(atomic_masses[source.numbers], dtype=float)
    if source.masses_u is None:
        return own
    return np.where(np.abs(source.masses_u / own - 1.0) > ISOTOPE_SHARE, source.masses_u, own)


def _check_cell(cell_angstrom: NDArray[np.float64], number: int, name: str) -> None:
    if not (np.isfinite(cell_angstrom).all() and abs(float(np.linalg.det(cell_angstrom))) > SMALLEST_ANGSTROM3):
        raise InputError(
            f"The cell of frame {number} of {name} is empty or not finite.",
            "Give the frames before it; a failed step is not part of a run.",
        )


class _Unwrapper:
    """Follows atoms across the faces of the cell."""

    def __init__(self) -> None:
        self._fractions: NDArray[np.float64] | None = None
        self.largest = 0.0

    def next(self, frame: ForeignFrame) -> NDArray[np.float64]:
        """Return the unwrapped positions of the next frame."""
        fractions = frame.positions_angstrom @ np.linalg.inv(frame.cell_angstrom)
        if self._fractions is not None:
            moved = fractions - self._fractions
            moved -= np.round(moved)
            self.largest = max(self.largest, float(np.abs(moved).max()))
            fractions = self._fractions + moved
        self._fractions = fractions
        return fractions @ frame.cell_angstrom


def _record(
    frame: ForeignFrame,
    masses_u: NDArray[np.float64],
    *,
    step: int,
    interval_fs: float,
    electronic_temperature_k: float | None,
    meaning: EnergyMeaning | None,
) -> tuple[StepRecord, set[str]]:
    """Return the scalars of a frame and the names of those that are not known."""
    volume = abs(float(np.linalg.det(frame.cell_angstrom)))
    beads = frame.bead_positions_angstrom
    degrees = 3 * len(masses_u) - 3
    kinetic = _kinetic(frame, masses_u, degrees)
    internal, free = _energies(frame, electronic_temperature_k, meaning)
    kinetic_pressure = math.nan if kinetic is None else 2.0 * kinetic / (3.0 * volume) * EV_PER_ANGSTROM3_TO_GPA
    kinetic_stress = None
    if frame.velocities_angstrom_per_fs is not None:
        kinetic_stress = kinetic_stress_gpa(frame.velocities_angstrom_per_fs, masses_u, volume)
    stress = frame.stress_gpa
    if stress is None and frame.total_stress_gpa is not None:
        if kinetic_stress is not None:
            stress = frame.total_stress_gpa - kinetic_stress
        else:
            stress = frame.total_stress_gpa + kinetic_pressure * np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    pressure = frame.pressure_gpa
    if pressure is None and frame.total_stress_gpa is not None:
        pressure = -float(frame.total_stress_gpa[:3].mean())
    if pressure is None and stress is not None:
        pressure = kinetic_pressure - float(stress[:3].mean())
    entropy: float | None = None
    if internal is not None and free is not None:
        if electronic_temperature_k:
            entropy = (internal - free) / electronic_temperature_k
        elif abs(internal - free) <= EQUAL_ENERGIES_EV_PER_ATOM * len(masses_u) or electronic_temperature_k == 0.0:
            entropy = 0.0
    values = {
        "internal_energy_ev": internal,
        "free_energy_ev": free,
        "entropy_ev_per_k": entropy,
        "kinetic_energy_ev": kinetic,
        "temperature_k": None
        if kinetic is None or beads is not None or not degrees  # a lone atom has none of its own
        else 2.0 * kinetic / (degrees * BOLTZMANN_EV_PER_K),
        "pressure_gpa": None if pressure is None or math.isnan(pressure) else pressure,
        "conserved_ev": frame.conserved_ev,
    }
    known: dict[str, Any] = {name: math.nan if value is None else float(value) for name, value in values.items()}
    lacking = {name for name, value in values.items() if value is None}
    if stress is None or np.isnan(stress).any():
        lacking.add("stress_gpa")
    lacking |= {"velocities"} if frame.velocities_angstrom_per_fs is None else set()
    lacking |= {"forces"} if frame.forces_ev_per_angstrom is None else set()
    record = StepRecord(
        step=step,
        time_fs=step * interval_fs,
        volume_angstrom3=volume,
        pressure_uncorrected_gpa=known["pressure_gpa"],
        stress_gpa=np.full(6, math.nan) if stress is None else np.asarray(stress, dtype=float),
        kinetic_stress_gpa=np.full(6, math.nan) if kinetic_stress is None else kinetic_stress,
        gyration_squared_angstrom2=None if beads is None else float(beads.var(axis=0).sum(axis=1).mean()),
        **known,
    )
    return record, lacking


def _kinetic(frame: ForeignFrame, masses_u: NDArray[np.float64], degrees: int) -> float | None:
    if frame.kinetic_energy_ev is not None:
        return frame.kinetic_energy_ev
    if frame.velocities_angstrom_per_fs is not None:
        return kinetic_energy_ev(frame.velocities_angstrom_per_fs, masses_u)
    if frame.temperature_k is not None and degrees:
        return 0.5 * degrees * BOLTZMANN_EV_PER_K * frame.temperature_k
    return None


def _is_ambiguous(frame: ForeignFrame, electronic_temperature_k: float | None, meaning: EnergyMeaning | None) -> bool:
    """Whether a frame has one energy and nobody says whether it is E or F, which differ by warm electrons."""
    alone = frame.energy_ev is not None and frame.internal_energy_ev is None and frame.free_energy_ev is None
    return alone and meaning is None and electronic_temperature_k != 0.0


def _energies(
    frame: ForeignFrame, electronic_temperature_k: float | None, meaning: EnergyMeaning | None
) -> tuple[float | None, float | None]:
    """Return E and F of a frame, None where not known; without warm electrons they are the same."""
    internal, free = frame.internal_energy_ev, frame.free_energy_ev
    cold = electronic_temperature_k == 0.0
    if internal is None and meaning is EnergyMeaning.INTERNAL:
        internal = frame.energy_ev
    elif internal is None and free is None and not _is_ambiguous(frame, electronic_temperature_k, meaning):
        free = frame.energy_ev
    if cold:
        internal = free if internal is None else internal
        free = internal if free is None else free
    return internal, free


def _finite(record: StepRecord, positions: NDArray[np.float64], raw: ForeignFrame, lacking: set[str]) -> bool:
    """Whether all that is there is finite, and the cell is not empty."""
    numbers = [getattr(record, name) for name in _SCALARS if name not in lacking]
    arrays = [
        positions,
        raw.velocities_angstrom_per_fs,
        raw.forces_ev_per_angstrom,
        raw.bead_positions_angstrom,
    ]
    finite = np.isfinite(numbers).all() and all(array is None or np.isfinite(array).all() for array in arrays)
    return bool(finite and record.volume_angstrom3 > 0.0)


_SCALARS = (
    "internal_energy_ev",
    "free_energy_ev",
    "kinetic_energy_ev",
    "temperature_k",
    "volume_angstrom3",
    "pressure_gpa",
    "conserved_ev",
)


def _frame(number: int, positions: NDArray[np.float64], raw: ForeignFrame, interval_fs: float) -> Frame:
    unknown = np.broadcast_to(math.nan, positions.shape)
    return Frame(
        step=number,
        time_fs=number * interval_fs,
        positions_angstrom=positions,
        velocities_angstrom_per_fs=unknown
        if raw.velocities_angstrom_per_fs is None
        else raw.velocities_angstrom_per_fs,
        cell_angstrom=raw.cell_angstrom,
        forces_ev_per_angstrom=unknown if raw.forces_ev_per_angstrom is None else raw.forces_ev_per_angstrom,
        bead_positions_angstrom=None
        if raw.bead_positions_angstrom is None
        else positions + (raw.bead_positions_angstrom - raw.positions_angstrom),
    )
