"""Are an engine's forces the gradient of its energy, and is its pressure the derivative by the volume?

Dynamics that is driven by forces of another function than the energy samples neither. A configuration is displaced
along its own forces f, by h in the space of all coordinates, and strained isotropically:

    [F(R - h f/|f|) - F(R + h f/|f|)] / 2h = |f|            -[F(V + dV) - F(V - dV)] / 2dV = P

The first quotient gives the factor between the forces and the gradient, 1 where all is well; the second the pressure
without its ideal part. Each is taken with its step and with twice the step, from which the error of second order is
taken off (Richardson): what is left is of fourth order. F is what the forces derive from: the free energy.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt import units
from llpt.audit.double_labels import forces_of, free_energy_of, virial_pressure_gpa
from llpt.engines import evaluate
from llpt.errors import StorageError
from llpt.statistics import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ase import Atoms
    from numpy.typing import NDArray

    from llpt.engines import Engine

STEP_ANGSTROM = 0.003
"""How far the atom moves that feels the largest force, to either side: far enough for energies known to 10⁻⁵ eV."""
STRAIN = 1e-3
"""Of every length, to either side."""
SIDES = (-2.0, -1.0, 1.0, 2.0)
"""Where F is computed along each of the two ways, in steps."""


@dataclass(frozen=True)
class DerivativeCheck:
    """Forces and pressure of an engine against differences of its energy, one number for each configuration.

    Args:
        force_factors: forces over the gradient of the energy, 1 where they are the same.
        pressure_offsets_gpa: pressure less the derivative of the energy by the volume; NaN without stress.
    """

    force_factors: tuple[float, ...]
    pressure_offsets_gpa: tuple[float, ...]

    @property
    def force_excess(self) -> Estimate:
        """By how much the forces are larger than the gradient, in per cent."""
        return _mean(100.0 * (np.array(self.force_factors) - 1.0), "%")

    @property
    def pressure_offset(self) -> Estimate:
        """By how much the pressure is larger than the derivative of the energy, in GPa."""
        return _mean(np.array(self.pressure_offsets_gpa), "GPa")

    def to_json(self) -> str:
        """Return the numbers as JSON."""
        return json.dumps({"force_factors": self.force_factors, "pressure_offsets_gpa": self.pressure_offsets_gpa})

    @classmethod
    def from_json(cls, text: str) -> DerivativeCheck:
        """Read what ``to_json`` wrote.

        Raises:
            StorageError: it is damaged.
        """
        try:
            found = json.loads(text)
            numbers = [tuple(float(value) for value in found[name]) for name in cls.__dataclass_fields__]
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(
                "The differences of an energy are damaged.", "Remove that directory of labels, and run again."
            ) from error
        return cls(*numbers)

    def and_also(self, other: DerivativeCheck) -> DerivativeCheck:
        """Return the numbers of both, of the same engine on other configurations."""
        return DerivativeCheck(
            self.force_factors + other.force_factors, self.pressure_offsets_gpa + other.pressure_offsets_gpa
        )


def check_derivatives(
    frames: Sequence[Atoms], engine: Engine, *, on_frame: Callable[[int], None] | None = None
) -> DerivativeCheck:
    """Hold the forces and the pressure of an engine against differences of its energy.

    Args:
        frames: configurations, two at least for an error; nine calculations each.
        engine: what is checked.
        on_frame: called with the number of configurations done after each.

    Raises:
        InputError: the engine cannot compute a configuration.
        EngineError: a calculation failed.
    """
    factors, offsets = [], []
    for number, frame in enumerate(frames):
        (here,) = evaluate([frame], engine)
        forces = forces_of(here)
        size = float(np.linalg.norm(forces))
        step = STEP_ANGSTROM * forces / float(np.linalg.norm(forces, axis=1).max())
        moved = evaluate([_moved(here, each * step) for each in SIDES], engine)
        strained = evaluate([_strained(here, each * STRAIN) for each in SIDES], engine)
        along = _slope([free_energy_of(each) for each in moved], float(np.linalg.norm(step)))
        factors.append(-size / along)
        # isotropic, so that F as a function of the strain e has dF/de = 3 V dF/dV
        by_volume = _slope([free_energy_of(each) for each in strained], STRAIN) / (3.0 * float(here.get_volume()))
        offsets.append(virial_pressure_gpa(here) + by_volume * units.EV_PER_ANGSTROM3_TO_GPA)
        if on_frame is not None:
            on_frame(number + 1)
    return DerivativeCheck(tuple(factors), tuple(offsets))


def _slope(energies: Sequence[float], step: float) -> float:
    """Return the derivative out of values at -2, -1, 1 and 2 steps; its error is of fourth order."""
    far_behind, behind, ahead, far_ahead = energies
    return (8.0 * (ahead - behind) - (far_ahead - far_behind)) / (12.0 * step)


def _moved(atoms: Atoms, step: NDArray[np.float64]) -> Any:
    copy: Any = atoms.copy()
    copy.positions += step
    return copy


def _strained(atoms: Atoms, strain: float) -> Any:
    copy: Any = atoms.copy()
    copy.set_cell(copy.cell.array * (1.0 + strain), scale_atoms=True)
    return copy


def _mean(values: NDArray[np.float64], unit: str) -> Estimate:
    """Return the mean of independent configurations."""
    if values.size < 2 or not np.isfinite(values).all():
        return Estimate.unknown(unit)
    deviation = float(values.std(ddof=1)) / np.sqrt(values.size)
    return Estimate.of_deviation(float(values.mean()), float(deviation), unit, float(values.size), values.size - 1.0)
