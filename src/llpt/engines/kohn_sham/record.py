"""What the built-in DFT is as an engine."""

from __future__ import annotations

from llpt.dft.settings import KohnShamOptions, KohnShamSettings
from llpt.engines.record import EngineRecord, Speed

DFT = EngineRecord(
    name="dft",
    label="DFT",
    maker="llpt.engines.kohn_sham.engine:make_kohn_sham",
    options=KohnShamOptions,
    thermal=True,
    functional=KohnShamSettings.xc,
    elements=frozenset({"H"}),
    # Transforms and matrix products, fitted to 32, 64, 128, 256 and 512 atoms: within 17 % (docs/performance.md).
    speed=Speed({2.0: 0.028, 3.0: 0.0102}, floor=0.025, plane_waves=True),
    trial={"ecut_ry": 20.0, "electronic_temperature_k": 3000.0},
)
