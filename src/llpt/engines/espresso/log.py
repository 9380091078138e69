"""What pw.x writes: the entropy and the occupation of the last band, and why it stopped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.units import BOLTZMANN_EV_PER_K

if TYPE_CHECKING:
    from pathlib import Path

DONE = "convergence has been achieved"
_NUMBER = r"([-+]?\d*\.\d+(?:[EDed][-+]?\d+)?)"


@dataclass(frozen=True)
class ScfReport:
    """What the log tells of one converged SCF and the socket does not.

    Args:
        free_energy_ry: total energy as printed (8 decimals): F.
        smearing_ry: the term -T S; zero or negative.
        fermi_ev: Fermi energy.
        highest_band_ev: lowest energy over the k-points of the last band.
        iterations: SCF cycles.
    """

    free_energy_ry: float
    smearing_ry: float
    fermi_ev: float
    highest_band_ev: float
    iterations: int

    def highest_occupation(self, electronic_temperature_k: float) -> float:
        """Return the Fermi–Dirac occupation (0 to 1) of the last band."""
        x = (self.highest_band_ev - self.fermi_ev) / (BOLTZMANN_EV_PER_K * electronic_temperature_k)
        return float(1.0 / (1.0 + np.exp(min(x, 700.0))))


def last_scf_report(text: str) -> ScfReport | None:
    """Return the report of the last converged SCF in the log, None if there is none yet.

    Raises:
        ValueError: it lacks a line that it must have: another version of pw.x writes another log.
    """
    before, done, after = text.rpartition(DONE)
    if not done or "iterations" not in after:
        return None
    return _parse_block(before[before.rfind("End of self-consistent calculation") :], after)


def _parse_block(block: str, after: str) -> ScfReport:
    bands = re.findall(r"bands \(ev\):\s*\n\s*\n((?:[ \t]+[-\d. \t]+\n)+)", block)
    if not bands:
        raise ValueError("band energies")
    return ScfReport(
        free_energy_ry=_value(block, r"!\s+total energy\s+="),
        smearing_ry=_value(block, r"smearing contrib\. \(-TS\)\s+="),
        fermi_ev=_value(block, r"the Fermi energy is"),
        # Columns are nine wide and may touch.
        highest_band_ev=min(float(re.findall(r"-?\d+\.\d{4}", energies)[-1]) for energies in bands),
        iterations=int(re.findall(r"\d+", after)[0]),
    )


def _value(block: str, label: str) -> float:
    found = re.search(label + r"\s*" + _NUMBER, block)
    if not found:
        raise ValueError(label)
    return float(found.group(1).replace("D", "E").replace("d", "e"))


def reason_of_death(log: Path, errors: Path) -> tuple[str, str]:
    """Return cause and remedy of a pw.x that stopped, from its log and standard error."""
    text = log.read_text(errors="replace") if log.is_file() else ""
    complaint = errors.read_text(errors="replace") if errors.is_file() else ""
    failed = re.search(r"convergence NOT achieved after\s+(\d+) iterations", text)
    if failed:
        return (
            f"pw.x did not converge within {failed.group(1)} iterations.",
            "Check the structure (atoms too close?), or raise electronic_temperature_k or bands.",
        )
    routine = re.search(r"%{20,}\s*\n\s*Error in routine\s+(\S+)\s*\(.*?\):\s*\n\s*(.+?)\s*\n", text + complaint)
    if routine:
        return f"pw.x stopped in {routine.group(1)}: {routine.group(2)}.", f"See its log {log}."
    lines = [line.strip() for line in complaint.splitlines() if line.strip(" -=*")]
    message = f" Its message: {lines[0]}" if lines else ""
    return f"pw.x died without a result.{message}", f"See its log {log}; was it killed, or out of memory?"
