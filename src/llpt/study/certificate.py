"""The runs of a study are asked whether they are of the ensembles that they claim (``llpt.audit.ensemble``)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.audit.ensemble import EnsembleCheck, kinetic_energy_checks, pressure_pair_check, temperature_pair_check
from llpt.study.outcome import State
from llpt.trajectory import Trajectory
from llpt.units import EV_PER_ANGSTROM3_TO_GPA

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import Entry
    from llpt.study.nodes import PlannedRun
    from llpt.study.plan import Plan

Asked = tuple[tuple[str, ...], EnsembleCheck]


def certify_study(directory: StudyDirectory, plan: Plan, entries: Mapping[str, Entry]) -> Iterator[Asked]:
    """Yield what each run, and each pair of neighbouring runs, came to.

    Args:
        directory: the study.
        plan: its plan.
        entries: its ledger, by run.

    Raises:
        StorageError: a trajectory is damaged.
    """
    done = [run for run in plan.runs if run.path in entries and entries[run.path].state is State.DONE]
    series = {run.path: _series(directory, run) for run in done}
    for run in done:
        if run.beads > 1:  # neither its kinetic energy nor its enthalpy has the distribution of classical nuclei
            series[run.path] |= {name: np.full(1, np.nan) for name in ("kinetic_energy_ev", "internal_energy_ev")}
        kinetic = series[run.path]["kinetic_energy_ev"]
        if np.isfinite(kinetic).all() and run.dynamics.ensemble != "nve":
            degrees = 3 * run.atoms - 3
            for check in kinetic_energy_checks(
                kinetic, temperature_k=run.state.temperature_k, degrees_of_freedom=degrees
            ):
                yield (run.path,), check
    yield from _pairs(done, series)


def _series(directory: StudyDirectory, run: PlannedRun) -> dict[str, NDArray[np.float64]]:
    scalars = Trajectory.open(directory.node(run.path)).scalars()
    counted = np.asarray(scalars["step"].values) >= run.discard
    names = ("kinetic_energy_ev", "volume_angstrom3", "internal_energy_ev")
    return {name: np.asarray(scalars[name].values, dtype=float)[counted] for name in names}


def _pairs(done: list[PlannedRun], series: Mapping[str, Mapping[str, NDArray[np.float64]]]) -> Iterator[Asked]:
    """Yield pairs of base runs of one engine and size that differ in pressure, or in temperature, alone."""
    held: dict[Any, list[PlannedRun]] = {}
    for run in done:
        if run.pressure_gpa is not None and run.repeat == 1:
            here = (run.engine_folder, run.atoms, run.test)
            held.setdefault((*here, "T", run.state.temperature_k), []).append(run)
            held.setdefault((*here, "P", run.pressure_gpa), []).append(run)
    for (*_, kind, _value), runs in held.items():
        ordered = sorted(runs, key=lambda run: (run.pressure_gpa or 0.0, run.state.temperature_k))
        for one, other in pairwise(ordered):
            pair = (one.path, other.path)
            if kind == "T" and one.pressure_gpa is not None and other.pressure_gpa is not None:
                volumes = (series[one.path]["volume_angstrom3"], series[other.path]["volume_angstrom3"])
                pressures = (one.pressure_gpa, other.pressure_gpa)
                yield pair, pressure_pair_check(volumes, pressures_gpa=pressures, temperature_k=one.state.temperature_k)
            elif kind == "P":
                enthalpies = tuple(_enthalpy(series[run.path], run.pressure_gpa or 0.0) for run in (one, other))
                if all(np.isfinite(values).all() for values in enthalpies):
                    temperatures = (one.state.temperature_k, other.state.temperature_k)
                    yield pair, temperature_pair_check((enthalpies[0], enthalpies[1]), temperatures_k=temperatures)


def _enthalpy(series: Mapping[str, NDArray[np.float64]], pressure_gpa: float) -> NDArray[np.float64]:
    return series["internal_energy_ev"] + pressure_gpa / EV_PER_ANGSTROM3_TO_GPA * series["volume_angstrom3"]
