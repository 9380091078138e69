"""``llpt evaluate --compare``: errors that were planted in labels are found, in the table and in the figure."""

import re

import numpy as np
import pytest
from ase import Atoms

from llpt.engines import evaluate, make_engine, write_evaluated
from llpt.structure import attach_labels

SPEC = "ase:ase.calculators.lj.LennardJones"
OPTIONS = {"sigma": "0.6", "epsilon": "0.02", "rc": "1.5"}
BIAS_MEV, NOISE_MEV, FORCE, PRESSURE_GPA = 12.0, 3.0, 0.05, 2.0
GPA = 1.0 / 160.21766
FRAMES = 120


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Frames of five pairs, a random share of them molecules, whose labels are off by known amounts."""
    random = np.random.default_rng(4)
    frames, shares = [], []
    for _ in range(FRAMES):
        edge = random.uniform(3.7, 4.2)
        is_molecule = random.uniform(size=5) < random.uniform()
        bonds = np.where(is_molecule, 0.74, 1.27)
        starts = np.column_stack([edge * np.arange(5), np.zeros(5), np.zeros(5)])
        ends = starts + np.column_stack([bonds, np.zeros(5), np.zeros(5)])
        frames.append(Atoms("H10", positions=np.vstack([starts, ends]), cell=[5.0 * edge, edge, edge], pbc=True))
        shares.append(is_molecule.mean())
    engine = make_engine(SPEC, OPTIONS)
    labelled = evaluate(frames, engine)
    engine.close()
    for atoms, share in zip(labelled, shares, strict=True):
        error_mev = BIAS_MEV * share + 40.0 + random.normal(0.0, NOISE_MEV)
        free_energy = atoms.get_potential_energy(force_consistent=True) - len(atoms) * error_mev / 1000.0
        forces = atoms.get_forces() - FORCE
        stress = atoms.get_stress() + np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0]) * PRESSURE_GPA * GPA
        attach_labels(atoms, energy=free_energy, free_energy=free_energy, forces=forces, stress=stress)
    path = tmp_path_factory.mktemp("planted") / "labelled.extxyz"
    write_evaluated(path, labelled)
    return path


def compare(command, path, *more):
    options = [word for key, value in OPTIONS.items() for word in ("--option", f"{key}={value}")]
    return command("evaluate", path, "--engine", SPEC, *options, "--compare", *more)


def test_planted_errors_are_found(planted, tmp_path, command):
    code, out, err = compare(command, planted, "-o", tmp_path / "errors.svg")
    assert code == 0, err
    said = re.search(r"bias: ([-+.\d]+) ± ([.\d]+) meV/atom", out)
    assert said, out
    found, error = map(float, said.groups())
    assert abs(found - BIAS_MEV) < 4.0 * error  # the noise has a seed
    assert error < 2.5
    row = next(line for line in out.splitlines() if re.search(r"\ball\b", line))
    frames, energy, force, _, pressure = map(float, re.findall(r"[-+]?\d+\.?\d*(?:e[-+]?\d+)?", row))
    assert frames == FRAMES
    assert NOISE_MEV < energy < np.hypot(NOISE_MEV, BIAS_MEV)  # the constant of 40 meV is the set's
    assert force == pytest.approx(FORCE, rel=0.01)
    assert pressure == pytest.approx(PRESSURE_GPA, rel=0.01)
    assert "molecular fluid" in out
    assert "atomic fluid" in out
    assert (tmp_path / "errors.svg").read_text().lstrip().startswith("<?xml")


def test_a_figure_that_is_there_stays_unless_it_may_go(planted, tmp_path, command):
    (tmp_path / "errors.svg").write_text("mine")
    code, _, err = compare(command, planted, "-o", tmp_path / "errors.svg")
    assert code == 1, err
    assert (tmp_path / "errors.svg").read_text() == "mine"
    assert compare(command, planted, "-o", tmp_path / "errors.svg", "--overwrite")[0] == 0
    assert (tmp_path / "errors.svg").read_text() != "mine"


def test_frames_without_labels_are_refused(tmp_path, command):
    Atoms("H2", positions=[[0, 0, 0], [0.74, 0, 0]], cell=[4, 4, 4], pbc=True).write(tmp_path / "bare.extxyz")
    code, _, err = compare(command, tmp_path / "bare.extxyz")
    assert code == 1
    assert "energy" in err
