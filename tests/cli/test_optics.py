"""``llpt optics``: from structure files and from a run directory."""

import json
from functools import partial

import ase.io
import pytest

from llpt.dynamics import RunSettings, run_md
from llpt.engines import Purpose, make_engine
from llpt.observables.optics import OPTICS
from llpt.structure import atomic_fluid

FAST = ("--option", "ecut_ry=12", "--option", "kpoints=gamma", "--photon-max-ev", "5", "--photon-step-ev", "0.5")


@pytest.fixture
def optics(command):
    return partial(command, "optics")


@pytest.fixture
def fluid(tmp_path):
    path = tmp_path / "fluid.extxyz"
    ase.io.write(path, [atomic_fluid(atoms=4, wigner_seitz_radius=1.6, seed=seed) for seed in (1, 2)])
    return path


def test_structure_files_give_averages_a_table_and_files(fluid, tmp_path, optics):
    code, out, err = optics(fluid, "-o", tmp_path / "optics", "--option", "electronic_temperature_k=3000", *FAST)
    assert code == 0
    numbers = [line.rpartition("  ")[0].strip() for line in out.splitlines()]
    assert [each.phrase for each in OPTICS.quantities if each.phrase in numbers] == [
        each.phrase
        for each in OPTICS.quantities
        if each.name in json.loads((tmp_path / "optics" / "optics.json").read_text())["averages"]
    ]
    assert "broadening" in out
    assert "electronic_temperature_k 3000" in err
    content = json.loads((tmp_path / "optics" / "optics.json").read_text())
    assert content["snapshots"] == 2
    assert content["averages"]["dc_conductivity"]["error"] > 0
    other = (fluid, "-o", tmp_path / "optics", "--option", "electronic_temperature_k=4000", *FAST)
    code, _, refusal = optics(*other)
    assert code == 1
    assert "results of another calculation" in refusal
    assert json.loads((tmp_path / "optics" / "optics.json").read_text()) == content
    # Four atoms at one k-point do not fulfil the sum rule; the bands are not to blame, and that is said.
    assert "mesh of k-points puts the sum rule off by" in err
    assert "The bands miss" not in err


def test_a_finer_mesh_takes_the_ground_state_as_it_is(fluid, tmp_path, optics):
    points = tuple("kpoints=mean-value" if each == "kpoints=gamma" else each for each in FAST)
    asked = ("--option", "electronic_temperature_k=3000", *points)
    code, _, _ = optics(fluid, "-o", tmp_path / "coarse", *asked)
    assert code == 0
    assert "mesh" not in json.loads((tmp_path / "coarse" / "optics.json").read_text())["settings"]
    code, _, _ = optics(fluid, "-o", tmp_path / "fine", "--mesh", "4x4x4", *asked)
    assert code == 0
    found = [json.loads((tmp_path / name / "optics.json").read_text()) for name in ("coarse", "fine")]
    assert found[1]["settings"]["mesh"] == "4x4x4"
    assert found[1]["engine"] == found[0]["engine"]
    shares = [abs(each["averages"]["mesh_share"]["value"]) for each in found]
    assert shares[1] < 0.5 * shares[0]
    code, _, refusal = optics(fluid, "-o", tmp_path / "fine", "--mesh", "5x5x5", *asked)
    assert (code, "results of another calculation" in refusal) == (1, True)
    code, _, refusal = optics(fluid, "-o", tmp_path / "none", "--mesh", "many", *asked)
    assert (code, "k-points 'many' cannot be read" in refusal) == (1, True)
    assert not (tmp_path / "none").exists()


def test_a_run_is_taken_with_its_own_settings(tmp_path, optics):
    run = tmp_path / "run"
    options = {"ecut_ry": 12.0, "electronic_temperature_k": 2000.0, "kpoints": "gamma", "xc": "lda-pw92"}
    start = atomic_fluid(atoms=4, wigner_seitz_radius=1.6, seed=1)
    with make_engine("dft", options, purpose=Purpose.DYNAMICS) as engine:
        settings = RunSettings(ensemble="nvt", temperature_k=1500.0, steps=20, seed=1, timestep_fs=0.2)
        run_md(start, engine, settings, run)
    code, _, err = optics(run, "--frames", "2", *FAST[4:])
    assert code == 0
    content = json.loads((run / "optics" / "optics.json").read_text())
    assert content["snapshots"] == 2
    for name, value in options.items():
        assert content["engine"]["options"][name] == value
    assert "2 snapshots of 4 atoms" in err
    assert "optics" not in {path.name for path in run.iterdir() if path.is_file()}


def test_a_run_of_another_engine_is_taken_at_its_temperature(tmp_path, optics):
    run = tmp_path / "run"
    spring = {"sigma": "1.2", "epsilon": "0.2", "rc": "2.3"}
    with make_engine("ase:ase.calculators.lj.LennardJones", spring) as engine:
        settings = RunSettings(ensemble="nvt", temperature_k=1500.0, steps=10, seed=1, timestep_fs=0.2)
        run_md(atomic_fluid(atoms=4, wigner_seitz_radius=1.6, seed=1), engine, settings, run)
    code, _, err = optics(run, "--frames", "1", "-o", tmp_path / "elsewhere", *FAST)
    assert code == 0
    assert "electronic_temperature_k 1500" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("{fluid}",), "--out"),
        (("{nowhere}", "-o", "o"), "no structure file"),
        (("{fluid}", "{directory}", "-o", "o"), "beside other sources"),
        (("{fluid}", "-o", "o", "--bands", "many"), "whole number"),
        (("{fluid}", "-o", "o", "--line-shape", "square"), "gaussian"),
        (("{fluid}", "-o", "o", "--broadening-ev", "0"), "not positive"),
        (("{fluid}", "-o", "o", "--frames", "0"), "--frames"),
        (("{fluid}", "-o", "o", "--option", "ecutt=3"), "ecut_ry"),
    ],
)
def test_what_cannot_be_done_is_refused_in_two_lines(arguments, words, fluid, tmp_path, optics):
    places = {"fluid": fluid, "nowhere": tmp_path / "nowhere.extxyz", "directory": tmp_path}
    code, _, err = optics(*(argument.format(**places) for argument in arguments))
    assert code == 1
    assert "Traceback" not in err
    cause, remedy = err.strip().splitlines()[-2:]
    assert cause.startswith("error: ")
    assert remedy.strip().startswith("fix: ")
    assert words in cause + remedy


def test_snapshots_of_different_electronic_temperatures_are_refused(tmp_path, optics):
    frames = [atomic_fluid(atoms=4, wigner_seitz_radius=1.6, seed=seed) for seed in (1, 2)]
    for frame, temperature in zip(frames, (1000.0, 2000.0), strict=True):
        frame.info["electronic_temperature_k"] = temperature
    ase.io.write(tmp_path / "f.extxyz", frames)
    code, _, err = optics(tmp_path / "f.extxyz", "-o", tmp_path / "o")
    assert code == 1
    assert "different electronic temperatures" in err
