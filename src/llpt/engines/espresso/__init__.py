"""Quantum ESPRESSO's pw.x, driven over an i-PI socket."""

from llpt.engines.espresso.engine import QuantumEspresso, make_quantum_espresso
from llpt.engines.espresso.log import ScfReport, last_scf_report
from llpt.engines.espresso.process import pw_version
from llpt.engines.espresso.settings import EspressoOptions, gth_upf

__all__ = [
    "EspressoOptions",
    "QuantumEspresso",
    "ScfReport",
    "gth_upf",
    "last_scf_report",
    "make_quantum_espresso",
    "pw_version",
]
