"""A network trained here, written in n2p2's format and read back by another program."""

import re
import subprocess

import numpy as np
import pytest
from tests.others import needs_program

from llpt.mlp import (
    BehlerParrinello,
    CutoffType,
    FunctionType,
    PotentialDefinition,
    SymmetryFunction,
    TrainingSettings,
    in_order,
    train,
)
from llpt.mlp.potential.network import Activation, Layer, Network
from llpt.mlp.potential.scaling import Scaling, ScalingKind
from llpt.units import BOHR_TO_ANGSTROM

CP2K = "cp2k.psmp"
INPUT = """&GLOBAL
 PROJECT nnp
 RUN_TYPE ENERGY_FORCE
&END GLOBAL
&FORCE_EVAL
 METHOD NNP
 &NNP
  NNP_INPUT_FILE_NAME {potential}/input.nn
  SCALE_FILE_NAME {potential}/scaling.data
  &MODEL
   WEIGHTS {potential}/weights
  &END MODEL
 &END NNP
 &SUBSYS
  &CELL
{edges}
  &END CELL
  &COORD
{atoms}
  &END COORD
 &END SUBSYS
 &PRINT
  &FORCES
   NDIGITS 12
  &END FORCES
 &END PRINT
&END FORCE_EVAL
"""


def functions_for_cp2k():
    """Radial and narrow functions: CP2K knows no others."""
    radial = [
        SymmetryFunction(FunctionType.RADIAL, eta=eta, shift=shift, cutoff=7.0)
        for eta, shift in ((4.0, 1.3), (4.0, 1.8), (1.4, 2.4), (1.4, 3.2), (0.5, 4.0), (0.2, 0.0), (0.05, 0.0))
    ]
    narrow = [
        SymmetryFunction(FunctionType.NARROW, eta=0.1, shift=0.0, cutoff=5.0, lam=lam, zeta=zeta)
        for lam in (-1.0, 1.0)
        for zeta in (1.0, 4.0)
    ]
    return in_order(radial + narrow)


def untrained(functions):
    """A potential that serves only to hand its symmetry functions to a training."""
    n = len(functions)
    return PotentialDefinition(
        element="H",
        functions=functions,
        cutoff_type=CutoffType.TANH3,
        scaling=Scaling(
            kind=ScalingKind.CENTRE, minimum=np.zeros(n), maximum=np.ones(n), mean=np.zeros(n), sigma=np.ones(n)
        ),
        network=Network(
            (
                Layer(weights=np.zeros((n, 1)), biases=np.zeros(1), activation=Activation.TANH),
                Layer(weights=np.zeros((1, 1)), biases=np.zeros(1), activation=Activation.LINEAR),
            )
        ),
    )


def evaluate_with_cp2k(potential, positions, cell, folder):
    """Return CP2K's energy (Ha) and forces (Ha/bohr) of a structure given in bohr."""
    atoms = "\n".join("H " + " ".join(f"{x:.14f}" for x in row) for row in positions * BOHR_TO_ANGSTROM)
    edges = "\n".join(
        f"{name} " + " ".join(f"{x:.14f}" for x in row)
        for name, row in zip("ABC", cell * BOHR_TO_ANGSTROM, strict=True)
    )
    (folder / "nnp.inp").write_text(INPUT.format(potential=potential, atoms=atoms, edges=edges))
    done = subprocess.run([CP2K, "-i", "nnp.inp"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    energy = float(re.findall(r"ENERGY\| Total FORCE_EVAL.*?(-?\d+\.\d+)", done.stdout)[-1])
    rows = re.findall(r"^\s+\d+\s+1\s+H\s+(-?\d+\.\d+)\s+(-?\d+\.\d+)\s+(-?\d+\.\d+)\s*$", done.stdout, re.MULTILINE)
    return energy, np.array(rows, dtype=float)


@pytest.mark.peer
@needs_program(CP2K)
def test_cp2k_reads_a_trained_network(make_labelled, make_fluid, tmp_path):
    BehlerParrinello(untrained(functions_for_cp2k())).save(tmp_path / "functions")
    settings = TrainingSettings(
        functions_from=tmp_path / "functions", hidden_nodes=(8, 8), iterations=8, forces_per_frame=10
    )
    outcome = train(make_labelled(5), tmp_path / "trained", settings)
    model = BehlerParrinello.load(tmp_path / "trained")
    assert outcome.cards[0].symmetry_functions == 11
    # Large enough for CP2K: in cells smaller than a cutoff it miscounts the images.
    positions, cell = make_fluid(32, seed=8)
    result = model.evaluate(positions, cell)
    energy, forces = evaluate_with_cp2k(tmp_path / "trained", positions, cell, tmp_path)
    assert abs(result.energy_ha - energy) < 1e-6
    np.testing.assert_allclose(result.forces, forces, rtol=0.0, atol=1e-6)
    assert np.abs(forces).max() > 1e-3
