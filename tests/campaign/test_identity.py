"""One type knows how a run's path is spelt, and reads it back."""

from pathlib import Path

import pytest

from llpt.campaign import ControlledTest, RunIdentity, ThermodynamicState, file_stem, short_name
from llpt.study import make_plan, parse_study

EVERY_TEST = Path(__file__).resolve().parents[1] / "study" / "golden" / "every-test.toml"


@pytest.mark.parametrize(
    ("identity", "path"),
    [
        (RunIdentity("dft", 256, "P200", "T700"), "runs/dft/N256/P200/T700"),
        (RunIdentity("vasp-pbe", 64, "rho0.95", "T900", repeat=2), "runs/vasp-pbe/N64/rho0.95/T900-repeat2"),
        (
            RunIdentity("dft", 2, "rs1.4", "T1000.5", ControlledTest.FIXED_ELECTRONIC_TEMPERATURE),
            "runs/dft/N2/rs1.4/T1000.5-fixed-electronic-temperature1",
        ),
        (
            RunIdentity("mace", 8, "P0.0029", "T1e-05", ControlledTest.RAMP_UP, 3),
            "runs/mace/N8/P0.0029/T1e-05-ramp-up3",
        ),
    ],
)
def test_a_path_is_read_back_as_it_was_spelt(identity, path):
    assert identity.path == path
    assert RunIdentity.parse(path) == identity


@pytest.mark.parametrize(
    "path", ["models/behler-parrinello", "labels/electronic-temperature", "runs/dft/N32/P200", "runs/dft/N32/P2/T7-no1"]
)
def test_what_is_no_run_is_not_read_as_one(path):
    assert RunIdentity.parse(path) is None
    assert short_name(path).endswith(path.removeprefix("runs/"))
    assert "/" not in file_stem(path)


def test_every_run_of_a_study_is_found_again_by_its_path():
    runs = make_plan(parse_study(EVERY_TEST.read_text())).runs
    elsewhere = {ControlledTest.SIZE, ControlledTest.DECOMPRESSION, ControlledTest.BEADS, ControlledTest.ISOTOPE}
    assert {run.test for run in runs} == set(ControlledTest) - elsewhere
    for run in runs:
        if run.test is not ControlledTest.ENGINE:
            assert RunIdentity.parse(run.path) == run.identity


def test_ramps_of_other_rates_are_other_ladders_but_sequential_runs_are_one():
    first, second = (RunIdentity("dft", 32, "P200", "T700", ControlledTest.RAMP_UP, repeat) for repeat in (1, 2))
    assert (first.ladder.label, second.ladder.label) == ("ramp-up", "ramp-up 2")
    third, fourth = (RunIdentity("dft", 32, "P200", "T700", ControlledTest.DURATION, repeat) for repeat in (2, 3))
    assert third.ladder == fourth.ladder
    assert (third.part, fourth.part) == ("duration 2", "duration 3")


def test_a_line_is_named_after_what_is_held():
    assert ThermodynamicState.at_pressure(150.5, 900.0).line == "P150.5"
    assert ThermodynamicState.at_density(0.954321, 900.0).line == "rho0.954321"
    assert ThermodynamicState.at_density(0.954321, 900.0, digits=4).line == "rho0.9543"
    held = ThermodynamicState.at_wigner_seitz_radius(1.4, 900.0)
    assert held.line == "rs1.4"
    assert held.density_g_per_cm3 == pytest.approx(0.98, rel=0.02)
