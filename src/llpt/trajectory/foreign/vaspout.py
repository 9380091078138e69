"""VASP: ``vaspout.h5`` (VASP 6), whose places are those of VASP's own reader py4vasp.

Energies in ``intermediate/ion_dynamics/energies`` are told apart by their labels; in molecular dynamics
"ion-electron TOTEN" is F, and E is not written, so that it is missing where the electrons are warm. Stress is the
virial part in kB, compression positive; velocities are in Å/fs, positions fractions of the cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ase.data import atomic_numbers

from llpt.errors import InputError
from llpt.trajectory.foreign.frame import ForeignFrame, ForeignTrajectory
from llpt.trajectory.foreign.h5md import open_hdf5
from llpt.trajectory.foreign.vasp import facts_of
from llpt.trajectory.foreign.vasp_theory import BESIDE, named_theory
from llpt.trajectory.stress import voigt
from llpt.units import KILOBAR_TO_GPA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import h5py
    from numpy.typing import NDArray

STEPS = "intermediate/ion_dynamics"
ATOMS = "results/positions"
MOTION = ("IBRION", "TEBEG", "TEEND", "POTIM", "PSTRESS", "ISIF", "MDALGO", "SMASS", "ANDERSEN_PROB")
TAGS = (*MOTION, "ISMEAR", "SIGMA")
THEORY = ("GGA", "METAGGA", "ENCUT", *BESIDE)
FREE = ("ion-electron TOTEN", "free energy TOTEN")
ENERGIES = {
    "internal_energy_ev": ("energy without entropy",),
    "kinetic_energy_ev": ("kinetic energy EKIN",),
    "temperature_k": ("temperature TEIN",),
    "conserved_ev": ("total energy ETOTAL",),
    "free_energy_ev": FREE,
}


def is_vaspout(path: Path) -> bool:
    """Whether an HDF5 file is one of VASP."""
    with open_hdf5(path) as file:
        return STEPS in file or "input/incar" in file


def open_vaspout(path: Path) -> ForeignTrajectory:
    """Open a ``vaspout.h5`` of molecular dynamics.

    Raises:
        InputError: it is damaged, holds no ionic steps, or is no molecular dynamics.
    """
    with open_hdf5(path) as file:
        if f"{STEPS}/position_ions" not in file or f"{ATOMS}/ion_types" not in file:
            raise InputError(f"{path} holds no ionic steps.", "Give vaspout.h5 of a finished step, or vasprun.xml.")
        symbols = [_text(each) for each in file[f"{ATOMS}/ion_types"][...]]
        counts = np.asarray(file[f"{ATOMS}/number_ion_types"][...], dtype=np.int64)
        tags = {name: float(np.ravel(file[f"input/incar/{name}"][()])[0]) for name in TAGS if _is_number(file, name)}
        tagged = {
            name: _text(np.ravel(file[f"input/incar/{name}"][()])[0]) for name in THEORY if name in file["input/incar"]
        }
        given = _is_number(file, "POMASS")
        masses = np.ravel(file["input/incar/POMASS"][()]).astype(float) if given else np.zeros(0)
    if any(symbol not in atomic_numbers for symbol in symbols) or len(symbols) != len(counts):
        raise InputError(f"{path} does not name its atoms.", "Give vasprun.xml.")
    return ForeignTrajectory(
        program="VASP",
        files=(path,),
        numbers=np.repeat([atomic_numbers[symbol] for symbol in symbols], counts).astype(np.int64),
        frames=lambda: _frames(path),
        masses_u=np.repeat(masses, counts) if len(masses) == len(counts) else None,
        theory=named_theory(tagged),
        facts=facts_of(tags, path, every=1),
    )


def _text(value: Any) -> str:
    return (value.decode() if isinstance(value, bytes) else str(value)).strip()


def _is_number(file: Any, name: str) -> bool:
    place = f"input/incar/{name}"
    return place in file and np.issubdtype(file[place].dtype, np.number)


def _frames(path: Path) -> Iterator[ForeignFrame]:
    with open_hdf5(path) as file:
        steps = file[STEPS]
        positions, cells = steps["position_ions"], steps["lattice_vectors"]
        scale = float(np.ravel(steps["scale"][()])[0]) if "scale" in steps else 1.0
        scalars = _scalars(steps)
        forces, stress, velocities = (steps.get(name) for name in ("forces", "stress", "ion_velocities"))
        converged = steps.get("electronic_step_converged")
        for number in range(len(positions)):
            cell = np.asarray(cells[number], dtype=float) * scale
            known: dict[str, Any] = {name: float(values[number]) for name, values in scalars.items()}
            yield ForeignFrame(
                positions_angstrom=np.asarray(positions[number], dtype=float) @ cell,
                cell_angstrom=cell,
                velocities_angstrom_per_fs=_row(velocities, number),
                forces_ev_per_angstrom=_row(forces, number),
                stress_gpa=None if stress is None else -voigt(np.asarray(stress[number], float)) * KILOBAR_TO_GPA,
                unconverged=converged is not None and number < len(converged) and bool(converged[number] != 0),
                **known,
            )


def _row(dataset: Any, number: int) -> NDArray[np.float64] | None:
    """Return one step of a dataset; None where it is not there, as of velocities that are printed at the end."""
    return None if dataset is None or number >= len(dataset) else np.asarray(dataset[number], dtype=float)


def _scalars(steps: h5py.Group) -> dict[str, NDArray[np.float64]]:
    """Return the energies that are known, by the names of ``ForeignFrame``."""
    if "energies" not in steps or "energies_tags" not in steps:
        return {}
    labels = [" ".join(_text(label).split()) for label in steps["energies_tags"][...]]
    values = np.asarray(steps["energies"][...], dtype=float)
    found = {}
    for name, wanted in ENERGIES.items():
        place = next((labels.index(label) for label in wanted if label in labels), None)
        if place is not None:
            found[name] = values[:, place]
    return found
