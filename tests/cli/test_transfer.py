"""``llpt audit transfer``: potentials outside of their training, and a calibrated committee, from files to figure."""

import csv
import json
import math

import ase.io
import numpy as np
import pytest
from ase.calculators.lj import LennardJones

from llpt.engines import member_specs
from llpt.structure import atomic_fluid

EPSILON_EV = 0.2
MEMBERS = """
from ase.calculators.lj import LennardJones

class Low(LennardJones):
    def __init__(self):
        super().__init__(sigma=1.2, epsilon=0.21, rc=2.3)

class High(LennardJones):
    def __init__(self):
        super().__init__(sigma=1.2, epsilon=0.23, rc=2.3)
"""


@pytest.fixture
def labelled(tmp_path, install_package):
    """Frames of two densities and sizes with labels of a fluid, and two potentials that err by 5 and 15 %."""
    install_package("others_of_lj", MEMBERS, {})
    frames = []
    for number in range(16):
        dense = number % 2
        frame = atomic_fluid(atoms=8 + 4 * dense, density_g_per_cm3=0.8 + 0.2 * dense, seed=number)
        frame.calc = LennardJones(sigma=1.2, epsilon=EPSILON_EV, rc=2.3)
        frame.get_forces()
        frame.get_stress()
        frames.append(frame)
    path = tmp_path / "labelled.extxyz"
    ase.io.write(path, frames)
    return path


ENGINES = ("-e", "ase:others_of_lj.Low", "-e", "ase:others_of_lj.High")


def test_a_committee_whose_factor_is_known(labelled, tmp_path, command):
    """Forces of a factor too large each: the mean errs by 10 %, and the two differ by sqrt(2) 5 %: factor sqrt(2)."""
    out = tmp_path / "out"
    code, shown, err = command(
        "audit", "transfer", labelled, *ENGINES, "--committee", "--range", "atoms=8:8", "-o", out
    )
    assert code == 0, err
    assert "true error over disagreement" in shown
    found = json.loads((out / "transfer.json").read_text())["committee"]
    force = found["calibration"]["force"]
    assert force["factor"]["value"] == pytest.approx(math.sqrt(2.0), rel=1e-4)
    ratios = [each["value"] / spread for each, spread in zip(force["errors"], force["spreads"], strict=True)]
    np.testing.assert_allclose(ratios, math.sqrt(2.0), rtol=1e-4)  # files of frames have eight digits
    assert (out / "calibration.png").stat().st_size > 1000
    above = next(row for row in found["transfer"] if row["place"] == "above")
    assert above["frames"] == 8
    assert above["force_error_ev_per_angstrom"] == pytest.approx(0.1 * above["force_ev_per_angstrom"], rel=1e-4)


def test_potentials_side_by_side_and_the_range_of_the_training(labelled, tmp_path, command):
    trained = tmp_path / "trained.extxyz"
    ase.io.write(trained, ase.io.read(labelled, "::2"))
    out = tmp_path / "out"
    code, shown, err = command("audit", "transfer", labelled, *ENGINES, "--trained", trained, "-o", out)
    assert code == 0, err
    assert "disagreement" not in shown
    rows = list(csv.DictReader((out / "transfer.csv").open(encoding="utf-8")))
    assert {row["potential"] for row in rows} == {"ase:others_of_lj.Low", "ase:others_of_lj.High"}
    errors = [float(row["force error (eV/Å)"]) / float(row["force (eV/Å)"]) for row in rows]
    np.testing.assert_allclose(
        errors, [0.05 if "Low" in row["potential"] else 0.15 for row in rows], rtol=1e-4
    )  # files of frames have eight digits
    dense = next(row for row in rows if row["range of"].startswith("density") and row["place"] == "above")
    assert int(dense["frames"]) == 8


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "The training data of the potential are not given"),
        (("--range", "atoms=8"), "is no range"),
        (("--range", "colour=1:2"), "is no range"),
        (("--range", "temperature=700:900"), "does not say its temperature"),
    ],
)
def test_what_cannot_be_done_is_refused_in_two_lines(labelled, tmp_path, command, arguments, words):
    code, _, err = command("audit", "transfer", labelled, *ENGINES, *arguments, "-o", tmp_path / "out")
    assert code == 1
    assert words in err
    assert not (tmp_path / "out").exists()


def test_members_of_a_committee(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "input.nn").touch()
    assert member_specs(f"model:{tmp_path}") == (f"model:{tmp_path / 'one'}", f"model:{tmp_path / 'two'}")
    assert member_specs(f"n2p2:{tmp_path / 'one'}") == (f"n2p2:{tmp_path / 'one'}",)
    assert member_specs("ase:ase.calculators.lj.LennardJones") == ("ase:ase.calculators.lj.LennardJones",)
