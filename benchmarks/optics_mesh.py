"""What the mesh of k-points makes of a spectrum: solved for at each point, and from the bands of a few.

    python benchmarks/optics_mesh.py tests/reference/A-64.extxyz --direct mean-value 2x2x2 --out FILE

The ground state of a frame at the k-points of ``--of``; its spectrum there (``direct``), and on each mesh. A row each:
dc conductivity, reflectivity at 2.33 eV, the sum rule and its parts, seconds of the processor after the
ground state.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from ase.io import read

from llpt.dft import find_transitions, transitions_on_mesh
from llpt.dft.kpoints import parse_kpoints
from llpt.engines import Purpose, make_engine
from llpt.observables.optics import LASER_EV

if TYPE_CHECKING:
    from llpt.dft import Transitions


def row(transitions: Transitions, seconds: float, broadening_ev: float, **asked: object) -> dict[str, Any]:
    """Return the numbers of one spectrum."""
    photon = np.array([LASER_EV])
    spectrum = transitions.spectrum(photon, broadening_ev=broadening_ev)
    return {
        **asked,
        "bands": spectrum.bands,
        "broadening_ev": broadening_ev,
        "dc_conductivity_s_per_cm": round(spectrum.dc_conductivity_s_per_cm, 1),
        "reflectivity": round(float(spectrum.reflectivity[0]), 4),
        "sum_rule": round(spectrum.sum_rule, 4),
        "mesh_share": round(spectrum.mesh_share, 4),
        "missed": round(1.0 - spectrum.found_share, 4),
        "seconds": round(seconds, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frame", type=Path)
    parser.add_argument("--of", nargs="+", default=["mean-value", "2x2x2"], metavar="K")
    parser.add_argument(
        "--direct", nargs="*", default=[], metavar="K", help="those of --of that are solved for as well"
    )
    parser.add_argument("--mesh", nargs="*", default=["2x2x2", "4x4x4", "6x6x6", "8x8x8"], metavar="K")
    parser.add_argument("--bands", type=int, default=100)
    parser.add_argument("--broadening-ev", type=float, default=0.3)
    parser.add_argument("--temperature", type=float, default=1200.0)
    parser.add_argument("--ecut", type=float, default=55.0)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if not given.frame.is_file():
        parser.error(f"there is no {given.frame}: give a file with a structure.")
    torch.set_num_threads(1)
    frame = read(given.frame)
    rows = []
    for kpoints in given.of:
        options = {"ecut_ry": given.ecut, "kpoints": kpoints, "electronic_temperature_k": given.temperature}
        with make_engine("dft", options, purpose=Purpose.SINGLE_POINT) as engine:
            engine.calculate(frame)
            solved = (engine.problem, engine.ground_state, given.bands)
            found = []
            if kpoints in given.direct:
                begin = time.process_time()
                transitions = find_transitions(*solved)
                found.append(("direct", transitions, time.process_time() - begin))
            for mesh in given.mesh:
                begin = time.process_time()
                transitions = transitions_on_mesh(*solved, parse_kpoints(mesh))
                found.append((mesh, transitions, time.process_time() - begin))
        for mesh, transitions, seconds in found:
            rows.append(row(transitions, seconds, given.broadening_ev, ground_state=kpoints, mesh=mesh))
            print(json.dumps(rows[-1]), flush=True)
    if given.out:
        given.out.write_text(
            json.dumps({"frame": given.frame.name, "atoms": len(frame), "rows": rows}, indent=1) + "\n"
        )


if __name__ == "__main__":
    main()
