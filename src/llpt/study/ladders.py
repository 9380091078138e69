"""The ladders of one side of a study: every line of states at every size, each rung from its neighbour's end."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llpt.campaign import ControlledTest, Role, size_name
from llpt.dynamics.settings import SEED_LIMIT
from llpt.ladder_path import LadderPath
from llpt.study.inputs import MADE_HERE
from llpt.study.nodes import MolecularDynamics, Origin, Start
from llpt.study.protocol import run_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.campaign import ThermodynamicState
    from llpt.options import GivenValue
    from llpt.study.file import StudyFile
    from llpt.study.state_sections import LineSection

ATOMS_PER_CORE = 250


@dataclass(frozen=True)
class Side:
    """One of the two engines under comparison, as the plan needs it.

    Args:
        role: reference or surrogate.
        engine: its SPEC.
        folder: its name in paths.
        options: its options without the electrons' temperature.
        thermal: whether its electrons have a temperature.
        model: the node that makes it; empty where it exists already.
        threads: processor cores of a run, 0 for all; None where the number of atoms decides.
    """

    role: Role
    engine: str
    folder: str
    options: Mapping[str, GivenValue]
    thermal: bool
    model: str
    threads: int | None


class Ladders:
    """The ladders of one side of a study.

    Args:
        study: the study.
        side: its reference, or its surrogate.
    """

    def __init__(self, study: StudyFile, side: Side) -> None:
        self.study = study
        self.side = side

    def base_runs(self) -> list[MolecularDynamics]:
        """Return the study's own ladders: every line of states at every size, each as often as it is walked."""
        ladder = self.study.dynamics.ladder
        return [
            run
            for line in self.study.state.lines()
            for atoms in self.study.sizes(line)
            for repeat in self.repeats
            for run in self.chained(self._rungs(line, atoms, repeat), ladder)
        ]

    @property
    def repeats(self) -> range:
        """Counts how often each ladder is walked, from 1."""
        own = None if self._of_reference or self.study.surrogate is None else self.study.surrogate.repeats
        return range(1, (own or self.study.dynamics.repeats) + 1)

    def extra_runs(self) -> list[MolecularDynamics]:
        """Return the surrogate's runs in cells that the reference does not do."""
        assert self.study.surrogate is not None
        runs: list[MolecularDynamics] = []
        for extra in self.study.surrogate.extra:
            given = {"timestep_fs": extra.timestep_fs, "steps": extra.steps}
            changed = {key: value for key, value in given.items() if value is not None}
            for line, repeat in itertools.product(self.study.state.lines(), self.repeats):
                rungs = [run.with_dynamics(**changed) for run in self._rungs(line, extra.atoms, repeat)]
                if extra.discard is not None:
                    rungs = [replace(run, discard=extra.discard) for run in rungs]
                if extra.atoms in self.study.sizes(line):
                    rungs = [run.for_test(ControlledTest.EXTRA, repeat) for run in rungs]
                runs += self.chained(rungs, self.study.dynamics.ladder)
        return runs

    def _rungs(self, line: LineSection, atoms: int, repeat: int) -> list[MolecularDynamics]:
        """Return the runs of one line and size on the way up, each starting on its own."""
        return [self.alone(state, atoms, repeat) for state in line.states]

    def alone(self, state: ThermodynamicState, atoms: int, repeat: int = 1) -> MolecularDynamics:
        """Return the run of one state and size as it is before anything is changed, starting on its own.

        Args:
            state: which state.
            atoms: number of atoms.
            repeat: which walk of its ladder, from 1; each has seeds of its own.
        """
        study = self.study
        options = dict(self.side.options)
        if self.side.thermal and study.reference is not None:
            fixed = study.reference.electronic_temperature
            options["electronic_temperature_k"] = state.temperature_k if fixed == "ionic" else fixed
        word = study.system.start_for(atoms)
        start = self.made(word) if word in MADE_HERE else Start(Origin.FILE, word)
        walk = (f"repeat {repeat}",) if repeat > 1 else ()
        seed = derived_seed(study.study.seed, state.condition, state.temperature_name, size_name(atoms), *walk)
        settings = run_settings(study.dynamics, state, seed, reference=self._of_reference)
        return MolecularDynamics(
            role=self.side.role,
            engine=self.side.engine,
            engine_folder=self.side.folder,
            options=options,
            atoms=atoms,
            state=state,
            test=ControlledTest.BASE,
            dynamics=settings,
            discard=self._discard,
            start=start,
            model=self.side.model,
            threads=threads_for(atoms) if self.side.threads is None else self.side.threads,
            repeat=repeat,
        )

    def made(self, fluid: str) -> Start:
        """Return the start from a fluid that is made here."""
        return Start(Origin(fluid), relax_steps=self.study.dynamics.relax_steps)

    def chained(self, rungs: list[MolecularDynamics], ladder: LadderPath) -> list[MolecularDynamics]:
        """Let each rung start from its neighbour's end; the first, or all without a ladder, settle first."""
        if ladder is LadderPath.SEPARATE:
            return [self.settling(run) for run in rungs]
        ordered = rungs[::-1] if ladder.goes_down else rungs
        chain = [self.settling(ordered[0])]
        for run in ordered[1:]:
            chain.append(run.starting_from(chain[-1]))
        return chain

    @property
    def _of_reference(self) -> bool:
        """Whether the runs of this side are sampled as the study says, with inner steps or without."""
        return self.side.role is Role.REFERENCE

    @property
    def _discard(self) -> int:
        """First steps that are left out of a run which starts from another."""
        return self.own_discard(self.study.dynamics.discard)

    def own_steps(self, steps: int) -> int:
        """Return in how many steps of this side's runs a number of time steps of the study is done."""
        return self.study.dynamics.steps_of_engine(steps, reference=self._of_reference)

    def own_discard(self, steps: int) -> int:
        """Return how many steps of this side's runs are discarded where so many time steps of the study are."""
        return self.study.dynamics.discard_of_engine(steps, reference=self._of_reference)

    def settling(self, run: MolecularDynamics) -> MolecularDynamics:
        """Return ``run`` with the extra steps that a made-up structure needs."""
        extra = self.own_steps(self.study.dynamics.settle_steps)
        return replace(run.with_dynamics(steps=run.steps + extra), discard=run.discard + extra)

    def unsettled(self, run: MolecularDynamics) -> MolecularDynamics:
        """Return ``run`` with the length that a run which starts from another has."""
        extra = run.discard - self._discard
        return replace(run.with_dynamics(steps=run.steps - extra), discard=run.discard - extra)

    def fresh(self, runs: list[MolecularDynamics]) -> dict[tuple[str, int], list[MolecularDynamics]]:
        """Return the rungs of every ladder in ``runs`` as they are before they start from one another."""
        ladders: dict[tuple[str, int], list[MolecularDynamics]] = {}
        for run in sorted(runs, key=lambda run: run.state.coordinate):
            alone = self.alone(run.state, run.atoms)
            ladders.setdefault((run.state.line, run.atoms), []).append(alone)
        return ladders


def threads_for(atoms: int) -> int:
    """Return the cores of a run with a potential: few for a small cell, so that several run at once."""
    return max(1, round(atoms / ATOMS_PER_CORE))


def derived_seed(seed: int, *labels: object) -> int:
    """Return a seed below 2³¹ that depends on the study's seed and on ``labels`` alone (SHA-256).

    Reference and surrogate runs of one state share it: they start from the same configuration and velocities.
    """
    text = "/".join(str(label) for label in (seed, *labels))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % SEED_LIMIT
