"""Open a trajectory, whatever it is in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.errors import InputError, listed, unsuitable
from llpt.trajectory.facts import Facts, stated
from llpt.trajectory.foreign import EnergyMeaning, ForeignReader, open_foreign
from llpt.trajectory.foreign.arrays import open_arrays
from llpt.trajectory.foreign.ase_atoms import is_atoms, open_atoms
from llpt.trajectory.foreign.mdanalysis import is_mdanalysis, open_universe
from llpt.trajectory.foreign.reading import AMBIGUOUS_ENERGY, NAME_THE_ENERGY
from llpt.trajectory.foreign.statements import check_beside, check_statements, checks_of
from llpt.trajectory.foreign.streaming import StreamedFrames
from llpt.trajectory.foreign.suspicion import hold_against
from llpt.trajectory.stored import StoredFrames
from llpt.trajectory.trajectory import Trajectory

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ase import Atoms
    from numpy.typing import ArrayLike, NDArray

    from llpt.trajectory.foreign import ForeignTrajectory


def open_trajectory(
    source: str | Path | Sequence[str | Path] | Iterable[Atoms] | NDArray[np.float64] | Any,
    *,
    timestep_fs: float | None = None,
    temperature_k: float | None = None,
    pressure_gpa: float | None = None,
    electronic_temperature_k: float | None = None,
    energy_is: str | None = None,
    cell: ArrayLike | None = None,
    elements: str | Sequence[str] = (),
    lammps_units: str | None = None,
    keys: Mapping[str, str] | None = None,
    despite: str | Collection[str] = (),
    discard_steps: int = 0,
) -> Trajectory:
    """Open a trajectory, whatever it is in, without writing anything.

    A keyword is needed only where the source does not say it and somebody asks for what depends on it; one that
    contradicts what the source says is refused.

    Args:
        source: one of

            - a run directory (of ``llpt run``, ``llpt md`` or ``run_md``), or its ``trajectory.h5``;
            - a file, or a list of files that belong together, of any program that ``llpt import`` knows: VASP
              (``vasprun.xml``, ``XDATCAR`` with ``OUTCAR``), pw.x, CP2K, LAMMPS, i-PI, extended XYZ, H5MD, ASE;
            - structures: a list or an iterator of ``ase.Atoms``, whose calculators are asked for energies and forces
              where they have not computed them, or an open ``ase.io.Trajectory``;
            - a universe of MDAnalysis, or a group of its atoms;
            - an array of positions in Å, shape (n_frames, n_atoms, 3), with ``cell`` and ``elements``.
        timestep_fs: time from frame to frame.
        temperature_k: the thermostat's temperature.
        pressure_gpa: the barostat's pressure.
        electronic_temperature_k: T_el; 0 for a potential without electrons.
        energy_is: what a lone energy is, ``"internal"`` (E) or ``"free"`` (F = E − T_el S); where the source
            gives one and does not say, and T_el is not 0, energies are missing without it.
        cell: of an array of positions: edges, shape (3,), or cell vectors as rows, shape (3, 3) or (n_frames, 3, 3), Å.
        elements: of an array, a universe, LAMMPS's types or H5MD's atoms: one for all, or one for each.
        lammps_units: ``"metal"`` or ``"real"``, where no log of LAMMPS says so.
        keys: what ``energy``, ``free_energy``, ``forces`` and ``stress`` are called in structures, extended XYZ or
            files of ASE, e.g. ``{"energy": "E_pbe", "forces": "F_pbe"}``.
        despite: one or more checks that are left out: the names of ``FactCheck``, e.g. ``"temperature"`` or
            ``["drift", "gap"]``; docs/importing.md says what each of them finds.
        discard_steps: so many frames at the start of a trajectory made elsewhere do not count in the checks of its
            state (it warms up there); they stay in the trajectory, and ``observe`` leaves them out when told so.

    Raises:
        InputError: the source is not known here, is damaged, lacks what is needed to read it, states another
            value than a keyword, or its frames contradict what is stated of them.
        StorageError: a run directory is damaged.

    >>> positions = np.random.default_rng(0).uniform(0.0, 5.0, (3, 8, 3))
    >>> open_trajectory(positions, cell=[5.0, 5.0, 5.0], elements="H", timestep_fs=0.5).n_atoms
    8
    """
    given = stated(
        temperature_k=temperature_k,
        pressure_gpa=pressure_gpa,
        electronic_temperature_k=electronic_temperature_k,
        frame_interval_fs=timestep_fs,
    )
    symbols = (
        [elements]
        if isinstance(elements, str)
        else listed(elements, "names no elements", 'Give one symbol for all, e.g. "H", or one for each atom.')
    )
    found = _found(source, symbols, cell=cell, lammps_units=lammps_units, keys=keys)
    left_out, discarded = checks_of(despite), _count(discard_steps)
    check_beside(found.facts, found.beside, found.name, despite=left_out)
    check_statements(found.facts, given, found.name, despite=left_out)
    facts = _merged(found.facts, given)
    if found.own is not None:
        return Trajectory(StoredFrames(found.own), facts=facts, name=found.name)
    interval, electronic = facts.frame_interval_fs, facts.electronic_temperature_k
    reader = ForeignReader(
        found,
        frame_interval_fs=math.nan if interval is None else interval,
        electronic_temperature_k=electronic,
        energy_meaning=None if energy_is is None else _meaning(energy_is),
        attributes={} if electronic is None else {"electronic_temperature_k": electronic},
        despite=left_out,
        energy_optional=True,
    )
    frames = StreamedFrames(reader)
    contents = frames.contents
    if discarded >= contents.frames:
        raise InputError(f"discard_steps = {discarded} leaves none of {contents.frames} frames.", "Leave out fewer.")
    assert contents.measured is not None
    hold_against(contents.measured, facts, found.name, discard=discarded, despite=left_out)
    because = f"{AMBIGUOUS_ENERGY} {NAME_THE_ENERGY}" if contents.energy_is_ambiguous else None
    facts = replace(facts, missing=contents.missing, no_energy_because=because)
    return Trajectory(frames, facts=facts, name=found.name)


def _found(
    source: Any,
    elements: Sequence[str],
    *,
    cell: ArrayLike | None,
    lammps_units: str | None,
    keys: Mapping[str, str] | None,
) -> ForeignTrajectory:
    """Return what reads the source."""
    if isinstance(source, str | Path):
        return open_foreign([Path(source)], elements=elements, units=lammps_units, keys=keys)
    if isinstance(source, np.ndarray):
        return open_arrays(source, cell_angstrom=cell, elements=elements)
    if is_mdanalysis(source):
        return open_universe(source, elements=elements)
    items = list(source) if isinstance(source, Iterator) else source
    if is_atoms(items):
        return open_atoms(items, keys=keys)
    if isinstance(items, list | tuple) and all(isinstance(item, str | Path) for item in items):
        return open_foreign([Path(item) for item in items], elements=elements, units=lammps_units, keys=keys)
    raise unsuitable(
        source,
        "is no trajectory that is known here",
        "Give a path, a list of paths, a list of ase.Atoms, a universe of MDAnalysis or an array of positions.",
    )


def _merged(source: Facts, given: Facts) -> Facts:
    """Return what source and caller say together; the caller's word counts where both speak."""
    chosen = {field.name: getattr(given, field.name) for field in fields(Facts)}
    return replace(source, **{name: value for name, value in chosen.items() if value not in {None, ()}})


def _count(discard_steps: int) -> int:
    if not isinstance(discard_steps, int | np.integer) or discard_steps < 0:
        raise InputError(f"discard_steps = {discard_steps!r} is no number of frames.", "Give a whole number from 0 on.")
    return int(discard_steps)


def _meaning(energy_is: str) -> EnergyMeaning:
    try:
        return EnergyMeaning(energy_is)
    except ValueError as error:
        allowed = " or ".join(each.value for each in EnergyMeaning)
        raise InputError(f"energy_is = {energy_is!r} is not known.", f"Give {allowed}.") from error
