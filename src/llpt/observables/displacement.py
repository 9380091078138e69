"""Mean-squared displacement MSD(t) = (1/N) sum_i |R_i(t0 + t) - R_i(t0)|^2 and the diffusion coefficient.

Positions are unwrapped, the centre of mass is taken out, and displacements are differences of *fractional*
coordinates times the mean cell, so that the breathing of an NPT cell does not count as motion (it would, for atoms
far from the origin: von Bülow, Bullerjahn and Hummer, J. Chem. Phys. 153, 021101, 2020). Linear growth is a liquid; a
plateau is a solid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from llpt.errors import InputError
from llpt.observables.need import Need
from llpt.observables.record import ERROR, SAMPLES, Axis, FrameObservable, Quantity
from llpt.statistics import Estimate, sample_estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llpt.observables.record import ObservedValues
    from llpt.trajectory import FrameBlock

LAG = Axis("lag", "t", "fs")
ORIGIN = Axis("origin", "", "")
MSD = Quantity("msd", "MSD", "Å²", "mean-squared displacement, mean over a few time origins", axes=(LAG,))
MSD_ORIGINS = Quantity(
    "msd_origins", "MSD", "Å²", "mean-squared displacement from each of them", axes=(ORIGIN, LAG), has_error=False
)
MSD_ALL = Quantity(
    "msd_all", "MSD", "Å²", "mean-squared displacement over all time origins", axes=(LAG,), has_error=False
)
MSD_EXPONENT = Quantity(
    "msd_exponent", "", "", "exponent of the growth of MSD(t): 1 in a liquid, 0 in a solid", has_error=False
)
MEAN_CELL = Quantity(
    "mean_cell", "", "Å", "mean cell", axes=(Axis("vector", "", ""), Axis("axis", "", "")), has_error=False
)
DIFFUSION = Quantity("diffusion", "D", "cm^2/s", "diffusion coefficient", tabled=True, power=-3, alike_in_repeats=True)

FEW_ORIGINS = 6
DIFFUSION_PARTS = 5
LONGER_LAGS = {2: 2.0, 1: 4.5}
"""Fewer parts of a run, and how many variances of D the distance of their slope from D has in a random walk."""
FIT_WINDOW = (0.2, 0.6)
FEWEST_FRAMES = 10
ATOMS_AT_A_TIME = 256


@dataclass(frozen=True, slots=True)
class OriginCurves:
    """Displacement curves from several time origins.

    Args:
        lags_fs: t, shape (lags,).
        curves_angstrom2: MSD(t) from each origin, shape (origins, lags).
        independent: how many windows of this length fit into the run side by side, <= origins.
    """

    lags_fs: NDArray[np.float64]
    curves_angstrom2: NDArray[np.float64]
    independent: float

    @property
    def mean_angstrom2(self) -> NDArray[np.float64]:
        """Mean over origins, shape (lags,)."""
        return np.asarray(self.curves_angstrom2.mean(axis=0))

    @property
    def error_angstrom2(self) -> NDArray[np.float64]:
        """Standard error from the scatter of the origins, counting only independent windows, shape (lags,).

        NaN with a single origin.
        """
        if len(self.curves_angstrom2) < 2:
            return np.full(len(self.lags_fs), np.nan)
        return np.asarray(self.curves_angstrom2.std(axis=0, ddof=1) / math.sqrt(self.independent))


class Displacements:
    """Collects positions (in single precision) for displacements; hand it every k-th frame of a long run.

    Args:
        masses_u: of the atoms, shape (n,).
    """

    def __init__(self, masses_u: NDArray[np.float64]) -> None:
        self._weights = masses_u / masses_u.sum()
        self._fractions: list[NDArray[np.float32]] = []
        self._times: list[NDArray[np.float64]] = []
        self._start: NDArray[np.float64] | None = None
        self._cell_sum = np.zeros((3, 3))
        self._frames = 0
        self._of_run: NDArray[np.float64] | None = None

    def add(self, block: FrameBlock) -> None:
        """Take in a block of equally spaced frames."""
        fractions = block.positions_angstrom @ np.linalg.inv(block.cells_angstrom)
        fractions -= np.einsum("i,fia->fa", self._weights, fractions)[:, None, :]
        if self._start is None:
            self._start = fractions[0].copy()
        self._fractions.append((fractions - self._start).astype(np.float32))
        self._times.append(block.times_fs)
        self._cell_sum += block.cells_angstrom.sum(axis=0)
        self._frames += len(block.times_fs)
        self._of_run = None

    @property
    def frame_interval_fs(self) -> float:
        """Time between the frames.

        Raises:
            InputError: there are fewer than two frames, or they are not equally spaced.
        """
        times = np.concatenate(self._times) if self._times else np.zeros(0)
        steps = np.diff(times)
        if steps.size == 0 or np.ptp(steps) > 1e-3 * abs(float(steps.mean())):
            raise InputError(
                f"Displacements need equally spaced frames, two at least; this run kept {times.size}.",
                "Keep every k-th frame of one run with fixed k.",
            )
        return float(steps.mean())

    def positions_angstrom(self) -> NDArray[np.float32]:
        """Return displacements from the first frame in the mean cell, shape (frames, n, 3)."""
        return np.concatenate(self._fractions) @ self.mean_cell_angstrom.astype(np.float32)

    @property
    def mean_cell_angstrom(self) -> NDArray[np.float64]:
        """Mean cell, shape (3, 3)."""
        return self._cell_sum / max(self._frames, 1)

    def from_origins(self, *, origins: int = FEW_ORIGINS, window: float = 0.5) -> OriginCurves:
        """Return MSD(t) from equally spaced time origins, as Karasiev et al. 2021 take them.

        Args:
            origins: number of time origins, >= 2.
            window: length of each curve as a share of the run; origins are spread over the rest.
        """
        interval = self.frame_interval_fs
        positions = self.positions_angstrom()
        frames = len(positions)
        lags = max(2, int(window * frames))
        starts = np.unique(np.linspace(0, frames - lags, origins).astype(int))
        curves = [
            np.einsum("fia,fia->f", moved, moved, dtype=np.float64) / positions.shape[1]
            for moved in (positions[start : start + lags] - positions[start] for start in starts)
        ]
        independent = float(np.clip(frames / lags, 1.0, len(starts)))
        return OriginCurves(np.arange(lags, dtype=np.float64) * interval, np.asarray(curves), independent)

    def all_origins(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return lags in fs and MSD(t) in Å² averaged over every time origin, up to half of the run."""
        values = self._curve_of_run()
        lags = max(2, len(values) // 2)
        return np.arange(lags, dtype=np.float64) * self.frame_interval_fs, values[:lags]

    def _curve_of_run(self) -> NDArray[np.float64]:
        """Return MSD(t) over all time origins at every lag of the run, in Å²; it is computed once for all who ask."""
        if self._of_run is None:
            self._of_run = msd_all_origins(self.positions_angstrom())
        return self._of_run

    def diffusion(self) -> Estimate:
        """Return the diffusion coefficient D = (1/6) d<|dR|^2>/dt in cm²/s.

        The run is cut into five equal parts; in each a line is fitted to MSD(t) over all its time origins between 0.2
        and 0.6 of the part's length, and the error is the scatter of the parts (Student, 68 %). In a short run
        vibrations and cages are in it, alike in all parts. So the same is done with halves and with the whole run,
        whose lags are longer: by how much the square of their distance is more than its own variance is added to the
        square of the error. Finite-size effects are in it: see ``llpt.observables.transport``. With fewer than ten
        frames to a part value and error are NaN.
        """
        if self._frames < FEWEST_FRAMES * DIFFUSION_PARTS:
            return Estimate.unknown(DIFFUSION.unit)
        estimate = sample_estimate(self._slopes(DIFFUSION_PARTS), "Å²/fs")
        unexplained = 0.0
        for parts, variances in LONGER_LAGS.items():
            apart = float(self._slopes(parts).mean()) - estimate.value
            unexplained = max(unexplained, apart**2 - variances * estimate.standard_error**2)
        error = math.hypot(estimate.error, math.sqrt(unexplained))
        return replace(estimate, error=error).scaled(0.1 / 6.0, DIFFUSION.unit)

    def _slopes(self, parts: int) -> NDArray[np.float64]:
        """Return the slope of MSD(t) in each part of the run, in Å²/fs, shape (parts,)."""
        length = self._frames // parts
        first, last = (int(share * length) for share in FIT_WINDOW)
        lags = np.arange(first, last + 1) * self.frame_interval_fs
        if parts == 1:
            curves = [self._curve_of_run()]
        else:
            positions = self.positions_angstrom()
            curves = [msd_all_origins(positions[part * length : (part + 1) * length]) for part in range(parts)]
        return np.array([np.polyfit(lags, curve[first : last + 1], 1)[0] for curve in curves])

    def exponent(self) -> float:
        """Return d ln D / d ln t over the later two thirds of MSD(t), all origins: 1 liquid, 0 solid, 2 free flight."""
        lags, values = self.all_origins()
        late = slice(max(1, len(lags) // 3), None)
        if len(lags[late]) < 2 or values[late].min() <= 0.0:
            return math.nan
        return float(np.polyfit(np.log(lags[late]), np.log(values[late]), 1)[0])

    def results(self) -> ObservedValues:
        """Return MSD(t) from a few and all time origins, how it grows, the diffusion coefficient, the mean cell."""
        curves = self.from_origins()
        lags, values = self.all_origins()
        length = min(len(lags), len(curves.lags_fs))
        place = {LAG.name: lags[:length]}
        return {
            MSD.name: xr.DataArray(curves.mean_angstrom2[:length], place, LAG.name),
            f"{MSD.name}{ERROR}": xr.DataArray(curves.error_angstrom2[:length], place, LAG.name),
            f"{MSD.name}{SAMPLES}": xr.DataArray(np.full(length, curves.independent), place, LAG.name),
            MSD_ORIGINS.name: xr.DataArray(curves.curves_angstrom2[:, :length], place, (ORIGIN.name, LAG.name)),
            MSD_ALL.name: xr.DataArray(values[:length], place, LAG.name),
            MSD_EXPONENT.name: self.exponent(),
            MEAN_CELL.name: xr.DataArray(self.mean_cell_angstrom, dims=[axis.name for axis in MEAN_CELL.axes]),
            DIFFUSION.name: self.diffusion(),
        }


def msd_all_origins(positions_angstrom: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return D at every lag averaged over all time origins, by FFT.

    <|r(t0+t) - r(t0)|^2> = <|r(t0+t)|^2 + |r(t0)|^2> - 2 <r(t0+t).r(t0)>, the last term a convolution
    (Calandrini et al., Collection SFN 12, 201, 2011, section 4.2.1).

    Args:
        positions_angstrom: unwrapped, shape (frames, n, 3).

    Returns:
        Å², shape (frames,), lag in frames.
    """
    frames, atoms, _ = positions_angstrom.shape
    padded = 1 << (2 * frames - 1).bit_length()
    correlation = np.zeros(frames)
    squares = np.zeros(frames)
    for first in range(0, atoms, ATOMS_AT_A_TIME):
        part = positions_angstrom[:, first : first + ATOMS_AT_A_TIME].reshape(frames, -1).astype(np.float64)
        part -= part.mean(axis=0)
        squares += (part**2).sum(axis=1)
        power = np.zeros(padded // 2 + 1)
        for column in part.T:
            power += np.abs(np.fft.rfft(column, padded)) ** 2
        correlation += np.fft.irfft(power, padded)[:frames]
    counts = np.arange(frames, 0, -1)
    cumulative = np.concatenate([[0.0], np.cumsum(squares)])
    leading = cumulative[frames] - cumulative[np.arange(frames)]
    trailing = cumulative[counts]
    return np.asarray(np.maximum(leading + trailing - 2.0 * correlation, 0.0) / counts / atoms)


DISPLACEMENT = FrameObservable(
    name="displacement",
    version=4,
    quantities=(MSD, MSD_ORIGINS, MSD_ALL, MSD_EXPONENT, MEAN_CELL, DIFFUSION),
    needs=frozenset({Need.REAL_TIME, Need.CELL, Need.TIMES}),
    accumulate=lambda production: Displacements(production.masses_u),
    most_frames=2000,
)
