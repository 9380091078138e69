"""H5MD of other programs (nongnu.org/h5md), such as MDAnalysis and ZnH5MD write; ``llpt.trajectory`` reads its own.

Positions, velocities, forces and box edges are converted by the units their datasets name. Energies and the like are
taken from ``observables`` where their names and units are known; a lone potential energy does not say whether it is E
or F. What was written at other steps than the positions is left out and named. Files without species need to be told
the elements. ZnH5MD writes the elements and the box of every frame, and calls forces ``forces`` where it is old; its
momenta are not used, for their unit is written in several ways.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from llpt.errors import InputError
from llpt.trajectory.facts import Facts
from llpt.trajectory.foreign.arrays import atomic_numbers_of
from llpt.trajectory.foreign.frame import ForeignFrame, ForeignTrajectory
from llpt.units import BAR_TO_GPA, EV_TO_KJ_PER_MOL, HARTREE_TO_EV, KCAL_PER_MOL_TO_EV, KILOBAR_TO_GPA, PS_TO_FS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

LIMIT = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]),) * 2)
"""
TRIAL = """
import contextlib, sys
import h5py

seen = set()


def look_at(item):
    with contextlib.suppress(Exception):
        if h5py.h5o.get_info(item.id).addr in seen:
            return
        seen.add(h5py.h5o.get_info(item.id).addr)
        for name in item.attrs:
            with contextlib.suppress(Exception):
                item.attrs[name]
        for name in item if isinstance(item, h5py.Group) else ():
            with contextlib.suppress(Exception):
                look_at(item[name])


with h5py.File(sys.argv[1], "r") as file:
    look_at(file)
"""
"""Reads all of a file but its arrays, each part whatever is wrong with the others."""
TRIAL_SECONDS = 10
"""Of processor time, so that a machine at work with other things calls no sound file damaged."""
BLOCK_BYTES = 16 * 1024**2
LENGTH_IN_ANGSTROM = {"angstrom": 1.0, "a": 1.0, "å": 1.0, "nm": 10.0}
TIME_IN_FS = {"ps": PS_TO_FS, "fs": 1.0, "ns": 1e6}
ENERGY_IN_EV = {"ev": 1.0, "kj mol-1": 1.0 / EV_TO_KJ_PER_MOL, "kcal mol-1": KCAL_PER_MOL_TO_EV}
ENERGY_IN_EV |= {"hartree": HARTREE_TO_EV}
PRESSURE_IN_GPA = {"gpa": 1.0, "bar": BAR_TO_GPA, "kbar": KILOBAR_TO_GPA}
TEMPERATURE_IN_K = {"k": 1.0}
ARRAYS = ("velocity", "force", "forces")
OBSERVABLES = {
    "internal_energy_ev": (("internal_energy", "internal_energy_ev"), ENERGY_IN_EV),
    "free_energy_ev": (("free_energy", "free_energy_ev"), ENERGY_IN_EV),
    "energy_ev": (("potential_energy", "potential", "energy"), ENERGY_IN_EV),
    "kinetic_energy_ev": (("kinetic_energy", "kinetic_energy_ev", "kinetic"), ENERGY_IN_EV),
    "temperature_k": (("temperature", "temperature_k"), TEMPERATURE_IN_K),
    "pressure_gpa": (("pressure", "pressure_gpa"), PRESSURE_IN_GPA),
    "conserved_ev": (("conserved", "conserved_ev"), ENERGY_IN_EV),
}


def open_h5md(path: Path, *, elements: Sequence[str] = ()) -> ForeignTrajectory:
    """Open an H5MD file with one group of particles.

    Args:
        path: the file.
        elements: for a file without species: one element for all atoms, or one for each.

    Raises:
        InputError: it is not H5MD, has several groups of particles, names no unit or an unknown one, or no elements.
    """
    with open_hdf5(path) as file:
        group = _particles(file, path)
        position = group["position/value"]
        n_atoms = position.shape[1]
        numbers = _numbers(group, n_atoms, elements, path)
        masses = np.asarray(group["mass"][...], dtype=float).ravel() if "mass" in group else None
        times = _times(group["position"], path)
        interval = float(times[1] - times[0]) if times is not None and len(times) > 1 else None
        _factors(group, path)
        left_out = [name for name in ARRAYS if name in group and not _beside_positions(group[name], group)]
        left_out += _observables(file, group)[1]
    if masses is not None and len(masses) != n_atoms:
        masses = None
    return ForeignTrajectory(
        program="H5MD",
        files=(path,),
        numbers=numbers,
        frames=lambda: _frames(path),
        masses_u=masses,
        facts=Facts(frame_interval_fs=interval or None),
        notes=(f"{', '.join(left_out)}: written at other steps than the positions, and left out.",) if left_out else (),
    )


def check_sound(path: Path) -> None:
    """Refuse a file on which the HDF5 library crashes or never ends: a process apart tries it first.

    Raises:
        InputError: it does.
    """
    tried = subprocess.run(
        [sys.executable, "-c", LIMIT + TRIAL, str(path), str(TRIAL_SECONDS)], capture_output=True, check=False
    )
    if tried.returncode < 0:  # ended by a signal; an ordinary error is told better by whoever reads on
        raise InputError(f"{path} is damaged: the HDF5 library cannot read it.", "Restore the file from a copy.")


def open_hdf5(path: Path) -> Any:
    """Open an HDF5 file to be read.

    Raises:
        InputError: it is none.
    """
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise InputError(f"{path} is not a readable HDF5 file.", "Restore it from a copy, or give another.") from error


def _particles(file: Any, path: Path) -> Any:
    groups = list(file.get("particles", {}))
    if len(groups) != 1 or "position" not in file["particles"][groups[0]]:
        raise InputError(
            f"{path} has {len(groups)} groups of particles with positions; one is needed.", "Give an H5MD file of one."
        )
    return file["particles"][groups[0]]


def _numbers(group: Any, n_atoms: int, elements: Sequence[str], path: Path) -> NDArray[np.int64]:
    if "species" in group and not elements:
        species = _species(group["species"], path)
        if len(species) == n_atoms and (species > 0).all():
            return species
    return atomic_numbers_of(elements, n_atoms, str(path))


def _species(given: Any, path: Path) -> NDArray[np.int64]:
    """Return the atomic numbers, written once or for every frame; none where they are no whole numbers."""
    dataset = given["value"] if isinstance(given, h5py.Group) else given
    if not np.issubdtype(dataset.dtype, np.number):
        return np.zeros(0, dtype=np.int64)
    values = np.asarray(dataset[...], dtype=float)
    if not (np.isfinite(values).all() and (values == np.round(values)).all()):
        return np.zeros(0, dtype=np.int64)
    first: NDArray[np.int64] = values.reshape(-1, values.shape[-1] if values.ndim else 1)[0].astype(np.int64)
    if values.ndim > 1 and not (values == first).all():
        raise InputError(f"{path} holds other atoms in some frames.", "Give runs with a fixed list of atoms.")
    return first


def _unit(dataset: Any) -> str:
    unit = dataset.attrs.get("unit", "")
    return (unit.decode() if isinstance(unit, bytes) else str(unit)).strip()


def _factor(dataset: Any, table: Mapping[str, float], path: Path) -> float:
    unit = _unit(dataset)
    if unit.lower() not in table:
        raise InputError(
            f"{path}: {dataset.name} has the unit {unit or '(none)'}, which is not known here.",
            f"Set its attribute unit to one of {', '.join(table)}.",
        )
    return table[unit.lower()]


def _times(element: Any, path: Path) -> NDArray[np.float64] | None:
    """Return the times of all frames in fs, None where there are none with a unit."""
    if "time" not in element or not _unit(element["time"]):
        return None
    times = _along(element, "time")
    return None if times is None or len(times) < 2 else times * _factor(element["time"], TIME_IN_FS, path)


def _along(element: Any, name: str) -> NDArray[np.float64] | None:
    """Return the steps or times of all frames; None where they are not written one by one.

    A lone number, the interval, is often no more than the default of who wrote it.
    """
    if name not in element or element[name].shape == ():
        return None
    values = np.asarray(element[name][...], dtype=float).ravel()
    return values if len(values) == len(element["value"]) else None


def _beside_positions(element: Any, group: Any) -> bool:
    """Whether an element has a value for each frame of the positions, and at the same steps where both say at which."""
    positions = group["position"]
    if element["value"].shape[:1] != positions["value"].shape[:1]:
        return False
    steps, others = (_along(each, "step") for each in (positions, element))
    return steps is None or others is None or bool((steps == others).all())


def _edges(group: Any) -> Any:
    edges = group["box/edges"]
    return edges["value"] if isinstance(edges, h5py.Group) else edges


def _factors(group: Any, path: Path) -> dict[str, float]:
    """Return the factor of every array that is there."""
    found = {"position": _factor(group["position/value"], LENGTH_IN_ANGSTROM, path)}
    if "box/edges" not in group:
        raise InputError(f"{path} has no box.", "Write the box, also of a run at constant volume.")
    edges = _edges(group)
    if edges.ndim == 3 and len(edges) != len(group["position/value"]):
        raise InputError(
            f"{path} has {len(edges)} boxes for {len(group['position/value'])} frames of positions.",
            "Write the box with each frame of positions, or once.",
        )
    found["box"] = _factor(edges, LENGTH_IN_ANGSTROM, path) if _unit(edges) else found["position"]
    for name, above, below in (
        ("velocity", LENGTH_IN_ANGSTROM, TIME_IN_FS),
        ("force", ENERGY_IN_EV, LENGTH_IN_ANGSTROM),
        ("forces", ENERGY_IN_EV, LENGTH_IN_ANGSTROM),
    ):
        if name in group:
            found[name] = _quotient(group[f"{name}/value"], above, below, path)
    return found


def _quotient(dataset: Any, above: Mapping[str, float], below: Mapping[str, float], path: Path) -> float:
    """Return the factor of a unit such as ``Angstrom ps-1`` or ``kJ mol-1 Angstrom-1``."""
    first, _, last = _unit(dataset).lower().replace("/", " ").rpartition(" ")
    last = last.removesuffix("-1")
    if first not in above or last not in below:
        raise InputError(
            f"{path}: {dataset.name} has the unit {_unit(dataset) or '(none)'}, which is not known here.",
            "Set its attribute unit, e.g. Angstrom fs-1 or kJ mol-1 Angstrom-1.",
        )
    return above[first] / below[last]


def _observables(file: Any, group: Any) -> tuple[dict[str, Any], list[str]]:
    """Return the known observables with a number for each frame, and the names of those that are at other steps."""
    here: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and name.endswith("/value") and len(item.shape) == 1:
            here.setdefault(name.split("/")[-2], item)

    if "observables" in file:
        file["observables"].visititems(visit)
    found: dict[str, Any] = {}
    left_out = []
    for field, (names, _) in OBSERVABLES.items():
        name = next((each for each in names if each in here), "")
        if not name or not _unit(here[name]):
            continue
        if _beside_positions(here[name].parent, group):
            found[field] = here[name]
        else:
            left_out.append(name)
    return found, left_out


def _frames(path: Path) -> Iterator[ForeignFrame]:
    with open_hdf5(path) as file:
        group = _particles(file, path)
        factors = _factors(group, path)
        position = group["position/value"]
        n_frames, n_atoms = position.shape[:2]
        numbers = {
            field: np.asarray(dataset[...], dtype=float) * _factor(dataset, OBSERVABLES[field][1], path)
            for field, dataset in _observables(file, group)[0].items()
        }
        beside = [name for name in ARRAYS if name in factors and _beside_positions(group[name], group)]
        times = _times(group["position"], path)
        steps = _along(group["position"], "step")
        edges = _edges(group)
        size = max(1, BLOCK_BYTES // (n_atoms * 24))
        for start in range(0, n_frames, size):
            chosen = slice(start, min(start + size, n_frames))
            arrays = {
                name: np.asarray(group[f"{name}/value"][chosen], dtype=float) * factors[name]
                for name in ("position", *beside)
            }
            forces = arrays.get("force", arrays.get("forces"))
            cells = _cells(edges, chosen, n_frames) * factors["box"]
            for index in range(chosen.stop - start):
                plain = ForeignFrame(
                    positions_angstrom=arrays["position"][index],
                    cell_angstrom=cells[index],
                    velocities_angstrom_per_fs=arrays["velocity"][index] if "velocity" in arrays else None,
                    forces_ev_per_angstrom=forces[index] if forces is not None else None,
                    time_fs=None if times is None else float(times[start + index]),
                    clock=None if steps is None else float(steps[start + index]),
                )
                scalars: dict[str, Any] = {name: float(values[start + index]) for name, values in numbers.items()}
                yield replace(plain, **scalars)


def _cells(edges: Any, chosen: slice, n_frames: int) -> NDArray[np.float64]:
    """Return cell vectors as rows, shape (f, 3, 3), from edges that change or not, given as lengths or vectors."""
    count = chosen.stop - chosen.start
    varying = edges.ndim == 3 or (edges.ndim == 2 and edges.shape[0] == n_frames and edges.shape != (3, 3))
    values = np.asarray(edges[chosen] if varying else edges[...], dtype=float)
    if not varying:
        values = np.broadcast_to(values, (count, *values.shape))
    return values if values.ndim == 3 else values[:, :, np.newaxis] * np.eye(3)
