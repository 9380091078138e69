"""How well a local pseudopotential of hydrogen stands in for the proton, judged on single atoms with PBE.

The atom is free, or sits in a sphere as in dense matter (r_s 1.1 to 1.75 bohr; 100–400 GPa is 1.22 to 1.45) with
different boundary conditions and with part of its electron in a p state. Compared are total energies, eigenvalues
and, at two radii, the logarithmic derivatives of s, p and d waves from −1 to 2 Ha, as phases arctan(R ψ′/ψ)/π.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan, pi
from typing import TYPE_CHECKING

import numpy as np

from llpt.dft.pseudopotentials.radial import Channel, RadialAtom, RadialBasis, graded_elements

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SPHERES = (1.1, 1.2, 1.35, 1.5, 1.75)
SCATTERING_SPHERES = (1.1, 1.35)
SCATTERING_ENERGIES = (-1.0, -0.6, -0.2, 0.3, 1.0, 2.0)
OCCUPATIONS = {
    "s": (Channel(0, 1.0, 0.0),),
    "sp": (Channel(0, 0.5, 0.0), Channel(1, 0.5, 0.0)),
    "s-": (Channel(0, 1.0, -0.5),),
}
_FREE_RADIUS = 16.0
_REFERENCE_SPHERE = 1.35
#: What counts as one unit of mismatch: Ha for energies and eigenvalues, turns for phases.
_ENERGY, _EIGENVALUE, _PHASE = 2e-5, 1e-4, 1e-4


@dataclass(frozen=True, slots=True)
class AtomProperties:
    """What is compared. Energies in Ha; phases in units of π.

    Attributes:
        free_energy_level: the 1s eigenvalue of the free atom.
        free_total: its total energy.
        totals: total energy by (occupation, sphere).
        levels: lowest s eigenvalue by (occupation, sphere).
        phases: by (l, energy, sphere).
        kinetic_spectrum: (G, ½G²|ψ(G)|² per unit of G) of the free 1s orbital, for G from 5 to 20 bohr⁻¹.
    """

    free_energy_level: float
    free_total: float
    totals: dict[tuple[str, float], float]
    levels: dict[tuple[str, float], float]
    phases: dict[tuple[int, float, float], float]
    kinetic_spectrum: tuple[Array, Array]


def atom_properties(potential: Callable[[Array], Array], *, cusp: bool = False) -> AtomProperties:
    """Solve all the atoms.

    Args:
        potential: V(r), Ha.
        cusp: whether the potential diverges at the nucleus, so that a finer mesh is needed there.
    """
    free_basis = RadialBasis(
        graded_elements(_FREE_RADIUS, 14 if cusp else 16, power=3.0 if cusp else 1.6), degree=10 if cusp else 9
    )
    free = RadialAtom.create(free_basis, potential).solve([Channel(0, 1.0)], tolerance=1e-8)
    totals: dict[tuple[str, float], float] = {}
    levels: dict[tuple[str, float], float] = {}
    phases: dict[tuple[int, float, float], float] = {}
    for radius in SPHERES:
        elements = graded_elements(radius, 8, power=2.5) if cusp else graded_elements(radius, 5, power=2.0)
        atom = RadialAtom.create(RadialBasis(elements, degree=10 if cusp else 9), potential)
        for name, channels in OCCUPATIONS.items():
            state = atom.solve(channels, tolerance=1e-8)
            totals[name, radius] = state.energy
            levels[name, radius] = state.eigenvalues[0]
            if name == "s" and radius in SCATTERING_SPHERES:
                effective = atom.ionic_potential + state.screening
                for l in (0, 1, 2):
                    for energy in SCATTERING_ENERGIES:
                        slope = atom.log_derivative(effective, energy=energy, l=l)
                        phases[l, energy, radius] = atan(radius * slope / max(l, 1)) / pi
    return AtomProperties(
        free.eigenvalues[0], free.energy, totals, levels, phases, _kinetic_spectrum(free_basis, free.orbitals[0])
    )


def _kinetic_spectrum(basis: RadialBasis, u: Array) -> tuple[Array, Array]:
    g = np.linspace(5.0, 20.0, 200)
    amplitude = np.sqrt(2.0 / pi) * (basis.weights * u) @ np.sin(np.outer(basis.r, g))
    return g, 0.5 * g**2 * amplitude**2


def kinetic_tail(properties: AtomProperties, cutoff_ry: float) -> float:
    """Return the kinetic energy (Ha) that the free 1s orbital has in plane waves above a cutoff (Ry)."""
    g, density = properties.kinetic_spectrum
    beyond = g * g > cutoff_ry
    return float(density[beyond].sum() * (g[1] - g[0]))


def mismatch(pseudo: AtomProperties, exact: AtomProperties) -> Array:
    """Return the differences between a pseudo-atom and the true one, each in units of its tolerance.

    Total energies count as differences from the sphere of r_s 1.35, since their zero is free. The smallest sphere,
    beyond the pressures of interest, and the largest count less.
    """
    shift = pseudo.totals["s", _REFERENCE_SPHERE] - exact.totals["s", _REFERENCE_SPHERE]
    rows = [
        (pseudo.free_energy_level - exact.free_energy_level) / _EIGENVALUE,
        (pseudo.free_total - exact.free_total - shift) / (2.5 * _ENERGY),
    ]
    for key, value in pseudo.totals.items():
        tolerance = _ENERGY * {1.1: 3.0, 1.75: 2.0}.get(key[1], 1.0)
        rows.append((value - exact.totals[key] - shift) / tolerance)
    for key, value in pseudo.levels.items():
        if key[0] != "s-":
            rows.append((value - exact.levels[key]) / (_EIGENVALUE * (3.0 if key[1] == 1.1 else 1.0)))
    for phase_key, value in pseudo.phases.items():
        turn = (value - exact.phases[phase_key] + 0.5) % 1.0 - 0.5
        rows.append(turn / (_PHASE * (2.0 if phase_key[2] == 1.1 else 1.0)))
    return np.array(rows)
