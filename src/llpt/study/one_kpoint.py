"""What one k-point costs in a small cell, so that a plan can say it before anything is spent.

Measured with the engine of this package on dense hydrogen at 200 GPa: free energy at the mean value point less that at
a 2x2x2 mesh, on configurations of runs at the mean value point itself (docs/findings.md). Within some 50 fs dynamics
goes to configurations whose energy is too low at that one point and stays there; configurations from elsewhere show
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.dft.kpoints import MEAN_VALUE
from llpt.study.kpoints import MESH, is_one_point, kpoints_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llpt.study.file import StudyFile

MESH_UP_TO_ATOMS = 128


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


def mesh_for(atoms: Iterable[int]) -> str:
    """Return the k-points to propose for a study of these sizes: a mesh where any cell is small.

    >>> mesh_for([64, 512]), mesh_for([256])
    ('2x2x2', 'mean-value')
    """
    return MESH if min(atoms) <= MESH_UP_TO_ATOMS else MEAN_VALUE


def warnings_of(study: StudyFile) -> tuple[str, ...]:
    """Return one sentence for each size of cell in which the reference of a study takes one k-point too few.

    Args:
        study: the study; no sentence of a reference without k-points, or with a mesh that depends on the cell.
    """
    reference = study.reference
    if reference is None:
        return ()
    given = kpoints_of(reference)
    if not is_one_point(str(given)):
        return ()
    sizes = sorted({size for line in study.state.lines() for size in study.sizes(line)})
    return tuple(_sentence(size, str(given)) for size in sizes if size <= MESH_UP_TO_ATOMS)


def _sentence(atoms: int, kpoints: str) -> str:
    near = min(MEASURED, key=lambda each: abs(each.atoms - atoms))
    return (
        f'kpoints = "{kpoints}" with {atoms} atoms: in cells of {near.atoms} atoms at 200 GPa the free energy at '
        f"the mean value point was off by {near.molecular} meV/atom in the molecular fluid (700 K) and {near.atomic} "
        f"in the atomic (1600 K), on that reference's own runs; 10 meV/atom between the phases are 100 to 300 K. "
        f'Take kpoints = "{MESH}", or cells of 256 atoms or more.'
    )
