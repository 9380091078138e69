"""What an observable may need of a run."""

from __future__ import annotations

from enum import StrEnum


class Need(StrEnum):
    """What an observable may need of a run; the text is the reason why it is absent where that is missing."""

    REAL_TIME = "A path integral has no motion in real time: its thermostats move the beads."
    CLASSICAL_NUCLEI = "It holds for classical nuclei only, and those of a path integral are quantum particles."
    QUANTUM_NUCLEI = "The nuclei are classical."
    FRAMES = "There are fewer than two equally spaced frames."
    CELL = "The frames have no periodic cell."
    TIMES = "The frames have no times: the time step is not known, or they were sampled by Monte Carlo."
    VELOCITIES = "The trajectory has no velocities."
    FORCES = "The trajectory has no forces."
    HYDROGEN = "Not all atoms are hydrogen."
    BREATHING_CELL = "The volume is constant."
    SET_TEMPERATURE = "The temperature is not known: it was not given, and there are no velocities to take it from."
    VOLUME = "The volume is not known."
    TEMPERATURE = "The trajectory has no kinetic energy and no velocities."
    PRESSURE = "The trajectory has no pressure and no stress."
    UNCORRECTED_PRESSURE = "The trajectory has no pressure without the finite-basis correction."
    APPLIED_PRESSURE = "The pressure is not known: it was not given, and the trajectory has none."
    KINETIC_ENERGY = "The trajectory has no kinetic energy."
    INTERNAL_ENERGY = "The trajectory has no internal energy E."
    FREE_ENERGY = "The trajectory has no free energy F."
    ENTROPY = "The trajectory has no electronic entropy."


STORED_SCALARS = {
    Need.VOLUME: "volume_angstrom3",
    Need.TEMPERATURE: "temperature_k",
    Need.PRESSURE: "pressure_gpa",
    Need.UNCORRECTED_PRESSURE: "pressure_uncorrected_gpa",
    Need.KINETIC_ENERGY: "kinetic_energy_ev",
    Need.INTERNAL_ENERGY: "internal_energy_ev",
    Need.FREE_ENERGY: "free_energy_ev",
    Need.ENTROPY: "entropy_ev_per_k",
}
"""The scalars of each step by which some needs are met, under their names in a trajectory."""
STORED = {name: need for need, name in STORED_SCALARS.items()} | {"velocities": Need.VELOCITIES}
"""What is needed of what a trajectory may hold, by its name there."""
