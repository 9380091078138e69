"""What a run holds constant, and by which heat bath: asked of the dynamics, and told by what a run says of itself."""

from __future__ import annotations

from enum import StrEnum


class Ensemble(StrEnum):
    """What is held constant besides the number of atoms."""

    NVE = "nve"
    NVT = "nvt"
    NPT = "npt"


class Thermostat(StrEnum):
    """How the atoms exchange heat: all sample the canonical ensemble."""

    SVR = "svr"
    """Stochastic velocity rescaling (Bussi, Donadio, Parrinello, J. Chem. Phys. 126, 014101, 2007): global."""
    LANGEVIN = "langevin"
    """White noise and friction on every atom: local, slows diffusion by about γ, mixes stiff modes."""
    NOSE_HOOVER = "nose-hoover"
    """Nosé–Hoover chains: global, deterministic; with the integrators that have no other, and only there."""
