"""An isotherm from study file to page: a soft fluid at held densities, walked up and down, against another one."""

import csv

import pytest
from tests.studies import soft_study

from llpt.audit import Verdict
from llpt.observables import load_summary
from llpt.study import Ledger, State

DENSITIES = (0.9, 1.0, 1.1)
STUDY = """
[study]
name = "A soft fluid along an isotherm"
[system]
atoms = 24
start = "atomic"
[[state.isotherms]]
temperature_k = 1000
densities_gcc = [1.1, 0.9, 1.0]
[dynamics]
ensemble = "nvt"
timestep_fs = 0.3
steps = 150
discard = 50
ladder = "compression"
[reference]
engine = "ase:engines_for_tests.Soft"
threads = 1
[surrogate]
engine = "ase:engines_for_tests.Soft"
options = { sigma = 1.25 }
[tests]
decompression = { engines = "reference", steps = 80 }
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory, warm_programs):
    root = tmp_path_factory.mktemp("isotherm")
    return soft_study(warm_programs / "llpt", root, STUDY, timeout_s=900)


@pytest.mark.slow
def test_runs_lie_on_their_isotherm_and_were_compressed_in_order(root):
    with Ledger(root / "study.db") as ledger:
        entries = ledger.entries()
    assert {entry.state for entry in entries} == {State.DONE}
    paths = [entry.path for entry in entries]
    assert [f"runs/soft/N24/T1000/rho{density:g}" for density in DENSITIES] == paths[:3]
    assert "runs/soft/N24/T1000/rho0.9-decompression1" in paths
    for density in DENSITIES:
        summary = load_summary(root / f"results/soft-N24-T1000-rho{density:g}.nc")
        assert float(summary["density"]) == pytest.approx(density, rel=1e-6)
        assert float(summary.attrs["temperature_k"]) == 1000.0


@pytest.mark.slow
def test_the_pressure_rises_along_it_and_stands_in_the_table(root):
    with (root / "results/observables.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["role"] == "reference" and row["test"] == "base"]
    assert [float(row["density_gcc"]) for row in rows] == list(DENSITIES)
    assert {row["line"] for row in rows} == {"T1000"}
    assert {row["pressure_gpa"] for row in rows} == {""}
    pressures = [float(row["pressure (GPa)"]) for row in rows]
    assert pressures == sorted(pressures)


@pytest.mark.slow
def test_the_two_sides_are_compared_at_held_volumes_and_the_page_shows_it(root):
    verdict = Verdict.from_json((root / "results/verdict.json").read_text())
    assert {each.where for each in verdict.comparisons} == {"1000 K"}
    assert "pressure (curve)" in {each.quantity for each in verdict.comparisons if each.judged}
    page = (root / "report/index.html").read_text(encoding="utf-8")
    assert "1000 K" in page
    assert "decompression" in page
