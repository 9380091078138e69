"""The molecular fraction: which atoms are bound in pairs, now and for long enough.

An atom is in a molecule *instantaneously* when it and another are each other's nearest neighbours and closer than 0.9
Å. By *lifetime* it is in a molecule at time t when the same pair is so bound without a break for at least 85 fs
around t. (0.9 Å and 85 fs: the criterion of van de Bund, Wiebe and Ackland, Phys. Rev. Lett. 126, 225701, 2021.) A
bond that is seen in k frames an interval dt apart has lasted k dt on average; frames too far apart miss breaks and
recombinations and make lifetimes long, so that the lifetime fraction is refused where dt > 85/4 fs. A stretch of a
bond is counted when it ends and then forgotten: memory is a few numbers per frame, whatever the number of bonds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from llpt.observables.need import Need
from llpt.observables.neighbours import mutual_partners
from llpt.observables.record import Axis, FrameObservable, Quantity
from llpt.statistics import Estimate, mean_estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llpt.observables.record import ObservedValues
    from llpt.trajectory import FrameBlock

BOND_TIME = Axis("bond_time", "t", "fs")
BOND_SURVIVAL = Quantity(
    "bond_survival",
    "",
    "",
    "probability that a bond outlives a time",
    axes=(BOND_TIME,),
    has_error=False,
    needs=frozenset({Need.TIMES, Need.REAL_TIME}),
)
FRACTION = Quantity(
    "molecular_fraction", "", "", "molecular fraction", tabled=True, drawn=True, of_nuclei=True, averaged_over_time=True
)
LASTING_FRACTION = Quantity(
    "molecular_fraction_lifetime",
    "",
    "",
    "molecular fraction, of pairs that last 85 fs",
    averaged_over_time=True,
    needs=frozenset({Need.TIMES, Need.REAL_TIME}),
)

BOND_ANGSTROM = 0.9
LIFETIME_FS = 85.0
FRAMES_PER_LIFETIME = 4.0


@dataclass(frozen=True, slots=True)
class BondLifetimes:
    """How long bonds lasted, as numbers of bonds by the number of frames in which each was seen.

    Args:
        frame_interval_fs: time between frames.
        completed: completed[k] bonds were seen to form and break and lasted k frames.
        censored: censored[k] bonds were seen to form and were cut by the end of the run after k frames.
        from_start: from_start[k] bonds were there in the first frame and seen for k frames; their age is not known and
            they take no part in ``survival``.
    """

    frame_interval_fs: float
    completed: NDArray[np.int64]
    censored: NDArray[np.int64]
    from_start: NDArray[np.int64]

    def survival(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the probability that a bond outlives a time, by Kaplan and Meier (J. Am. Stat. Assoc. 53, 457, 1958).

        Only bonds that were seen to form count; one that the end of the run cut short is alive up to that moment.

        Returns:
            Times in fs, shape (k,), and survival probabilities, shape (k,), starting with 1 at 0.
        """
        everyone = self.completed + self.censored
        at_risk = everyone[::-1].cumsum()[::-1]
        hazard = np.divide(self.completed, at_risk, out=np.zeros(everyone.size), where=at_risk > 0)
        return np.arange(everyone.size, dtype=np.float64) * self.frame_interval_fs, np.cumprod(1.0 - hazard)


class Molecules:
    """Follows the pairs of mutual nearest neighbours frame by frame.

    Args:
        n_atoms: number of atoms.
        bond_angstrom: a pair at this distance or farther is not bound.
        lifetime_fs: persistence asked for.
    """

    def __init__(self, n_atoms: int, *, bond_angstrom: float = BOND_ANGSTROM, lifetime_fs: float = LIFETIME_FS) -> None:
        self._n_atoms = n_atoms
        self._bond = bond_angstrom
        self._lifetime = lifetime_fs
        self._partners = np.full(n_atoms, -1, dtype=np.int64)
        self._since = np.zeros(n_atoms, dtype=np.int64)
        self._times: list[float] = []
        self._instantaneous: list[float] = []
        self._changes = _Tally()
        """Atoms that begin (or, negative, cease) to be persistently bound, by frame."""
        self._completed = _Tally()
        self._from_start = _Tally()

    def add(self, block: FrameBlock) -> None:
        """Take in a block of frames, in order of time and equally spaced."""
        for time, beads, cell in zip(block.times_fs, block.configurations_angstrom, block.cells_angstrom, strict=True):
            of_beads = [mutual_partners(positions, cell, self._bond) for positions in beads]
            partners = of_beads[0]
            frame = len(self._times)
            self._times.append(float(time))
            changed = np.flatnonzero(partners != self._partners)
            self._close(changed, frame)
            self._since[changed] = frame
            self._partners = partners
            self._instantaneous.append(float(np.mean([(each >= 0).mean() for each in of_beads])))

    @property
    def instantaneous_series(self) -> NDArray[np.float64]:
        """Fraction of atoms bound at each frame, shape (frames,)."""
        return np.asarray(self._instantaneous)

    @property
    def frame_interval_fs(self) -> float:
        """Time between frames; NaN with fewer than two."""
        return (self._times[-1] - self._times[0]) / (len(self._times) - 1) if len(self._times) > 1 else math.nan

    def instantaneous_fraction(self) -> Estimate:
        """Return the fraction of atoms in mutual pairs closer than the bond length."""
        return self._estimate(self.instantaneous_series)

    def lifetime_fraction(self) -> Estimate:
        """Return the fraction of atoms in pairs that persist for the lifetime.

        Frames within one lifetime of either end are left out, so that no bond is judged by a part of it. Value and
        error are NaN where the run is too short or its frames are too far apart to tell.
        """
        series = self.lifetime_series()
        return Estimate.unknown("") if series.size == 0 else self._estimate(series)

    def lifetime_series(self) -> NDArray[np.float64]:
        """Return the fraction of persistently bound atoms at each judged frame; empty where none can be judged."""
        interval = self.frame_interval_fs
        if not interval * FRAMES_PER_LIFETIME <= self._lifetime:
            return np.zeros(0)
        frames = len(self._times)
        margin = math.ceil(self._lifetime / interval)
        steps = self._changes.counts(frames + 1)
        since = self._since[self._partners >= 0]
        lasting = since[frames - since >= self._needed]
        steps += np.bincount(lasting, minlength=frames + 1)
        counts = np.cumsum(steps)[:frames]
        return np.asarray(counts[margin : frames - margin] / self._n_atoms)

    def lifetimes(self) -> BondLifetimes:
        """Return the lifetimes of the bonds, each bond counted once."""
        frames = len(self._times)
        since = self._since[self._partners >= 0]
        lengths = frames - since

        def histogram(chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
            return np.bincount(lengths[chosen], minlength=frames + 1)

        return BondLifetimes(
            self.frame_interval_fs,
            self._completed.counts(frames + 1) // 2,
            histogram(since > 0) // 2,
            (self._from_start.counts(frames + 1) + histogram(since == 0)) // 2,
        )

    def results(self) -> ObservedValues:
        """Return both fractions and the survival of the bonds."""
        times, survival = self.lifetimes().survival()
        return {
            BOND_SURVIVAL.name: xr.DataArray(survival, {BOND_TIME.name: times}, BOND_TIME.name),
            FRACTION.name: self.instantaneous_fraction(),
            LASTING_FRACTION.name: self.lifetime_fraction(),
        }

    @property
    def _needed(self) -> float:
        """Number of frames that a bond must be seen in; frames are equally spaced, so the first two tell."""
        return self._lifetime / (self._times[1] - self._times[0]) - 1e-9

    def _close(self, changed: NDArray[np.int64], frame: int) -> None:
        """Count the stretches of the atoms in ``changed`` that end before ``frame``."""
        ended = changed[self._partners[changed] >= 0]
        if not ended.size:
            return
        since = self._since[ended]
        lengths = frame - since
        self._completed.add(lengths[since > 0])
        self._from_start.add(lengths[since == 0])
        lasting = since[lengths >= self._needed]
        self._changes.add(lasting)
        self._changes.add(np.full(lasting.size, frame), -1)

    def _estimate(self, series: NDArray[np.float64]) -> Estimate:
        estimate = mean_estimate(series, "")
        if estimate.error > 0.0 or math.isnan(estimate.error):
            return estimate
        resolution = 1.0 / (self._n_atoms * math.sqrt(12.0 * series.size))
        return Estimate(estimate.value, resolution, "", float(series.size))


class _Tally:
    """Counts by index, as many as there are."""

    def __init__(self) -> None:
        self._counts = np.zeros(1024, dtype=np.int64)

    def add(self, indices: NDArray[np.int64], count: int = 1) -> None:
        """Add ``count`` at each of the indices, repeated ones as often as they occur."""
        if not indices.size:
            return
        largest = int(indices.max())
        if largest >= self._counts.size:
            longer = np.zeros(2 * largest + 2, dtype=np.int64)
            longer[: self._counts.size] = self._counts
            self._counts = longer
        np.add.at(self._counts, indices, count)

    def counts(self, length: int) -> NDArray[np.int64]:
        """Return a copy of the counts of the indices below ``length``, none being beyond."""
        found = np.zeros(length, dtype=np.int64)
        known = min(length, self._counts.size)
        found[:known] = self._counts[:known]
        return found


MOLECULES = FrameObservable(
    name="molecules",
    quantities=(BOND_SURVIVAL, FRACTION, LASTING_FRACTION),
    needs=frozenset({Need.CELL, Need.HYDROGEN}),
    accumulate=lambda production: Molecules(production.n_atoms),
)
