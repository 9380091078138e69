"""Which theory pw.x computed: functional, cutoff, potentials and k-points, as its output names them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llpt.trajectory.foreign.text import Lines

if TYPE_CHECKING:
    from pathlib import Path

FUNCTIONAL = re.compile(r"Exchange-correlation\s*=\s*([^(]*[^(\s])")
CUTOFF = re.compile(r"kinetic-energy cutoff\s*=\s*([\d.]+\s*Ry)")
POTENTIAL = re.compile(r"PseudoPot\. #\s*\d+ for\s+(\S+)")
CHECK_SUM = re.compile(r"MD5 check sum:\s*(\w+)")
POINTS = re.compile(r"number of k points=\s*(\d+)")
FIRST_POINT = re.compile(r"k\(\s*1\) = \(([^)]*)\)")
FUNCTIONALS = {"sla pw pbx pbc": "pbe", "sla pw psx psc": "pbesol", "sla pz nogx nogc": "lda"}
"""What older versions call by its parts."""


def theory_of_output(path: Path) -> dict[str, str]:
    """Return what an output says of its theory, each in words by its name.

    Args:
        path: the output; it is read up to the first self-consistent cycle.
    """
    found: dict[str, str] = {}
    kind = points = ""
    for line in Lines(path):
        if "Self-consistent Calculation" in line:
            break
        if (functional := FUNCTIONAL.search(line)) is not None:
            words = " ".join(functional[1].split()).lower()
            found.setdefault("functional", FUNCTIONALS.get(words, words))
        elif (cutoff := CUTOFF.search(line)) is not None:
            found.setdefault("cutoff", f"{float(cutoff[1].removesuffix('Ry')):g} Ry")
        elif (potential := POTENTIAL.search(line)) is not None:
            kind = potential[1]
        elif kind and (check_sum := CHECK_SUM.search(line)) is not None:
            found[f"potential of {kind}"] = f"MD5 {check_sum[1]}"
        elif (number := POINTS.search(line)) is not None:
            points = number[1]
        elif points and (first := FIRST_POINT.search(line)) is not None:
            found.setdefault("k-points", f"{points} with ({' '.join(first[1].split())}) 2π/alat the first")
    return found
