"""The runs of a study are asked whether they are of the ensembles that they claim (``llpt.audit.ensemble``)."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit.ensemble import (
    EnsembleCheck,
    bead_momenta_checks,
    kinetic_energy_checks,
    pressure_pair_check,
    temperature_pair_check,
    trend_check,
    volume_variance_check,
)
from llpt.dynamics import Ensemble
from llpt.study.outcome import State
from llpt.trajectory import Trajectory
from llpt.units import EV_PER_ANGSTROM3_TO_GPA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from llpt.campaign import ControlledTest
    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import Entry
    from llpt.study.nodes import PlannedRun

SAME = 1e-4
"""Temperatures that differ by less than this share are one: files write a width in eV with few digits."""
Asked = tuple[tuple[str, ...], EnsembleCheck]
SERIES = ("kinetic_energy_ev", "temperature_k", "volume_angstrom3", "internal_energy_ev", "free_energy_ev")


def certify_study(
    directory: StudyDirectory,
    runs: Iterable[PlannedRun],
    entries: Mapping[str, Entry],
    on_part: Callable[[int, int], None] = lambda *_: None,
) -> Iterator[Asked]:
    """Yield what each run, and each two or three neighbouring runs, came to.

    Args:
        directory: the study.
        runs: those that are asked, as far as they are done.
        entries: its ledger, by run.
        on_part: called before each part, a run that is read or asked or neighbours that are asked, and at the end, with
            how many parts are behind and how many there are.

    Raises:
        StorageError: a trajectory is damaged.
    """
    done = [run for run in runs if run.path in entries and entries[run.path].state is State.DONE]
    rows, pairs = _at_one_temperature(done), list(_at_one_pressure_or_density(done))
    total = 2 * len(done) + len(rows) + len(pairs)
    behind = itertools.count()
    series = {}
    for run in done:
        on_part(next(behind), total)
        series[run.path] = _series(directory, run)
    for run in done:
        on_part(next(behind), total)
        for check in _of_one(run, series[run.path]):
            yield (run.path,), check
    for neighbours in rows:
        on_part(next(behind), total)
        yield from _of_pressures(neighbours, series)
    for pair in pairs:
        on_part(next(behind), total)
        yield from _of_temperatures(pair, series)
    on_part(total, total)


Series = dict[str, "NDArray[np.float64]"]


def _series(directory: StudyDirectory, run: PlannedRun) -> Series:
    scalars = Trajectory.open(directory.node(run.path)).scalars()
    counted = np.asarray(scalars["step"].values) >= run.discard
    return {name: np.asarray(scalars[name].values, dtype=float)[counted] for name in SERIES}


def _of_one(run: PlannedRun, series: Series) -> Iterator[EnsembleCheck]:
    """Ask a run for its kinetic energy, or that of its beads, and whether it stays where it is."""
    kinetic, kelvin, target = series["kinetic_energy_ev"], series["temperature_k"], run.state.temperature_k
    if run.beads == 1 and np.isfinite(kinetic).all() and run.dynamics.ensemble is not Ensemble.NVE:
        degrees = 3 * run.atoms - 3
        yield from kinetic_energy_checks(kinetic, temperature_k=target, degrees_of_freedom=degrees)
    if run.beads > 1 and np.isfinite(kelvin).all():
        yield from bead_momenta_checks(kelvin, temperature_k=target, atoms=run.atoms, beads=run.beads)
    held = run.pressure_gpa is None
    what, name = ("internal energy", "internal_energy_ev") if held else ("volume", "volume_angstrom3")
    if np.isfinite(series[name]).all():
        yield trend_check(what, series[name])


@dataclass(frozen=True)
class _Alike:
    """Runs that differ in one thing are of one group.

    Args:
        engine: its name in paths.
        atoms: number of atoms.
        test: the controlled test.
        kind: what is the same: temperature, pressure or density.
        value: its value.
    """

    engine: str
    atoms: int
    test: ControlledTest
    kind: str
    value: float


def _grouped(done: Sequence[PlannedRun], kind: str) -> list[list[PlannedRun]]:
    """Return first runs of each state that share engine, size, test and a temperature, pressure or density."""
    groups: dict[_Alike, list[PlannedRun]] = {}
    for run in done:
        values = {
            "temperature": run.state.temperature_k if run.pressure_gpa is not None else None,
            "pressure": run.pressure_gpa,
            "density": run.state.density_g_per_cm3 if run.pressure_gpa is None else None,
        }
        value = values[kind]
        if value is not None and run.repeat == 1:
            group = _Alike(run.engine_folder, run.atoms, run.test, kind, value)
            groups.setdefault(group, []).append(run)
    return list(groups.values())


def _at_one_temperature(done: Sequence[PlannedRun]) -> list[list[PlannedRun]]:
    """Return runs at one temperature, by rising pressure."""
    return [sorted(runs, key=lambda run: run.pressure_gpa or 0.0) for runs in _grouped(done, "temperature")]


def _at_one_pressure_or_density(done: Sequence[PlannedRun]) -> Iterator[tuple[PlannedRun, PlannedRun]]:
    """Yield neighbours in temperature at one pressure, or at one density."""
    for kind in ("pressure", "density"):
        for runs in _grouped(done, kind):
            yield from pairwise(sorted(runs, key=lambda run: run.state.temperature_k))


def _of_pressures(runs: list[PlannedRun], series: Mapping[str, Series]) -> Iterator[Asked]:
    """Ask neighbours in pressure for the ratio of their volumes, and those between two for Var(V)."""
    volumes = [series[run.path]["volume_angstrom3"] for run in runs]
    pressures = [run.pressure_gpa or 0.0 for run in runs]
    for place, (one, other) in enumerate(pairwise(runs)):
        yield (
            (one.path, other.path),
            pressure_pair_check(
                (volumes[place], volumes[place + 1]),
                pressures_gpa=(pressures[place], pressures[place + 1]),
                temperature_k=one.state.temperature_k,
            ),
        )
    for place in range(1, len(runs) - 1):
        around = slice(place - 1, place + 2)
        if pressures[place - 1] > 0.0:
            yield (
                (runs[place].path,),
                volume_variance_check(
                    volumes[around], pressures_gpa=pressures[around], temperature_k=runs[place].state.temperature_k
                ),
            )


def _of_temperatures(pair: tuple[PlannedRun, PlannedRun], series: Mapping[str, Series]) -> Iterator[Asked]:
    """Ask neighbours in temperature for the ratio of their energies or enthalpies."""
    name = _energy_that_counts(pair)
    if name is None or any(run.beads > 1 for run in pair):
        return
    energies = []
    for run in pair:
        work = (run.pressure_gpa or 0.0) / EV_PER_ANGSTROM3_TO_GPA * series[run.path]["volume_angstrom3"]
        energies.append(series[run.path][name] + work)
    if all(np.isfinite(values).all() for values in energies):
        temperatures = (pair[0].state.temperature_k, pair[1].state.temperature_k)
        check = temperature_pair_check((energies[0], energies[1]), temperatures_k=temperatures)
        yield (pair[0].path, pair[1].path), check


def _energy_that_counts(pair: tuple[PlannedRun, PlannedRun]) -> str | None:
    """Return which energy weighs configurations at two temperatures; None where the electrons follow neither rule.

    The weight is exp(-beta F). With electrons at one temperature F is one function; where they have that of the ions,
    the derivative of beta F by beta is E.
    """
    electrons = [_electronic_temperature_k(run) for run in pair]
    if math.isclose(*electrons, rel_tol=SAME):
        return "free_energy_ev"
    ions = [run.state.temperature_k for run in pair]
    ionic = all(math.isclose(one, other, rel_tol=SAME) for one, other in zip(electrons, ions, strict=True))
    return "internal_energy_ev" if ionic else None


def _electronic_temperature_k(run: PlannedRun) -> float:
    value = run.options.get("electronic_temperature_k")
    return 0.0 if value is None else float(str(value))
