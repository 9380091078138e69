"""A surrogate does what imported runs of a reference did: same state and size, same start, same time, its forces."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.campaign import Role, size_name
from llpt.dynamics import RunSettings, timestep_auto
from llpt.dynamics.settings import SHORTEST_TIMESTEP_FS
from llpt.errors import InputError
from llpt.study.ladders import derived_seed, threads_for
from llpt.study.nodes import MolecularDynamics, Origin, Start
from llpt.study.protocol import starting_density

if TYPE_CHECKING:
    from llpt.study.file import StudyFile
    from llpt.study.imported import ImportedRun
    from llpt.study.ladders import Side

STORED_EVERY = 5
"""Steps between stored positions where the frames of the imported run do not lie further apart."""


def runs_like_imported(study: StudyFile, side: Side) -> list[MolecularDynamics]:
    """Return one run of the surrogate for every imported run of the reference.

    Args:
        study: the study.
        side: its surrogate.
    """
    return [_like(study, side, run) for run in study.imported if run.role is Role.REFERENCE]


def _like(study: StudyFile, side: Side, run: ImportedRun) -> MolecularDynamics:
    per_frame = steps_per_frame(run)
    state = run.state
    place = (state.line, state.temperature_name, size_name(run.atoms), run.test, run.repeat)
    settings = RunSettings(
        ensemble=run.dynamics.ensemble,
        temperature_k=run.temperature_k,
        pressure_gpa=run.pressure_gpa,
        timestep_fs=run.frame_interval_fs / per_frame,
        steps=run.steps * per_frame,
        seed=derived_seed(study.study.seed, *place),
        positions_every=max(STORED_EVERY, per_frame),
    )
    return MolecularDynamics(
        role=side.role,
        engine=side.engine,
        engine_folder=side.folder,
        options=side.options,
        atoms=run.atoms,
        state=state,
        test=run.test,
        repeat=run.repeat,
        dynamics=settings,
        discard=run.discard * per_frame,
        start=Start(Origin.BEGINNING_OF_RUN, run.path),
        threads=threads_for(run.atoms) if side.threads is None else side.threads,
    )


def steps_per_frame(run: ImportedRun) -> int:
    """Return how many steps of dynamics lie between two frames of an imported run.

    Where its files do not say the time step, so many that each is as short as dense hydrogen needs: 0.17-0.35 fs by
    temperature and density, the shortest where the density is not known.

    Args:
        run: the imported run.
    """
    if run.timestep_fs is not None:
        return max(1, round(run.frame_interval_fs / run.timestep_fs))
    try:
        longest = timestep_auto(run.temperature_k, starting_density(run.state))
    except InputError:
        longest = SHORTEST_TIMESTEP_FS
    return max(1, math.ceil(run.frame_interval_fs / longest - 1e-6))
