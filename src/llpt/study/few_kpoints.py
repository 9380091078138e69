"""What too few k-points cost in a small cell, so that a plan can say it before anything is spent.

Measured with the engine of this package on dense hydrogen at 200 GPa: free energy at one mesh less that at a denser
one, on configurations of runs at that mesh itself (docs/findings.md). Within some 50 fs dynamics goes to configurations
whose energy is too low at its own points and stays there. Configurations from elsewhere show nothing of one point; of
2x2x2 in 64 atoms those of 3x3x3 show more than its own.

Where the isobar was run at one point, in 64 atoms, it had no transition at all: kelvins are a scale of the error there,
not a place. At 2x2x2 it has one, 60 to 110 K above that of 3x3x3. What moves a transition is the difference
of the error between the phases at one temperature. The free energies of the two meshes differ by about half of the
error that a mesh has on its own configurations (the middle of the bracket, whose other end is zero by symmetry at one
point), hence dT* = T* (D/2) / Delta H, with D how much the errors of the two fluids differ.
"""

from __future__ import annotations

import itertools
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.bridge.shift import LATENT_SIGMAS
from llpt.dft.kpoints import MEAN_VALUE
from llpt.statistics import Estimate, combined
from llpt.study.explaining_runs import LATENT_EV_PER_ATOM
from llpt.study.kpoints import is_one_point, kpoints_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llpt.study.file import StudyFile

MESH_UP_TO_ATOMS = 128
ENOUGH_ATOMS = 1000
"""Of the cell that a mesh repeats: at 512, 64 atoms at 2x2x2, the change of hydrogen at 200 GPa lies too high."""
COARSE = "2x2x2"
COARSE_MOST_ATOMS = 64


def _apart(value: float, error: float) -> Estimate:
    """Return a difference of two means of 8 frames, each with its standard error."""
    return Estimate.of_deviation(value, error, "meV/atom", 8.0, 14.0)


@dataclass(frozen=True)
class Measured:
    """The error of too few k-points in one size of cell.

    Args:
        atoms: of the cell.
        errors: of the free energy in both fluids, for people.
        apart: error of the fluid that began as atoms less that of the molecular one, both at 1000 K, in meV/atom:
            above 0 molecules are favoured; unknown where they were not measured at one temperature.
        isobar: what the isobar with these points looked like, one sentence; nothing where none was run.
    """

    atoms: int
    errors: str
    apart: Estimate
    isobar: str = ""

    @property
    def between_the_phases(self) -> str:
        """The part that moves a transition, one sentence."""
        if not self.apart.resolved:
            return "Between the phases at one temperature it was not measured."
        word, size = _signed(self.apart, "lower", "higher")
        return f"At one temperature, 1000 K, a molecular start was {word} than an atomic one by {size}."


ONE_POINT = (
    Measured(
        32, "by -216 ± 7 meV/atom with a molecular start and by -200 ± 6 with an atomic one (1000 K)", _apart(15.9, 8.7)
    ),
    Measured(
        64,
        "by -93 ± 3 meV/atom in the molecular fluid (700 K) and by -39 ± 3 in the atomic (1600 K)",
        _apart(10.0, 3.6),
        "The isobar run at that point had no transition at all from 700 to 1300 K at 200 GPa, where a 2x2x2 mesh has a "
        "jump at 1026 ± 13 K: kelvins say how large the error is, not where a transition would be found.",
    ),
    Measured(
        128,
        "by -31 ± 1 meV/atom in the molecular fluid (700 K) and by -11.3 ± 0.3 in the atomic (1600 K)",
        Estimate.unknown("meV/atom"),
    ),
)
"""At the mean value point."""
COARSE_MESH = (
    Measured(
        32,
        "by -48 ± 4 meV/atom and the pressure by -3.5 ± 0.3 GPa with a molecular start, by -52 ± 3 and -3.7 ± 0.2 with "
        "an atomic one",
        _apart(-3.6, 4.9),
    ),
    Measured(
        64,
        "by 2.5 ± 0.9 meV/atom and the pressure by 0.7 ± 0.1 GPa (1000 K)",
        Estimate.unknown("meV/atom"),
        "On runs at 3x3x3 it was off by 14.2 ± 1.8 meV/atom (950 K, dissociated). On heating the isobar changes near "
        "1015 K at 2x2x2, and near 915 K at 3x3x3 (three walks and four).",
    ),
)
"""At 2x2x2, less 4x4x4, 200 GPa and 1000 K."""


def mesh_for(atoms: Iterable[int]) -> str:
    """Return the k-points to propose for a study of these sizes: a mesh where any cell is small.

    >>> [mesh_for([atoms]) for atoms in (16, 32, 64, 128, 256)], mesh_for([64, 512])
    (['4x4x4', '4x4x4', '3x3x3', '2x2x2', 'mean-value'], '3x3x3')
    """
    smallest = min(atoms)
    if smallest > MESH_UP_TO_ATOMS:
        return MEAN_VALUE
    along = next(points for points in itertools.count(1) if points**3 * smallest >= ENOUGH_ATOMS)
    return f"{along}x{along}x{along}"


def warnings_of(study: StudyFile) -> tuple[str, ...]:
    """Return one sentence for each size of cell in which the reference of a study takes too few k-points.

    Args:
        study: the study; no sentence of a reference without k-points, or with a mesh that depends on the cell.
    """
    sizes = sorted({size for line in study.state.lines() for size in study.sizes(line)})
    return tuple(
        f"{_told(study, atoms, measured)} {_in_kelvin(study, measured)} {_remedy(atoms, measured)}"
        for atoms in sizes
        if (measured := few_for(study, atoms)) is not None
    )


def few_for(study: StudyFile, atoms: int) -> Measured | None:
    """Return what was measured of too few k-points in a size of cell like this; None where a study's are not too few.

    Args:
        study: the study.
        atoms: size of the cell.
    """
    given = _given(study)
    if given == COARSE and atoms <= COARSE_MOST_ATOMS:
        return _nearest(COARSE_MESH, atoms)
    if given and is_one_point(given) and atoms <= MESH_UP_TO_ATOMS:
        return _nearest(ONE_POINT, atoms)
    return None


def _nearest(sizes: Iterable[Measured], atoms: int) -> Measured:
    return min(sizes, key=lambda each: abs(each.atoms - atoms))


def kelvins_of(measured: Measured, temperature_k: Estimate, latent_ev_per_atom: Estimate) -> str:
    """Return what too few k-points cost by a study's own latent heat, one sentence; nothing where that is not known.

    Args:
        measured: in cells of about this size.
        temperature_k: T* of the reference in K.
        latent_ev_per_atom: H above less H below it, in eV/atom.
    """
    if not (temperature_k.resolved and latent_ev_per_atom.value > LATENT_SIGMAS * latent_ev_per_atom.error):
        return ""
    each = temperature_k.value / (1000.0 * latent_ev_per_atom.value)
    found = (
        f"The step of the enthalpy is {latent_ev_per_atom.scaled(1000.0, 'meV/atom')} at {temperature_k}: 1 meV/atom "
        f"between the phases moves T* by {each:.0f} K"
    )
    if not measured.apart.resolved:
        return f"{found}."
    shift = 0.5 * each * measured.apart.value
    parts = ((measured.apart, 0.5 * each), (latent_ev_per_atom, -shift / latent_ev_per_atom.value))
    scale = combined(shift, parts, "K")
    word, size = _signed(scale, "high", "low")
    return (
        f"{found}, and an error like that of {measured.atoms} atoms at 1000 K puts it too {word} by {size}, as a scale."
    )


def _signed(estimate: Estimate, above: str, below: str) -> tuple[str, Estimate]:
    """Return the word for the sign of a difference, and its size, which is then not negative."""
    return (below, estimate.scaled(-1.0, estimate.unit)) if estimate.value < 0.0 else (above, estimate)


def _given(study: StudyFile) -> str:
    """Return the k-points of a study's reference; nothing where it has none."""
    points = kpoints_of(study.reference) if study.reference is not None else None
    return "" if points is None else str(points)


def _told(study: StudyFile, atoms: int, measured: Measured) -> str:
    points = COARSE if measured in COARSE_MESH else "the mean value point"
    told = (
        f'kpoints = "{_given(study)}" with {atoms} atoms: in cells of {measured.atoms} atoms at 200 GPa the free '
        f"energy at {points} was off {measured.errors}, on that reference's own runs. {measured.between_the_phases}"
    )
    return f"{told} {measured.isobar}" if measured.isobar else told


def _in_kelvin(study: StudyFile, measured: Measured) -> str:
    """Return what that is in kelvin, by the latent heats of the literature."""
    middle = statistics.median([state.temperature_k for line in study.state.lines() for state in line.states])
    low, high = (middle / (1000.0 * latent) for latent in reversed(LATENT_EV_PER_ATOM))
    latent = f"latent heats of {1000 * LATENT_EV_PER_ATOM[1]:g} to {1000 * LATENT_EV_PER_ATOM[0]:g} meV/atom"
    if not measured.apart.resolved:
        return f"At {middle:g} K 1 meV/atom between the phases moves T* by {low:.0f} to {high:.0f} K ({latent})."
    word, apart = _signed(measured.apart, "high", "low")
    least, most = (apart.scaled(0.5 * each, "K") for each in (low, high))
    return (
        f"At {middle:g} K this puts T* too {word} by {least} to {most} ({latent}), as a scale; [budget] measures it in "
        "the study's own runs, or says that one mesh is too far from the other."
    )


def _remedy(atoms: int, measured: Measured) -> str:
    larger = 2 * COARSE_MOST_ATOMS if measured in COARSE_MESH else 2 * MESH_UP_TO_ATOMS
    return f'Take kpoints = "{mesh_for([atoms])}", or cells of {larger} atoms or more.'
