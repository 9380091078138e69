"""Hybrid Monte Carlo: a cheap potential moves the atoms, the reference accepts or rejects.

A step draws all momenta anew at T', the piston's too, follows the potential U along a reversible segment at P'
(``llpt.dynamics.segment``), and accepts its end with min(1, exp r),

    r = −[β(F + PV) − β'(U + P'V)]_new + [the same]_old − β'(H'_new − H'_old)
      = −β Δ(F + PV) − β' ΔK,

F the reference's free energy, H' = K + U + P'V the quantity that the segment conserves but for the integrator's error,
K the kinetic energy of atoms and piston (Duane, Kennedy, Pendleton and Roweth, Phys. Lett. B 195, 216, 1987; a
Hamiltonian of the proposals that is not that of the target: Mehlig, Heermann and Forrest, Phys. Rev. B 45, 679, 1992).
The chain has V^(N−1) exp(−β(F + PV)) for its stationary distribution, that of molecular dynamics with the centre of
mass at rest, whatever U, T' and P' are, if F depends on positions and cell alone.

What is stored carries velocities drawn from the Maxwell distribution of the run's own temperature: each frame is a
sample of the whole ensemble, and a start of dynamics.
"""

from __future__ import annotations

import contextlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from llpt.dynamics.evaluation import UnusableConfigurationError
from llpt.dynamics.integrator import IntegratorState, ProposalOutcome
from llpt.dynamics.segment import PhaseSpacePoint, Segments, piston_mass
from llpt.dynamics.tuning import Tuning
from llpt.ensembles import Ensemble
from llpt.files import atomic_stream
from llpt.units import BOLTZMANN_EV_PER_K, GPA_TO_EV_PER_ANGSTROM3

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TextIO

    import ase
    from numpy.typing import NDArray

    from llpt.dynamics.evaluation import Evaluator
    from llpt.dynamics.settings import RunSettings

STATE_NAME = "hybrid-monte-carlo.npz"


@dataclass(frozen=True, slots=True)
class _Segment:
    """A segment that was followed to its end.

    Args:
        end: where it ended.
        potential_ev: change of U along it.
        kinetic_ev: change of K.
        volume_angstrom3: change of V.
        final_potential_ev: U at its end.
    """

    end: PhaseSpacePoint
    potential_ev: float
    kinetic_ev: float
    volume_angstrom3: float
    final_potential_ev: float


class HybridMonteCarlo:
    """A chain of proposals that is advanced from outside. Make one with ``start`` or ``resume``.

    Args:
        settings: of the run; ``proposals`` is set.
        timestep_fs: time step of the segments.
        evaluator: the reference.
        proposer: the potential.
        log: where what the engines print goes.
        cell_angstrom: cell vectors at the start of the run as rows, shape (3, 3).
    """

    def __init__(
        self,
        settings: RunSettings,
        timestep_fs: float,
        evaluator: Evaluator,
        proposer: Evaluator,
        log: TextIO,
        *,
        cell_angstrom: NDArray[np.float64],
    ) -> None:
        masses = np.asarray(evaluator.atoms.get_masses(), dtype=float)
        breathing = settings.ensemble is Ensemble.NPT
        self._volume = float(np.linalg.det(cell_angstrom))
        mass = piston_mass(
            atoms=len(masses),
            temperature_k=settings.temperature_k,
            volume_angstrom3=self._volume,
            time_fs=settings.barostat_time_fs,
        )
        self._segments = Segments(
            proposer,
            masses,
            cell_angstrom,
            timestep_fs=timestep_fs,
            piston_mass=mass if breathing else None,
        )
        self._evaluator, self._proposer, self._log = evaluator, proposer, log
        self._cell = np.array(cell_angstrom)
        self._point: PhaseSpacePoint
        self._outcome: ProposalOutcome
        self._temperature_k = settings.temperature_k
        self._pressure = (settings.pressure_gpa or 0.0) * GPA_TO_EV_PER_ANGSTROM3
        self._tuning = Tuning(settings)
        self._random = np.random.default_rng([settings.seed, 1])
        self.step = 0

    @classmethod
    def start(
        cls,
        atoms: ase.Atoms,
        settings: RunSettings,
        timestep_fs: float,
        evaluators: Sequence[Evaluator],
        log: TextIO,
        *,
        proposer: Evaluator,
    ) -> Self:
        """Start from prepared atoms.

        Args:
            atoms: the start, with velocities.
            settings: of the run.
            timestep_fs: the time step in fs, > 0.
            evaluators: what computes the forces, one for each bead.
            log: where what others print goes.
            proposer: the potential that proposes.
        """
        (evaluator,) = evaluators
        chain = cls(settings, timestep_fs, evaluator, proposer, log, cell_angstrom=atoms.cell.array)
        with contextlib.redirect_stdout(log):
            evaluator.evaluate(atoms.positions, atoms.cell.array)
            point = PhaseSpacePoint(np.array(atoms.positions), np.zeros_like(atoms.positions), chain._volume)
            energy = chain._segments.potential_ev(point)
        chain._keep(point, ProposalOutcome(accepted=True, log_ratio=0.0, proposer_energy_ev=energy))
        return chain

    @classmethod
    def resume(
        cls,
        directory: Path,
        settings: RunSettings,
        timestep_fs: float,
        evaluators: Sequence[Evaluator],
        log: TextIO,
        *,
        proposer: Evaluator,
    ) -> Self:
        """Continue from what ``save`` wrote.

        Args:
            directory: of the checkpoint.
            settings: of the run.
            timestep_fs: the time step in fs, > 0.
            evaluators: what computes the forces, one for each bead.
            log: where what others print goes.
            proposer: the potential that proposes.
        """
        (evaluator,) = evaluators
        with np.load(directory / STATE_NAME, allow_pickle=False) as saved:
            chain = cls(settings, timestep_fs, evaluator, proposer, log, cell_angstrom=saved["cell_angstrom"])
            chain.step = int(saved["step"])
            chain._random.bit_generator.state = json.loads(str(saved["random"]))
            chain._tuning.take(saved["tuned"], saved["tuning_changes"])
            chain._point = PhaseSpacePoint(
                saved["reduced_angstrom"], saved["momenta"], float(saved["volume_angstrom3"])
            )
            accepted, log_ratio, energy = (float(each) for each in saved["proposal"])
            chain._outcome = ProposalOutcome(bool(accepted), log_ratio, energy)
        return chain

    def advance(self) -> None:
        """Make one proposal, and accept or reject it; see ``Integrator``.

        A proposal at which an engine cannot be asked (atoms upon each other, no volume) is rejected: F is taken to be
        infinite there, and a way that the potential cannot follow it cannot follow back.
        """
        self.step += 1
        here, before = self._evaluator.last, self._point
        begin = self._segments.draw(
            before.reduced_angstrom, before.volume_angstrom3, self._tuning.temperature_k, self._random
        )
        steps = self._tuning.draw_steps(self._random)
        threshold = math.log1p(-self._random.random())
        potential = self._outcome.proposer_energy_ev
        way, log_ratio = None, -math.inf
        with contextlib.redirect_stdout(self._log):
            try:
                way = self._follow(begin, steps)
                there = self._evaluator.evaluate(*self._segments.place(way.end))
            except UnusableConfigurationError as error:
                self._log.write(f"proposal {self.step} cannot be computed: {error.cause}\n")
            else:
                log_ratio = self._log_ratio(there.free_energy_ev - here.free_energy_ev, way)
        self._tuning.learn(
            log_ratio=log_ratio,
            proposer_ev=math.nan if way is None else way.potential_ev,
            volume=math.nan if way is None else way.volume_angstrom3,
        )
        accepted = threshold < log_ratio
        if accepted and way is not None:
            before, potential = way.end, way.final_potential_ev
        else:
            self._evaluator.remember(here, *self._segments.place(before))
        self._keep(before, ProposalOutcome(accepted, log_ratio, potential))

    def _follow(self, begin: PhaseSpacePoint, steps: int) -> _Segment:
        """Follow the potential; it starts afresh, so that U depends on the configuration alone."""
        self._proposer.forget()
        first = self._segments.potential_ev(begin)
        end = self._segments.advance(begin, steps, pressure=self._tuning.pressure_ev_per_angstrom3)
        last = self._segments.potential_ev(end)
        return _Segment(
            end=end,
            potential_ev=last - first,
            kinetic_ev=self._segments.kinetic_ev(end) - self._segments.kinetic_ev(begin),
            volume_angstrom3=end.volume_angstrom3 - begin.volume_angstrom3,
            final_potential_ev=last,
        )

    def _log_ratio(self, reference_ev: float, way: _Segment) -> float:
        """Return r of the head of this module, with the T' that the momenta of the segment were drawn at.

        Args:
            reference_ev: change of F.
            way: the segment.
        """
        beta = 1.0 / (BOLTZMANN_EV_PER_K * self._temperature_k)
        of_segment = 1.0 / (BOLTZMANN_EV_PER_K * self._tuning.temperature_k)
        return -beta * (reference_ev + self._pressure * way.volume_angstrom3) - of_segment * way.kinetic_ev

    def _keep(self, point: PhaseSpacePoint, outcome: ProposalOutcome) -> None:
        """Make a configuration the present one, with velocities of the run's own temperature."""
        self._point = self._segments.draw(
            point.reduced_angstrom, point.volume_angstrom3, self._temperature_k, self._random
        )
        self._outcome = outcome

    def state(self) -> IntegratorState:
        """Return the present configuration and what became of the last proposal."""
        positions, cell = self._segments.place(self._point)
        return IntegratorState(
            positions_angstrom=positions,
            velocities_angstrom_per_fs=self._segments.velocities(self._point),
            cell_angstrom=cell,
            conserved_ev=math.nan,
            proposal=self._outcome,
        )

    def save(self, directory: Path) -> None:
        """Write configuration, random state, and what was tuned."""
        outcome = self._outcome
        with atomic_stream(directory / STATE_NAME, durable=False) as stream:
            np.savez(
                stream,
                step=self.step,
                cell_angstrom=self._cell,
                reduced_angstrom=self._point.reduced_angstrom,
                momenta=self._point.momenta,
                volume_angstrom3=self._point.volume_angstrom3,
                proposal=[outcome.accepted, outcome.log_ratio, outcome.proposer_energy_ev],
                random=json.dumps(self._random.bit_generator.state),
                **self._tuning.as_arrays(),  # type: ignore[arg-type]  # numpy's stub takes its own flag for one of these
            )

    def publish(self, run_directory: Path, checkpoint: Path) -> None:
        """Nothing here is for other programs."""

    def close(self) -> None:
        """Nothing to give back."""
