"""What too few k-points cost in a small cell, so that a plan can say it before anything is spent.

Measured with the engine of this package on dense hydrogen at 200 GPa: free energy at one mesh less that at a denser
one, on configurations of runs at that mesh itself (docs/findings.md). Within some 50 fs dynamics goes to configurations
whose energy is too low at its own points and stays there; configurations from elsewhere show nothing.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.dft.kpoints import MEAN_VALUE
from llpt.study.kpoints import is_one_point, kpoints_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llpt.study.file import StudyFile

MESH_UP_TO_ATOMS = 128
ENOUGH_ATOMS = 512
"""Of the cell that a mesh repeats: 64 atoms at 2x2x2 lie within 0.4 meV/atom of 4x4x4 in molecules at 700 K."""


@dataclass(frozen=True)
class Measured:
    """The error of one k-point in one size of cell.

    Args:
        atoms: of the cell.
        molecular: of the molecular fluid at 700 K, in meV/atom, for people.
        atomic: of the atomic fluid at 1600 K.
    """

    atoms: int
    molecular: str
    atomic: str


MEASURED = (Measured(64, "-93 ± 3", "-39 ± 3"), Measured(128, "-31 ± 1", "-11.3 ± 0.3"))


COARSE = "2x2x2"
COARSE_MOST_ATOMS = 32
COARSE_ERROR = (
    "with a molecular start the free energy was off by -48 ± 4 meV/atom and the pressure by -3.5 ± 0.3 GPa, "
    "with an atomic one by -52 ± 3 and -3.7 ± 0.2"
)
"""Of 32 atoms with that mesh at 200 GPa and 1000 K, less 4x4x4."""


def mesh_for(atoms: Iterable[int]) -> str:
    """Return the k-points to propose for a study of these sizes: a mesh where any cell is small.

    >>> [mesh_for([atoms]) for atoms in (16, 32, 64, 128, 256)], mesh_for([64, 512])
    (['4x4x4', '3x3x3', '2x2x2', '2x2x2', 'mean-value'], '2x2x2')
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
    reference = study.reference
    if reference is None:
        return ()
    given = str(kpoints_of(reference))
    sizes = sorted({size for line in study.state.lines() for size in study.sizes(line)})
    if given == COARSE:
        return tuple(_of_mesh(size) for size in sizes if size <= COARSE_MOST_ATOMS)
    if not is_one_point(given):
        return ()
    return tuple(_of_one_point(size, given) for size in sizes if size <= MESH_UP_TO_ATOMS)


def _of_one_point(atoms: int, kpoints: str) -> str:
    near = min(MEASURED, key=lambda each: abs(each.atoms - atoms))
    return (
        f'kpoints = "{kpoints}" with {atoms} atoms: in cells of {near.atoms} atoms at 200 GPa the free energy at '
        f"the mean value point was off by {near.molecular} meV/atom in the molecular fluid (700 K) and {near.atomic} "
        f"in the atomic (1600 K), on that reference's own runs; 10 meV/atom between the phases are 100 to 300 K. "
        f'Take kpoints = "{mesh_for([atoms])}", or cells of 256 atoms or more.'
    )


def _of_mesh(atoms: int) -> str:
    return (
        f'kpoints = "{COARSE}" with {atoms} atoms: in {COARSE_MOST_ATOMS} atoms at 200 GPa and 1000 K {COARSE_ERROR}. '
        f'Take kpoints = "{mesh_for([atoms])}", or cells of 64 atoms or more.'
    )
