"""Optical response of one snapshot: how it is computed, and what is kept of it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from llpt.dft import LineShape
from llpt.dft.kpoints import check_kpoints, kpoints_in_cell
from llpt.errors import InputError

if TYPE_CHECKING:
    from ase import Atoms
    from numpy.typing import NDArray

    from llpt.engines.kohn_sham.engine import KohnShamEngine

#: Bands reach this far (eV) above the chemical potential where their number is not given: the sum rule is then
#: complete to about 1 %.
_BANDS_REACH_EV = 100.0
_BAND_SHARES = (0.5, 0.75, 1.0)
_BROADENING_FACTORS = (0.5, 1.0, 2.0)


@dataclass(frozen=True)
class OpticsSettings:
    """How the response of each snapshot is computed.

    Args:
        mesh: k-points of the spectrum, as the engine's option kpoints has them; None takes those of the ground state.
        bands: number of bands; None takes those up to 100 eV above the chemical potential.
        broadening_ev: width of the lines, eV, > 0: standard deviation of Gaussians, half width of Lorentzians.
        shape: of the lines.
        intraband: whether the Drude peak of the bands is drawn: for crystals only.
        photon_max_ev: last photon energy, eV.
        photon_step_ev: spacing and first of the photon energies, eV, > 0.

    Raises:
        InputError: a value out of range.
    """

    bands: int | None = None
    mesh: str | None = None
    broadening_ev: float = 0.2
    shape: LineShape = LineShape.GAUSSIAN
    intraband: bool = False
    photon_max_ev: float = 20.0
    photon_step_ev: float = 0.05

    def __post_init__(self) -> None:
        if self.bands is not None and self.bands < 1:
            raise InputError(f"bands = {self.bands} is not a positive number.", "Give a number of bands, or auto.")
        if self.mesh is not None:
            check_kpoints(self.mesh)
        for name in ("broadening_ev", "photon_max_ev", "photon_step_ev"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise InputError(f"{name} = {value:g} is not positive.", "Give an energy in eV above zero.")
        if not 1 <= self.photon_max_ev / self.photon_step_ev <= 100_000:
            raise InputError(
                f"photon energies up to {self.photon_max_ev:g} eV by {self.photon_step_ev:g} eV are not a grid.",
                "Give a step below the largest energy, e.g. 0.05 and 20 eV.",
            )

    @property
    def photon_energy_ev(self) -> NDArray[np.float64]:
        """The grid, shape (n,)."""
        count = int(self.photon_max_ev / self.photon_step_ev + 1e-9)
        return np.asarray(self.photon_step_ev * np.arange(1, count + 1), dtype=np.float64)

    @property
    def as_kept(self) -> dict[str, object]:
        """The settings as results keep them: without a mesh where there is none, as before there could be one."""
        return {name: value for name, value in asdict(self).items() if name != "mesh" or value is not None}


class BandsAndBroadening(BaseModel):
    """The response of one snapshot with other bands and another broadening.

    Args:
        bands: number of bands.
        broadening_ev: width of the lines, eV.
        dc_conductivity: S/cm.
        sum_rule: share of the sum rule.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="constants")

    bands: int
    broadening_ev: float
    dc_conductivity: float
    sum_rule: float


class SnapshotResponse(BaseModel):
    """The response of one snapshot, as its file holds it; for the shares see :class:`llpt.dft.OpticalSpectrum`.

    Args:
        dc_conductivity: S/cm.
        sum_rule: share of the sum rule.
        intraband_share: of it, within bands.
        mesh_share: what the finite mesh adds to it.
        projector_share: what projectors add to it.
        found_share: without these two.
        level_spacing: mean spacing of the levels, eV.
        conductivity_real: S/cm, at the photon energies of the settings.
        conductivity_imag: likewise.
        convergence: with other bands and broadenings.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="constants")

    dc_conductivity: float
    sum_rule: float
    intraband_share: float
    mesh_share: float
    projector_share: float
    found_share: float
    level_spacing: float
    conductivity_real: tuple[float, ...]
    conductivity_imag: tuple[float, ...]
    convergence: tuple[BandsAndBroadening, ...]


def response_of(frame: Atoms, engine: KohnShamEngine, settings: OpticsSettings) -> SnapshotResponse:
    """Return the response of one snapshot.

    Args:
        frame: the snapshot.
        engine: the DFT engine, at the settings wanted.
        settings: bands, broadening, photon energies.

    Raises:
        InputError: the snapshot cannot be computed.
        EngineError: no self-consistency or bands that did not converge.
    """
    from llpt.dft import bands_up_to, find_transitions, transitions_on_mesh  # noqa: PLC0415 - loads torch

    engine.reset()
    engine.calculate(frame)
    assert engine.problem is not None
    assert engine.ground_state is not None
    bands = settings.bands or bands_up_to(engine.problem, engine.ground_state, _BANDS_REACH_EV)
    solved = (engine.problem, engine.ground_state, bands)
    mesh = None if settings.mesh is None else kpoints_in_cell(settings.mesh, engine.problem.basis.cell.cpu().numpy())
    transitions = find_transitions(*solved) if mesh is None else transitions_on_mesh(*solved, mesh)
    photon = settings.photon_energy_ev
    spectrum = transitions.spectrum(
        photon, broadening_ev=settings.broadening_ev, shape=settings.shape, intraband=settings.intraband
    )
    trials = []
    for share in _BAND_SHARES:
        for factor in _BROADENING_FACTORS:
            trial = transitions.spectrum(
                photon[:1],
                broadening_ev=factor * settings.broadening_ev,
                shape=settings.shape,
                intraband=settings.intraband,
                bands=max(1, round(share * bands)),
            )
            trials.append(
                BandsAndBroadening(
                    bands=trial.bands,
                    broadening_ev=trial.broadening_ev,
                    dc_conductivity=trial.dc_conductivity_s_per_cm,
                    sum_rule=trial.sum_rule,
                )
            )
    return SnapshotResponse(
        dc_conductivity=spectrum.dc_conductivity_s_per_cm,
        sum_rule=spectrum.sum_rule,
        intraband_share=spectrum.intraband_share,
        mesh_share=spectrum.mesh_share,
        projector_share=spectrum.projector_share,
        found_share=spectrum.found_share,
        level_spacing=transitions.level_spacing_ev,
        conductivity_real=tuple(spectrum.conductivity_s_per_cm.real.tolist()),
        conductivity_imag=tuple(spectrum.conductivity_s_per_cm.imag.tolist()),
        convergence=tuple(trials),
    )
