"""The pair correlation function g(r) and the numbers that describe its first peak.

g(r) of each frame is freud's, normalised with that frame's volume (the cell of an NPT run breathes) and by N - 1, so
that an ideal gas gives 1 at any N. The same N - 1 others of an atom make up the neighbours that are counted from it,
n(r) = 4 pi (N - 1)/V int_0^r g s^2 ds: exactly one in a gas of dimers. Errors are those of the time series of each bin,
correlation included. Of a path integral the g(r) of a frame is the mean over its beads, each with its own pairs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import freud
import numpy as np
import xarray as xr
from scipy.ndimage import uniform_filter1d

from llpt.observables.need import Need
from llpt.observables.neighbours import half_width_angstrom, to_freud
from llpt.observables.record import ERROR, SAMPLES, Axis, FrameObservable, Quantity
from llpt.statistics import Estimate, combined, mean_estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from llpt.observables.production import Production
    from llpt.observables.record import ObservedValues
    from llpt.trajectory import FrameBlock

R = Axis("r", "r", "Å")
DISTANCE = Axis("distance", "r", "Å")
ELAPSED = Axis("elapsed", "t", "fs")

RDF = Quantity("rdf", "g(r)", "", "pair correlation function", axes=(R,))
RUNNING_COORDINATION = Quantity("running_coordination", "n(r)", "atoms", "neighbours closer than r", axes=(DISTANCE,))
PEAK_HEIGHT = Quantity(
    "rdf_peak_height", "g(r₁)", "", "first peak of g(r)", tabled=True, drawn=True, spoken="first peak of g(r)"
)
PEAK_PROMINENCE = Quantity("rdf_peak_prominence", "g(r₁) - g(r₂)", "", "first peak of g(r) above the first minimum")
MINIMUM = Quantity("rdf_minimum", "g(r₂)", "", "first minimum of g(r) beyond the first peak")
COORDINATION = Quantity("coordination", "n(r₂)", "atoms", "neighbours closer than the first minimum of g(r)")
PEAK_POSITION = Quantity("rdf_peak_position", "r₁", "Å", "place of the first peak of g(r)", has_error=False)
MINIMUM_POSITION = Quantity("rdf_minimum_position", "r₂", "Å", "place of the first minimum of g(r)", has_error=False)


def _running(quantity: Quantity) -> Quantity:
    """Return the same number against the simulated time that it is taken from."""
    return Quantity(
        f"{quantity.name}_running",
        quantity.symbol,
        quantity.unit,
        f"{quantity.phrase}, of the run so far",
        axes=(ELAPSED,),
        needs=frozenset({Need.TIMES}),
    )


MOLECULAR_WINDOW_ANGSTROM = (0.6, 1.0)
"""Where the first peak of H2 is sought; its bond is 0.74 Å long."""

MINIMUM_WINDOW_ANGSTROM = 1.6
"""The first minimum beside the molecular peak lies below this distance."""

RUNNING_PARTS = 10
PLACE_PARTS = 4
"""Into how many parts a run is cut to see how well the place of the minimum is known."""

SMOOTHED_ANGSTROM = 0.1
"""The minimum is sought in the mean of g(r) over this distance."""
RUNNING_POINTS = 50


@dataclass(frozen=True, slots=True)
class FirstPeak:
    """The first peak of g(r).

    Args:
        position_angstrom: of the greatest g within the window.
        height: g there.
        minimum: g at the first minimum beyond it ("depth").
        minimum_position_angstrom: of that minimum.
        prominence: height - minimum; falls to zero as the peak disappears.
        coordination: neighbours closer than the first minimum.
    """

    position_angstrom: float
    height: Estimate
    minimum: Estimate
    minimum_position_angstrom: float
    prominence: Estimate
    coordination: Estimate


class PairCorrelation:
    """Collects g(r) frame by frame.

    Args:
        r_max_angstrom: greatest distance; less where half the smallest width of a cell that comes is less.
        bin_width_angstrom: about this; the range holds a whole number of bins.
        peak_window_angstrom: where ``results`` seeks the first peak; None takes everything.
    """

    def __init__(
        self,
        r_max_angstrom: float,
        *,
        bin_width_angstrom: float = 0.02,
        peak_window_angstrom: tuple[float, float] | None = None,
    ) -> None:
        self._window = peak_window_angstrom
        bins = max(1, round(r_max_angstrom / bin_width_angstrom))
        self._bin_width_angstrom = r_max_angstrom / bins
        self._rdf = freud.density.RDF(bins=bins, r_max=r_max_angstrom, normalization_mode="finite_size")
        self._frames: list[NDArray[np.float32]] = []
        self._densities_of_others: list[float] = []
        self._times_fs: list[float] = []
        self.r_angstrom: NDArray[np.float64] = np.asarray(self._rdf.bin_centers, dtype=np.float64)
        """Centres of the bins, shape (bins,)."""

    def add(self, block: FrameBlock) -> None:
        """Take in a block of frames."""
        self._times_fs.extend(block.times_fs.tolist())
        for beads, cell in zip(block.configurations_angstrom, block.cells_angstrom, strict=True):
            if self._rdf.r_max > (half_width := half_width_angstrom(cell)):  # what freud allows; 0.999 of it was asked
                self._stay_within(0.999 * half_width)
            for number, positions in enumerate(beads):
                self._rdf.compute(to_freud(positions, cell), reset=number == 0)
            self._frames.append(np.array(self._rdf.rdf, dtype=np.float32))
            self._densities_of_others.append((beads.shape[1] - 1) / abs(float(np.linalg.det(cell))))

    def _stay_within(self, reach_angstrom: float) -> None:
        """Leave out the bins beyond what a cell allows, one that changes its shape among them."""
        bins = max(1, int(reach_angstrom / self._bin_width_angstrom))
        self._rdf = freud.density.RDF(
            bins=bins, r_max=bins * self._bin_width_angstrom, normalization_mode="finite_size"
        )
        self.r_angstrom = self.r_angstrom[:bins]
        self._frames = [frame[:bins] for frame in self._frames]

    @property
    def frames(self) -> NDArray[np.float64]:
        """g(r) of every frame, shape (frames, bins)."""
        return np.asarray(self._frames, dtype=np.float64)

    def estimates(self) -> list[Estimate]:
        """Return g in each bin."""
        return [mean_estimate(column, "") for column in self.frames.T]

    def running_coordination(self, *, points: int = RUNNING_POINTS) -> tuple[NDArray[np.float64], list[Estimate]]:
        """Return n(r), the number of neighbours closer than r, 4 pi (N - 1)/V int_0^r g s² ds.

        Args:
            points: at how many distances, equally spaced and at edges of bins; every bin where there are fewer.

        Returns:
            r in Å, shape (points,), and n there.
        """
        bins = self.r_angstrom.size
        chosen = np.unique(np.linspace(0, bins - 1, min(points, bins)).round().astype(int))
        edges = self.r_angstrom[chosen] + self.r_angstrom[0]
        return edges, [
            mean_estimate(column, RUNNING_COORDINATION.unit) for column in self._neighbours(bins)[:, chosen].T
        ]

    def running_peaks(self, peak: FirstPeak, *, parts: int = RUNNING_PARTS) -> list[tuple[float, FirstPeak]]:
        """Return height, minimum and coordination of the first peak against the simulated time they are taken from.

        The bins of peak and minimum are those of the whole run, so that what moves is g and not the place where it is
        read. Where the last numbers agree with the earlier ones within their errors, the run is long enough for them.

        Args:
            peak: of the whole run.
            parts: into how many equal parts the run is cut.

        Returns:
            Time from the first frame in fs, and the peak of all frames up to it, for one part, two parts, …
        """
        frames, times = self.frames, self._times_fs
        ends = np.unique(np.linspace(0, len(frames), parts + 1).astype(int)[1:])
        low, high = (
            int(np.argmin(np.abs(self.r_angstrom - at)))
            for at in (peak.position_angstrom, peak.minimum_position_angstrom)
        )
        neighbours = self._neighbours(high + 1)[:, -1]
        return [
            (times[end - 1] - times[0], self._peak(frames[:end], neighbours[:end], low, high)) for end in ends if end
        ]

    def first_peak(
        self,
        *,
        window_angstrom: tuple[float, float] = MOLECULAR_WINDOW_ANGSTROM,
        minimum_below_angstrom: float = MINIMUM_WINDOW_ANGSTROM,
    ) -> FirstPeak:
        """Return height, minimum and coordination of the first peak.

        The peak is where the mean g(r) is greatest, the minimum where its mean over 0.1 Å is least: a minimum is
        flat, and its lowest bin a matter of chance. The errors are of g in these bins, and of the number of
        neighbours within the minimum frame by frame, the latter with what the place of the minimum adds: how much it
        moves where a quarter of the run is left out (jackknife). Where g rises all the way, minimum and maximum
        coincide and the prominence is zero.

        Args:
            window_angstrom: where to look for the peak.
            minimum_below_angstrom: where to stop looking for the minimum.
        """
        frames = self.frames
        low, high = (int(place) for place in np.searchsorted(self.r_angstrom, window_angstrom))
        last = int(np.searchsorted(self.r_angstrom, minimum_below_angstrom))
        bins = max(1, round(SMOOTHED_ANGSTROM / self._bin_width_angstrom))

        def places(mean: NDArray[np.float64]) -> tuple[int, int]:
            peak = int(low + np.argmax(mean[low : max(high, low + 1)]))
            smooth = uniform_filter1d(mean, bins, mode="nearest")
            return peak, int(peak + np.argmin(smooth[peak : max(last, peak + 1)]))

        peak, minimum = places(frames.mean(axis=0))
        parts = np.array_split(frames, min(PLACE_PARTS, len(frames))) if len(frames) > 1 else []
        others = [places((frames.sum(axis=0) - part.sum(axis=0)) / (len(frames) - len(part)))[1] for part in parts]
        neighbours = self._neighbours(max([minimum, *others]) + 1)
        found = self._peak(frames, neighbours[:, minimum], peak, minimum)
        if not others:
            return found
        within = neighbours.mean(axis=0)[others]
        moved = Estimate.of_deviation(
            0.0,
            math.sqrt((len(parts) - 1) * float(within.var())),
            COORDINATION.unit,
            found.coordination.effective_samples,
            len(parts) - 1.0,
        )
        known = ((found.coordination, 1.0), (moved, 1.0))
        return replace(found, coordination=combined(found.coordination.value, known, COORDINATION.unit))

    def results(self) -> ObservedValues:
        """Return g(r), n(r), and the numbers of the first peak, now and as the run went on."""
        end = float(self.r_angstrom[-1])
        if self._window is None:
            peak = self.first_peak(window_angstrom=(0.0, end), minimum_below_angstrom=end)
        else:
            peak = self.first_peak(window_angstrom=self._window)
        running = self.running_peaks(peak)
        elapsed = [time for time, _ in running]
        distances, neighbours = self.running_coordination()
        return {
            **_curve(RDF, self.r_angstrom, self.estimates()),
            **_curve(RUNNING_COORDINATION, distances, neighbours),
            **_curve(_running(PEAK_HEIGHT), elapsed, [found.height for _, found in running]),
            **_curve(_running(MINIMUM), elapsed, [found.minimum for _, found in running]),
            **_curve(_running(COORDINATION), elapsed, [found.coordination for _, found in running]),
            PEAK_POSITION.name: peak.position_angstrom,
            MINIMUM_POSITION.name: peak.minimum_position_angstrom,
            PEAK_HEIGHT.name: peak.height,
            PEAK_PROMINENCE.name: peak.prominence,
            MINIMUM.name: peak.minimum,
            COORDINATION.name: peak.coordination,
        }

    def _neighbours(self, bins: int) -> NDArray[np.float64]:
        """Return the number of neighbours within the first bins of every frame, shape (frames, bins)."""
        width = float(self.r_angstrom[1] - self.r_angstrom[0]) if self.r_angstrom.size > 1 else math.nan
        shells = 4.0 * math.pi * self.r_angstrom[:bins] ** 2 * width
        return np.asarray(self._densities_of_others)[:, None] * np.cumsum(self.frames[:, :bins] * shells, axis=1)

    def _peak(self, frames: NDArray[np.float64], neighbours: NDArray[np.float64], peak: int, minimum: int) -> FirstPeak:
        return FirstPeak(
            position_angstrom=float(self.r_angstrom[peak]),
            height=mean_estimate(frames[:, peak], ""),
            minimum=mean_estimate(frames[:, minimum], ""),
            minimum_position_angstrom=float(self.r_angstrom[minimum]),
            prominence=mean_estimate(frames[:, peak] - frames[:, minimum], ""),
            coordination=mean_estimate(neighbours, COORDINATION.unit),
        )


def greatest_radius_angstrom(
    cell_angstrom: NDArray[np.float64], volumes_angstrom3: NDArray[np.float64], limit_angstrom: float = 6.0
) -> float:
    """Return the greatest r for g(r) in a run: half the smallest width of the breathing cell, or the limit.

    The cell is taken to change isotropically; ``PairCorrelation`` stays within one that does not.

    Args:
        cell_angstrom: the cell of any one frame, shape (3, 3).
        volumes_angstrom3: volumes of the run.
        limit_angstrom: never more than this.
    """
    shrunk = (float(volumes_angstrom3.min()) / abs(float(np.linalg.det(cell_angstrom)))) ** (1.0 / 3.0)
    return float(min(limit_angstrom, 0.999 * min(shrunk, 1.0) * half_width_angstrom(cell_angstrom)))


def _curve(
    quantity: Quantity, places: NDArray[np.float64] | list[float], found: Sequence[Estimate]
) -> dict[str, xr.DataArray]:
    """Return a curve, its error, and the independent samples behind each point."""
    axis = quantity.axes[0].name
    return {
        quantity.name: xr.DataArray([each.value for each in found], {axis: places}, axis),
        f"{quantity.name}{ERROR}": xr.DataArray([each.error for each in found], {axis: places}, axis),
        f"{quantity.name}{SAMPLES}": xr.DataArray([each.effective_samples for each in found], {axis: places}, axis),
    }


def _accumulate(production: Production) -> PairCorrelation:
    return PairCorrelation(
        greatest_radius_angstrom(production.cell_angstrom, production.series.volume_angstrom3),
        peak_window_angstrom=production.peak_window_angstrom
        or (MOLECULAR_WINDOW_ANGSTROM if production.is_hydrogen else None),
    )


PAIR_CORRELATION = FrameObservable(
    name="pair_correlation",
    version=4,
    quantities=(
        RDF,
        RUNNING_COORDINATION,
        _running(PEAK_HEIGHT),
        _running(MINIMUM),
        _running(COORDINATION),
        PEAK_POSITION,
        MINIMUM_POSITION,
        PEAK_HEIGHT,
        PEAK_PROMINENCE,
        MINIMUM,
        COORDINATION,
    ),
    needs=frozenset({Need.CELL}),
    accumulate=_accumulate,
    most_frames=1000,
    most_atoms=600_000,
)
