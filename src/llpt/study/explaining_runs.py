"""The single points of ``[bridge]`` and ``[budget]``: which snapshots are labelled, and with what."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.bridge import labels_needed
from llpt.campaign import ControlledTest, Role, file_stem
from llpt.study.kpoints import kpoints_of
from llpt.study.label_sections import AS_IT_IS
from llpt.study.nodes import runs_done_here
from llpt.study.nodes.coupled import PlannedCoupled
from llpt.study.nodes.other_labels import PlannedOtherLabels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.study.file import StudyFile
    from llpt.study.nodes import PlannedRun

_BRIDGE = "labels/bridge"
_BUDGET = "labels/budget"
SPREAD_EV_OF_64_ATOMS = 0.36
"""Standard deviation of Delta within a phase, a rough prior: 0.33 to 0.38 eV were seen with the own potential
(``examples/own-potential``) and with the published one, labels at 2x2x2, 24 snapshots each."""
LATENT_EV_PER_ATOM = (0.027, 0.090)
"""Step of the enthalpy at the transition: 2.62 kJ/g by coupled electron-ion Monte Carlo, and by Clapeyron from the
jump and the slope of the isobars of Karasiev et al. 2021 (doi:10.1038/s41586-021-04078-x)."""
PHASES = (ControlledTest.BASE, ControlledTest.COOLING, ControlledTest.DECOMPRESSION, ControlledTest.START)


def two_phases(study: StudyFile) -> tuple[ControlledTest, ControlledTest] | None:
    """Return which runs of one temperature are of the phase stable below the transition, and which of that above it.

    Runs on the way up stay in the low phase for as long as they last, runs on the way down and from the other fluid in
    the high one. Whether the two really differ is seen in what they average to.

    Args:
        study: the study.

    Returns:
        The tests of the low and of the high phase; None where the study has runs of one phase only at a temperature.
    """
    start = study.tests.start.start if study.tests.start is not None else None
    if study.dynamics.ladder.goes_down:
        return (ControlledTest.START, ControlledTest.BASE) if start == "molecular" else None
    if start == "atomic":
        return ControlledTest.BASE, ControlledTest.START
    if study.tests.cooling is not None:
        return ControlledTest.BASE, ControlledTest.COOLING
    return (ControlledTest.BASE, ControlledTest.DECOMPRESSION) if study.tests.decompression is not None else None


def labels_beforehand(study: StudyFile) -> tuple[str, ...]:
    """Return, for each size that ``[bridge]`` labels, how many labels a shift known to 25 K takes.

    With the spread of Delta of two trained potentials against labels at a mesh, and the latent heats of the literature.

    Args:
        study: the study; nothing is said of one without ``[bridge]``.
    """
    section = study.bridge
    if section is None:
        return ()
    sentences = {}
    for line in study.state.lines():
        for atoms in study.sizes(line):
            taken = [
                each.temperature_k
                for each in line.states
                if section.takes(pressure_gpa=each.pressure_gpa, atoms=atoms, temperature_k=each.temperature_k)
            ]
            if taken:
                middle = taken[len(taken) // 2]
                needed = [
                    labels_needed(
                        SPREAD_EV_OF_64_ATOMS * math.sqrt(atoms / 64.0),
                        atoms=atoms,
                        temperature_k=middle,
                        enthalpy_ev_per_atom=latent,
                    )
                    for latent in reversed(LATENT_EV_PER_ATOM)
                ]
                sentences[atoms, middle] = (
                    f"{atoms} atoms near {middle:g} K: a shift known to 25 K takes {needed[0]} to {needed[1]} "
                    f"independent labels in each phase and ensemble; the study asks for {section.snapshots} snapshots "
                    f"of each run. (For a spread of {SPREAD_EV_OF_64_ATOMS:g} eV in 64 atoms and a latent heat of "
                    f"{1000 * LATENT_EV_PER_ATOM[1]:g} to {1000 * LATENT_EV_PER_ATOM[0]:g} meV/atom.)"
                )
    return tuple(sentences.values())


def label_nodes(study: StudyFile, runs: Sequence[PlannedRun]) -> list[PlannedOtherLabels | PlannedCoupled]:
    """Return the single points that a study asks for, and the runs between the two sides.

    Args:
        study: the study.
        runs: every run of its plan, those made elsewhere among them.
    """
    return [*_bridge(study, runs), *_coupled(study, runs), *_budget(study, runs)]


def _bridge(study: StudyFile, runs: Sequence[PlannedRun]) -> list[PlannedOtherLabels]:
    """Label the runs of either side with the other's engine, where both have a run of one state and it is at hand."""
    section = study.bridge
    if section is None:
        return []
    found = []
    own = {run.path: run for run in runs_done_here(runs)}
    for run, other in pairs(runs):
        takes = section.takes(
            pressure_gpa=run.state.pressure_gpa, atoms=run.atoms, temperature_k=run.state.temperature_k
        )
        if takes and other.path in own:
            found.append(
                PlannedOtherLabels(
                    path=bridge_path(run),
                    run=run,
                    like=own[other.path],
                    changed={},
                    snapshots=section.snapshots,
                    derivatives=section.derivatives,
                )
            )
    return found


def _coupled(study: StudyFile, runs: Sequence[PlannedRun]) -> list[PlannedCoupled]:
    """Run between both sides at every coupling, where snapshots of both are labelled."""
    section = study.bridge
    if section is None:
        return []
    own = {run.path: run for run in runs_done_here(runs)}
    return [
        PlannedCoupled(
            path=coupled_path(run, coupling),
            run=own[run.path],
            surrogate=own[other.path],
            coupling=coupling,
            snapshots=section.snapshots,
        )
        for run, other in pairs(runs)
        if run.role is Role.REFERENCE
        and {run.path, other.path} <= own.keys()
        and section.takes(pressure_gpa=run.state.pressure_gpa, atoms=run.atoms, temperature_k=run.state.temperature_k)
        for coupling in section.couplings
    ]


def bridge_path(run: PlannedRun) -> str:
    """Return the directory of the other side's labels of a run's snapshots."""
    return f"{_BRIDGE}/{file_stem(run.path)}"


def coupled_path(run: PlannedRun, coupling: float) -> str:
    """Return the directory of the run between the two sides at the state of a run of the reference."""
    return f"{bridge_path(run)}-coupling{coupling:g}"


def budget_path(run: PlannedRun, choice: str) -> str:
    """Return the directory of the labels of a run's snapshots with a choice, or with the reference as it is.

    Args:
        run: a run of the reference.
        choice: the choice's name, or ``label_sections.AS_IT_IS``.
    """
    return f"{_BUDGET}/{file_stem(run.path)}/{choice}"


def pairs(runs: Sequence[PlannedRun]) -> list[tuple[PlannedRun, PlannedRun]]:
    """Return each run with the other side's run of the same state, size, test and repeat, both ways round."""
    sides: dict[tuple[object, ...], dict[Role, PlannedRun]] = {}
    for run in runs:
        if run.test in PHASES:
            key = (run.atoms, run.state, run.test, run.repeat)
            sides.setdefault(key, {}).setdefault(run.role, run)
    both = [side for side in sides.values() if len(side) == len(Role)]
    return [
        pair
        for side in both
        for pair in (
            (side[Role.REFERENCE], side[Role.SURROGATE]),
            (side[Role.SURROGATE], side[Role.REFERENCE]),
        )
    ]


def _budget(study: StudyFile, runs: Sequence[PlannedRun]) -> list[PlannedOtherLabels]:
    """Label the reference's runs as it is and with each choice: of both phases where the study has runs of both."""
    section, phases = study.budget, two_phases(study) or (ControlledTest.BASE,)
    if section is None or study.reference is None:
        return []
    found = []
    chosen = [run for run in runs_done_here(runs) if run.role is Role.REFERENCE]
    present = {(run.atoms, run.state, run.test) for run in chosen}
    choices = section.all_choices(kpoints_of(study.reference))
    for run in chosen:
        takes = section.takes(
            pressure_gpa=run.state.pressure_gpa, atoms=run.atoms, temperature_k=run.state.temperature_k
        )
        both = all((run.atoms, run.state, test) in present for test in phases)
        if takes and both and run.test in phases and run.repeat == 1:
            found.append(
                PlannedOtherLabels(
                    path=budget_path(run, AS_IT_IS), run=run, like=run, changed={}, snapshots=section.snapshots
                )
            )
            found += [
                PlannedOtherLabels(
                    path=budget_path(run, choice.name),
                    run=run,
                    like=run,
                    engine=choice.engine,
                    changed=choice.changed(run.state.temperature_k),
                    snapshots=section.snapshots,
                )
                for choice in choices
            ]
    return found
