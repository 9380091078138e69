"""Transforms of orbitals: our own code against torch's of whole grids, in single precision on the CPU.

    python benchmarks/transforms.py START.extxyz --repeats 1x1x1 2x1x1 2x2x1

The plane waves and both grids of molecular dynamics at 60 Ry, 40 bands for each 64 atoms. For each grid and number of
threads: milliseconds a band of V psi (there and back) and of the density, medians of calls in turn, and the seconds it
took to compile. Prints one line of JSON for each.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ase.io import read

from llpt import units
from llpt.dft.basis import GridPolicy, build_basis
from llpt.dft.kpoints import parse_kpoints
from llpt.dft.transforms import TensorTransform, VectorisedTransform
from llpt.precision import Precision


def compare(integers: torch.Tensor, shape: tuple[int, int, int], bands: int, calls: int) -> list[dict[str, Any]]:
    """Time both transforms of one grid."""
    generator = torch.Generator().manual_seed(0)
    orbitals = torch.randn((bands, len(integers)), dtype=torch.complex64, generator=generator)
    field, filling = torch.randn(shape, generator=generator), torch.ones(bands)
    begin = time.perf_counter()
    transforms = {"llpt": VectorisedTransform(integers, shape)}
    compiling = time.perf_counter() - begin
    transforms["torch"] = TensorTransform(integers, shape, torch.complex64)
    rows = []
    for threads in range(1, torch.get_num_threads() + 1):
        torch.set_num_threads(threads)
        row: dict[str, Any] = {"grid": shape, "bands": bands, "threads": threads, "compile_s": round(compiling, 2)}
        works = {}
        for name, transform in transforms.items():
            works[f"product_{name}_ms"] = partial(transform.apply_potential, orbitals, field)
            works[f"density_{name}_ms"] = partial(transform.add_density, torch.zeros(shape), orbitals, filling)
        times: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(calls + 1):
            for name, work in works.items():
                begin = time.perf_counter()
                work()
                times[name].append(time.perf_counter() - begin)
        rows.append(row | {name: float(f"{1e3 * np.median(all_[1:]) / bands:.3g}") for name, all_ in times.items()})
    return rows


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("start", type=Path)
    parser.add_argument("--repeats", nargs="+", default=["1x1x1", "2x1x1", "2x2x1"])
    parser.add_argument("--calls", type=int, default=9)
    arguments = parser.parse_args()
    threads = torch.get_num_threads()
    for repeat in arguments.repeats:
        counts = tuple(int(n) for n in repeat.split("x"))
        cell = torch.tensor(read(arguments.start).repeat(counts).cell.array) * units.ANGSTROM_TO_BOHR
        basis = build_basis(
            cell,
            cutoff=30.0,
            kpoints=parse_kpoints("mean-value"),
            precision=Precision.SINGLE,
            policy=GridPolicy.MOLECULAR_DYNAMICS,
        )
        for grid in (basis.grid, basis.correction_grid):
            torch.set_num_threads(threads)
            for row in compare(basis.waves[0].integers, grid.shape, 40 * math.prod(counts), arguments.calls):
                print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
