"""Optics of snapshots: averages and their errors, what is kept on disk, and what is refused."""

import csv
import json
import math

import numpy as np
import pytest

from llpt.engines import Purpose, make_engine
from llpt.errors import InputError, StorageError
from llpt.observables import OpticsSettings, optics_of_snapshots, read_optics
from llpt.observables.optics import OPTICS, average_responses
from llpt.observables.optics_response import SnapshotResponse
from llpt.structure import atomic_fluid, molecular_fluid

SETTINGS = OpticsSettings(broadening_ev=0.5, photon_max_ev=10.0, photon_step_ev=0.25)
OPTIONS = {"ecut_ry": 12.0, "electronic_temperature_k": 3000.0, "pseudopotential": "gth", "kpoints": "gamma"}


@pytest.fixture
def engine():
    with make_engine("dft", OPTIONS, purpose=Purpose.SINGLE_POINT) as made:
        yield made


@pytest.fixture
def snapshots():
    return [atomic_fluid(atoms=4, wigner_seitz_radius=1.6, seed=seed) for seed in (1, 2, 3)]


def test_averages_are_those_of_the_single_snapshots(engine, snapshots, tmp_path):
    joined = optics_of_snapshots(snapshots, engine, SETTINGS, tmp_path / "all")
    alone = [optics_of_snapshots([s], engine, SETTINGS, tmp_path / str(i)) for i, s in enumerate(snapshots)]
    dc = [one.scalars["dc_conductivity"].value for one in alone]
    estimate = joined.scalars["dc_conductivity"]
    assert estimate.value == pytest.approx(np.mean(dc), rel=1e-9)
    # Student's factor of one sigma with two degrees of freedom is 1.321.
    assert estimate.error == pytest.approx(1.321 * np.std(dc, ddof=1) / math.sqrt(3), rel=1e-3)
    assert estimate.unit == "S/cm"
    assert all(math.isnan(one.scalars["dc_conductivity"].error) for one in alone)
    # The mean of sigma is linear, so the jackknife's error is the standard error; that of the reflectivity is not.
    real = np.array([one.curves["conductivity_real"] for one in alone])
    assert joined.curves["conductivity_real"] == pytest.approx(real.mean(0), rel=1e-9)
    assert joined.errors["conductivity_real"] == pytest.approx(1.321 * real.std(0, ddof=1) / math.sqrt(3), rel=1e-3)
    assert (joined.errors["reflectivity"] > 0).all()
    at_laser = joined.scalars["reflectivity"]
    assert at_laser.value == pytest.approx(np.interp(2.33, joined.photon_energy_ev, joined.curves["reflectivity"]))
    assert min(joined.errors["reflectivity"][8:10]) <= at_laser.error <= max(joined.errors["reflectivity"][8:10])
    assert math.isnan(alone[0].scalars["reflectivity"].error)


def test_convergence_is_told_for_bands_and_broadening(engine, snapshots, tmp_path):
    result = optics_of_snapshots(snapshots[:1], engine, SETTINGS, tmp_path)
    assert len({row.bands for row in result.convergence}) == 3
    assert sorted({row.broadening_ev for row in result.convergence}) == [0.25, 0.5, 1.0]
    sums = [row.sum_rule.value for row in result.convergence if row.broadening_ev == 0.5]
    assert sums == sorted(sums)
    whole = [row for row in result.convergence if row.broadening_ev == 0.5][-1]
    assert whole.dc_conductivity.value == pytest.approx(result.scalars["dc_conductivity"].value, rel=1e-9)


def test_what_was_done_is_not_done_again(engine, snapshots, tmp_path, monkeypatch):
    first = optics_of_snapshots(snapshots[:2], engine, SETTINGS, tmp_path)
    solved = []
    solve = type(engine).calculate
    monkeypatch.setattr(type(engine), "calculate", lambda self, atoms: (solved.append(len(atoms)), solve(self, atoms)))
    done = []
    again = optics_of_snapshots(snapshots, engine, SETTINGS, tmp_path, on_snapshot=done.append)
    assert len(solved) == 1
    assert done == [1, 2, 3]
    assert again.snapshots == 3
    # A damaged file counts as not there; another broadening is another calculation.
    next((tmp_path / "snapshots").glob("*.json")).write_text("{")
    optics_of_snapshots(snapshots, engine, SETTINGS, tmp_path)
    assert len(solved) == 2
    other = OpticsSettings(broadening_ev=1.0, photon_max_ev=10.0, photon_step_ev=0.25)
    optics_of_snapshots(snapshots[:1], engine, other, tmp_path)
    assert len(solved) == 3
    assert first.snapshots == 2


def test_the_files_say_what_the_result_says(engine, snapshots, tmp_path):
    result = optics_of_snapshots(snapshots, engine, SETTINGS, tmp_path)
    content = json.loads((tmp_path / "optics.json").read_text())
    assert content["engine"]["options"]["ecut_ry"] == 12.0
    assert content["settings"]["broadening_ev"] == 0.5
    assert content["snapshots"] == 3
    assert read_optics(tmp_path) == result.scalars
    with (tmp_path / "spectrum.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 40
    assert float(rows[7]["photon_energy_ev"]) == pytest.approx(2.0)
    assert float(rows[7]["reflectivity"]) == pytest.approx(result.curves["reflectivity"][7], rel=1e-6)
    assert float(rows[7]["reflectivity_error"]) == pytest.approx(result.errors["reflectivity"][7], rel=1e-6)


def test_a_single_snapshot_has_no_error_and_valid_json(engine, snapshots, tmp_path):
    optics_of_snapshots(snapshots[:1], engine, SETTINGS, tmp_path)
    json.loads((tmp_path / "optics.json").read_text(), parse_constant=pytest.fail)
    assert math.isnan(read_optics(tmp_path)["dc_conductivity"].error)


def test_nothing_is_read_where_nothing_was_run_and_damage_is_told(tmp_path):
    assert read_optics(tmp_path) == {}
    (tmp_path / "optics.json").write_text('{"averages": {"dc_conductivity": 3}}')
    with pytest.raises(StorageError, match="damaged"):
        read_optics(tmp_path)


def test_snapshots_of_different_systems_and_none_are_refused(engine, snapshots, tmp_path):
    with pytest.raises(InputError, match="different numbers of atoms"):
        optics_of_snapshots(
            [*snapshots, molecular_fluid(atoms=6, wigner_seitz_radius=1.6, seed=1)], engine, SETTINGS, tmp_path
        )
    with pytest.raises(InputError, match="no snapshots"):
        optics_of_snapshots([], engine, SETTINGS, tmp_path)


@pytest.mark.parametrize(
    "values",
    [
        {"bands": 0},
        {"broadening_ev": -0.1},
        {"photon_max_ev": math.nan},
        {"photon_max_ev": 0.01},
        {"photon_step_ev": 0},
    ],
)
def test_settings_that_make_no_sense_are_refused(values):
    with pytest.raises(InputError):
        OpticsSettings(**values)


def test_the_reflectivity_error_covers_the_spread_of_means():
    """Synthetic conductivities of known scatter: the reflectivity of the mean falls within its error in 68 %."""
    settings = OpticsSettings(photon_max_ev=2.0, photon_step_ev=1.0)
    random = np.random.default_rng(3)
    truth = {"conductivity_real": 8000.0, "conductivity_imag": 3000.0}

    def response(scatter):
        return SnapshotResponse(
            **{name: (value + scatter * random.normal(size=2)).tolist() for name, value in truth.items()},
            **{quantity.name: 1.0 for quantity in OPTICS.quantities},
            convergence=(),
        )

    short = average_responses([response(0.0)], settings)
    assert "reflectivity" not in short.scalars  # the photons stop short of the laser's
    exact = average_responses([response(0.0)], settings).curves["reflectivity"]
    hits = []
    for _ in range(300):
        result = average_responses([response(2000.0) for _ in range(8)], settings)
        hits += (np.abs(result.curves["reflectivity"] - exact) < result.errors["reflectivity"]).tolist()
    assert np.mean(hits) == pytest.approx(0.68, abs=0.06)
