"""What the frames of a run give: they are read once, block by block, and handed to every analysis that needs them.

Memory does not grow with the length of the run beyond ``RDF_FRAMES`` curves and ``DISPLACEMENT_FRAMES`` configurations
in single precision. Where fewer frames than there are make the error of an average no larger (g(r), order, S(k) of a
large cell), evenly spaced ones are taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import xarray as xr

from llpt.observables.displacement import Displacements
from llpt.observables.molecules import Molecules
from llpt.observables.pair_correlation import (
    MOLECULAR_WINDOW_ANGSTROM,
    PairCorrelation,
    greatest_radius_angstrom,
)
from llpt.observables.solid_order import SolidOrder
from llpt.observables.structure_factor import StructureFactor
from llpt.observables.velocity import VelocityCorrelation
from llpt.trajectory import FrameBlock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from llpt.observables.source import FrameSource
    from llpt.statistics import Estimate

RDF_FRAMES = 1000
RDF_ATOMS = 600_000
ORDER_ATOMS = 100_000
ORDER_FRAMES = 100
STRUCTURE_FRAMES = 10
DISPLACEMENT_FRAMES = 2000
BLOCK_BYTES = 64 * 1024**2
HYDROGEN = 1


class Accumulator(Protocol):
    """An analysis that takes in frames block by block."""

    def add(self, block: FrameBlock) -> None:
        """Take in a block of frames."""


def average_frames(
    trajectory: FrameSource,
    estimates: dict[str, Estimate],
    *,
    steps_of_frames: NDArray[np.int64],
    volumes_angstrom3: NDArray[np.float64],
    window: tuple[float, float] | None,
    on_progress: Callable[[int, int], None] | None,
) -> xr.Dataset:
    """Read the frames once; put the scalar results into ``estimates`` and return the curves.

    Args:
        trajectory: the run.
        estimates: of the run so far, by name; it is added to.
        steps_of_frames: steps of the frames to take, equally spaced, two at least.
        volumes_angstrom3: of every step.
        window: where the first peak of g(r) is sought; None takes that of H2 for hydrogen and everything otherwise.
        on_progress: called with (frames read, frames to read) after each block.
    """
    hydrogen = bool((trajectory.numbers == HYDROGEN).all())
    start = int(steps_of_frames[0])
    frames = len(steps_of_frames)
    first = next(iter(trajectory.blocks(1, start_step=start)))
    interval = float(steps_of_frames[1] - steps_of_frames[0]) * trajectory.timestep_fs
    rdf = PairCorrelation(greatest_radius_angstrom(first.cells_angstrom[0], volumes_angstrom3))
    displacements = Displacements(trajectory.masses_u)
    velocities = VelocityCorrelation(trajectory.masses_u, interval)
    order = SolidOrder() if hydrogen else SolidOrder(bond_angstrom=0.0)
    factor = StructureFactor(first.cells_angstrom[0])
    molecules = Molecules(trajectory.n_atoms) if hydrogen else None
    thinned: dict[Accumulator, int] = {
        rdf: min(RDF_FRAMES, RDF_ATOMS // trajectory.n_atoms + 1),
        displacements: DISPLACEMENT_FRAMES,
        order: min(ORDER_FRAMES, ORDER_ATOMS // trajectory.n_atoms + 1),
        factor: STRUCTURE_FRAMES,
    }
    everything: list[Accumulator] = [velocities] if molecules is None else [velocities, molecules]
    size = max(1, BLOCK_BYTES // (trajectory.n_atoms * 9 * 8))
    seen = 0
    for read in trajectory.blocks(size, start_step=start):
        block = _chosen(read, np.isin(read.steps, steps_of_frames))
        for accumulator in everything:
            accumulator.add(block)
        for accumulator, most in thinned.items():
            accumulator.add(_every(block, -(-frames // most), seen))
        seen += len(block.times_fs)
        if on_progress is not None:
            on_progress(seen, frames)
    curves = _pair_correlation(rdf, estimates, window or (MOLECULAR_WINDOW_ANGSTROM if hydrogen else None))
    curves.update(_displacement(displacements, estimates))
    curves.update(_vibrations(velocities, estimates))
    curves.update(
        xr.Dataset(
            {"structure_factor": ("k", factor.mean(), {"unit": ""})},
            coords={"k": ("k", factor.k_per_angstrom, {"unit": "1/Å"})},
        )
    )
    estimates["q4"], estimates["q6"], estimates["solid_fraction"] = order.q4(), order.q6(), order.solid_fraction()
    if molecules is not None:
        curves.update(_molecular(molecules, estimates))
    return curves


def _pair_correlation(
    rdf: PairCorrelation, estimates: dict[str, Estimate], window: tuple[float, float] | None
) -> xr.Dataset:
    if window is None:
        peak = rdf.first_peak(
            window_angstrom=(0.0, float(rdf.r_angstrom[-1])), minimum_below_angstrom=float(rdf.r_angstrom[-1])
        )
    else:
        peak = rdf.first_peak(window_angstrom=window)
    estimates["rdf_peak_height"] = peak.height
    estimates["rdf_peak_prominence"] = peak.prominence
    estimates["rdf_minimum"] = peak.minimum
    estimates["coordination"] = peak.coordination
    running = rdf.running_peaks(peak)
    distances, neighbours = rdf.running_coordination()
    return xr.Dataset(
        {
            **_curve("rdf", "r", rdf.estimates()),
            **_curve("running_coordination", "distance", neighbours),
            **_curve("rdf_peak_height_running", "elapsed", [found.height for _, found in running]),
            **_curve("rdf_minimum_running", "elapsed", [found.minimum for _, found in running]),
            **_curve("coordination_running", "elapsed", [found.coordination for _, found in running]),
            "rdf_peak_position": ((), peak.position_angstrom, {"unit": "Å"}),
            "rdf_minimum_position": ((), peak.minimum_position_angstrom, {"unit": "Å"}),
        },
        coords={
            "r": ("r", rdf.r_angstrom, {"unit": "Å"}),
            "distance": ("distance", distances, {"unit": "Å"}),
            "elapsed": ("elapsed", [time for time, _ in running], {"unit": "fs"}),
        },
    )


def _curve(name: str, dimension: str, found: Sequence[Estimate]) -> dict[str, tuple[str, list[float], dict[str, str]]]:
    """Return a curve and its error as two variables of a data set."""
    unit = {"unit": found[0].unit}
    return {
        name: (dimension, [each.value for each in found], unit),
        f"{name}_error": (dimension, [each.error for each in found], unit),
    }


def _displacement(displacements: Displacements, estimates: dict[str, Estimate]) -> xr.Dataset:
    curves = displacements.from_origins()
    lags, values = displacements.all_origins()
    length = min(len(lags), len(curves.lags_fs))
    estimates["diffusion"] = displacements.diffusion()
    coordinate = {"lag": ("lag", lags[:length], {"unit": "fs"})}
    return xr.Dataset(
        {
            "msd": ("lag", curves.mean_angstrom2[:length], {"unit": "Å²"}),
            "msd_error": ("lag", curves.error_angstrom2[:length], {"unit": "Å²"}),
            "msd_origins": (("origin", "lag"), curves.curves_angstrom2[:, :length], {"unit": "Å²"}),
            "msd_all": ("lag", values[:length], {"unit": "Å²"}),
            "msd_exponent": ((), displacements.exponent(), {"unit": ""}),
            "mean_cell": (("vector", "axis"), displacements.mean_cell_angstrom, {"unit": "Å"}),
        },
        coords=coordinate,
    )


def _vibrations(velocities: VelocityCorrelation, estimates: dict[str, Estimate]) -> xr.Dataset:
    found = velocities.result()
    if found is None:
        return xr.Dataset()
    estimates["stretch_share"] = found.stretch_share
    return xr.Dataset(
        {
            "vacf": ("vacf_lag", found.autocorrelation, {"unit": ""}),
            "vdos": ("frequency", found.density_of_states, {"unit": "1/THz"}),
        },
        coords={
            "vacf_lag": ("vacf_lag", found.lags_fs, {"unit": "fs"}),
            "frequency": ("frequency", found.frequencies_thz, {"unit": "THz"}),
        },
    )


def _molecular(molecules: Molecules, estimates: dict[str, Estimate]) -> xr.Dataset:
    estimates["molecular_fraction"] = molecules.instantaneous_fraction()
    estimates["molecular_fraction_lifetime"] = molecules.lifetime_fraction()
    times, survival = molecules.lifetimes().survival()
    return xr.Dataset(
        {"bond_survival": ("bond_time", survival, {"unit": ""})},
        coords={"bond_time": ("bond_time", times, {"unit": "fs"})},
    )


def regular_steps(frame_steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the steps of equally spaced frames, by the commonest spacing; a frame out of turn is dropped."""
    if len(frame_steps) < 3:
        return frame_steps
    spacings, counts = np.unique(np.diff(frame_steps), return_counts=True)
    spacing = spacings[np.argmax(counts)]
    origin = frame_steps[int(np.argmax(np.diff(frame_steps) == spacing))]
    return np.asarray(frame_steps[(frame_steps - origin) % spacing == 0])


def _every(block: FrameBlock, every: int, seen: int) -> FrameBlock:
    """Return every k-th frame of a block, counted from the first frame of the run; ``seen`` came before the block."""
    return block if every == 1 else _chosen(block, np.arange(seen, seen + len(block.steps)) % every == 0)


def _chosen(block: FrameBlock, chosen: NDArray[np.bool_]) -> FrameBlock:
    if chosen.all():
        return block
    return FrameBlock(
        steps=block.steps[chosen],
        times_fs=block.times_fs[chosen],
        positions_angstrom=block.positions_angstrom[chosen],
        velocities_angstrom_per_fs=block.velocities_angstrom_per_fs[chosen],
        cells_angstrom=block.cells_angstrom[chosen],
        forces_ev_per_angstrom=block.forces_ev_per_angstrom[chosen],
    )
