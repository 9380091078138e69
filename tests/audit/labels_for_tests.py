"""Doubly labelled configurations with errors that are known because they were planted."""

import numpy as np

from llpt.audit.double_labels import DoublyLabelled
from llpt.bridge import SURROGATE
from llpt.structure import atomic_fluid, attach_labels, molecular_fluid
from llpt.units import BOLTZMANN_EV_PER_K, GPA_TO_EV_PER_ANGSTROM3


def hydrogen(*, molecular: bool, seed: int, atoms: int = 16, density: float = 0.9):
    """A fluid with labels of a reference that mean nothing: random energies and forces."""
    make = molecular_fluid if molecular else atomic_fluid
    frame = make(atoms=atoms, density_g_per_cm3=density * (1.0 + 0.03 * (seed % 5 - 2)), seed=seed)
    random = np.random.default_rng(seed)
    attach_labels(
        frame,
        energy=random.normal() - 10.0,
        free_energy=random.normal() - 11.0,
        forces=random.normal(size=(atoms, 3)),
        stress=random.normal(size=6) * 0.1,
    )
    return frame


def wrong(frame, *, bias_ev_per_atom=0.0, force_factor=1.0, pressure_gpa=0.0, noise_ev=0.0, seed=0):
    """The same configuration as a surrogate with a planted error labels it."""
    copy, known = frame.copy(), frame.calc.results  # as stored: ASE's methods compare the atoms with a copy each time
    stress = known["stress"].copy()
    stress[:3] -= pressure_gpa * GPA_TO_EV_PER_ANGSTROM3
    energy = known["free_energy"] + bias_ev_per_atom * len(frame)
    if noise_ev:
        energy += noise_ev * np.random.default_rng(seed).normal()
    attach_labels(copy, energy=energy, free_energy=energy, forces=force_factor * known["forces"], stress=stress)
    return copy


def phase_set(frames, *, coupling=SURROGATE, name="run", temperature_k=900.0, **error):
    """One run's configurations with the labels of both."""
    said = [wrong(frame, seed=100 + index, **error) for index, frame in enumerate(frames)]
    return DoublyLabelled(name, coupling, temperature_k, frames, said)


def gaussian_sets(mean_ev_per_atom, spread_ev, *, temperature_k=900.0, count=60, frame=None, seed=0):
    """Both ensembles of a phase whose Delta is Gaussian: Delta G is the mean of the two means, exactly."""
    frame = frame or hydrogen(molecular=False, seed=1)
    beta = 1.0 / (BOLTZMANN_EV_PER_K * temperature_k)
    random = np.random.default_rng(seed)
    sets = []
    for coupling, shift in ((0.0, 0.5), (1.0, -0.5)):
        values = mean_ev_per_atom * len(frame) + shift * beta * spread_ev**2 + random.normal(0.0, spread_ev, count)
        said = [wrong(frame, bias_ev_per_atom=-value / len(frame)) for value in values]
        sets.append(DoublyLabelled("phase", coupling, temperature_k, [frame] * count, said))
    return sets
