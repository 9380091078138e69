"""Velocity autocorrelation and the vibrational density of states.

C(t) = sum_i m_i <v_i(0).v_i(t)> / sum_i m_i <v_i^2>, centre of mass at rest, and its cosine transform g(nu),
normalised to 1 over nu >= 0 (Welch's average of Hann-windowed spectra, IEEE Trans. Audio Electroacoust. 15, 70,
1967). The H2 stretch stands near 120 THz (4000 1/cm) and vanishes as the molecules do: ``stretch_share`` is the
weight of g above 75 THz. Frames must be closer than 4 fs, or the stretch is folded back to low frequencies; then
nothing is returned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from llpt.observables.need import Need
from llpt.observables.record import Absent, Axis, FrameObservable, Quantity
from llpt.statistics import Estimate, sample_estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llpt.observables.record import ObservedValues
    from llpt.trajectory import FrameBlock

LAG = Axis("vacf_lag", "t", "fs")
FREQUENCY = Axis("frequency", "ν", "THz")
VACF = Quantity("vacf", "C(t)", "", "velocity autocorrelation function", axes=(LAG,), has_error=False)
VDOS = Quantity("vdos", "g(ν)", "1/THz", "vibrational density of states", axes=(FREQUENCY,), has_error=False)
STRETCH_SHARE = Quantity("stretch_share", "", "", "share of the density of states above 75 THz")

WINDOW_FS = 200.0
LONGEST_INTERVAL_FS = 4.0
STRETCH_ABOVE_THZ = 75.0
THZ_FS = 1e-3


@dataclass(frozen=True)
class Vibrations:
    """Velocity autocorrelation and density of states.

    Args:
        lags_fs: shape (lags,).
        autocorrelation: C(t), 1 at 0, shape (lags,).
        frequencies_thz: shape (frequencies,).
        density_of_states: per THz, shape (frequencies,).
        stretch_share: weight above 75 THz, error from the scatter of the windows.
    """

    lags_fs: NDArray[np.float64]
    autocorrelation: NDArray[np.float64]
    frequencies_thz: NDArray[np.float64]
    density_of_states: NDArray[np.float64]
    stretch_share: Estimate


class VelocityCorrelation:
    """Collects velocities in windows of ``WINDOW_FS``; memory is that of one window.

    Args:
        masses_u: of the atoms, shape (n,).
        frame_interval_fs: time between frames.
    """

    def __init__(self, masses_u: NDArray[np.float64], frame_interval_fs: float) -> None:
        self._masses = masses_u
        self._interval = frame_interval_fs
        self._length = max(8, round(WINDOW_FS / frame_interval_fs)) if frame_interval_fs > 0.0 else 8
        self._waiting: list[NDArray[np.float64]] = []
        self._count = 0
        self._spectra: list[NDArray[np.float64]] = []
        self._correlations: list[NDArray[np.float64]] = []

    def add(self, block: FrameBlock) -> None:
        """Take in a block of equally spaced frames."""
        velocities = block.velocities_angstrom_per_fs
        drift = np.einsum("i,fia->fa", self._masses, velocities) / self._masses.sum()
        self._waiting.append((velocities - drift[:, None]) * np.sqrt(self._masses)[None, :, None])
        self._count += len(velocities)
        while self._count >= self._length:
            joined = np.concatenate(self._waiting)
            self._transform(joined[: self._length].reshape(self._length, -1))
            self._waiting = [joined[self._length :]]
            self._count = len(self._waiting[0])

    def result(self) -> Vibrations | None:
        """Return the averages; None without one full window, with frames too far apart, or without velocities."""
        if not self._spectra or self._interval > LONGEST_INTERVAL_FS:
            return None
        frequencies = np.fft.rfftfreq(self._length, self._interval) / THZ_FS
        spacing = float(frequencies[1])
        normalised = [spectrum / (spectrum.sum() * spacing) for spectrum in self._spectra]
        shares = [float(spectrum[frequencies > STRETCH_ABOVE_THZ].sum() * spacing) for spectrum in normalised]
        mean = np.mean(normalised, axis=0)
        correlation = np.sum(self._correlations, axis=0)
        lags = self._length // 2
        return Vibrations(
            lags_fs=np.arange(lags, dtype=np.float64) * self._interval,
            autocorrelation=np.asarray(correlation[:lags] / correlation[0]),
            frequencies_thz=np.asarray(frequencies),
            density_of_states=np.asarray(mean),
            stretch_share=sample_estimate(shares, "") if shares else Estimate.unknown(""),
        )

    def results(self) -> ObservedValues | Absent:
        """Return autocorrelation, density of states and the share of the stretch, or why there are none."""
        if self._interval > LONGEST_INTERVAL_FS:
            return Absent(
                f"The frames are {self._interval:.3g} fs apart; at more than {LONGEST_INTERVAL_FS:g} fs fast "
                "vibrations look slow."
            )
        found = self.result()
        if found is None:
            return Absent(f"There are fewer than {self._length} frames with velocities, {WINDOW_FS:g} fs.")
        return {
            VACF.name: xr.DataArray(found.autocorrelation, {LAG.name: found.lags_fs}, LAG.name),
            VDOS.name: xr.DataArray(found.density_of_states, {FREQUENCY.name: found.frequencies_thz}, FREQUENCY.name),
            STRETCH_SHARE.name: found.stretch_share,
        }

    def _transform(self, columns: NDArray[np.float64]) -> None:
        if not columns.any() or np.isnan(columns).any():
            return  # no velocities
        window = np.hanning(len(columns))[:, None]
        spectrum = (np.abs(np.fft.rfft(columns * window, axis=0)) ** 2).sum(axis=1)
        spectrum[1:-1] *= 2.0
        self._spectra.append(spectrum)
        padded = 2 * len(columns)
        power = (np.abs(np.fft.rfft(columns, padded, axis=0)) ** 2).sum(axis=1)
        self._correlations.append(np.fft.irfft(power, padded)[: len(columns)] / np.arange(len(columns), 0, -1))


VIBRATIONS = FrameObservable(
    name="vibrations",
    quantities=(VACF, VDOS, STRETCH_SHARE),
    needs=frozenset({Need.REAL_TIME, Need.TIMES, Need.VELOCITIES}),
    accumulate=lambda production: VelocityCorrelation(production.masses_u, production.frame_interval_fs),
)
