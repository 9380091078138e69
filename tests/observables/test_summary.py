import math

import numpy as np
import pytest
import xarray as xr

from llpt.observables import estimate_of, load_summary, save_summary, summarise_run
from llpt.observables.production import regular_steps


@pytest.fixture
def run(make_trajectory):
    """Sixteen molecules that walk at random in a breathing cell."""
    random = np.random.default_rng(1)
    frames = 240
    edges = 6.0 + 0.02 * random.normal(size=frames)
    centres = random.uniform(size=(1, 16, 3)) * 6.0 + np.cumsum(random.normal(scale=0.02, size=(frames, 16, 3)), axis=0)
    axes = random.normal(size=(frames, 16, 3))
    axes *= 0.37 / np.linalg.norm(axes, axis=2, keepdims=True)
    positions = np.concatenate([centres - axes, centres + axes], axis=1)
    return make_trajectory(positions, edges, timestep_fs=0.5, every=4)


def test_every_scalar_has_value_error_samples_and_unit(run):
    summary = summarise_run(run, discard_steps=40, temperature_k=1000.0, pressure_gpa=200.0)
    scalars = [name.removesuffix("_error") for name in summary.data_vars if f"{name}".endswith("_error")]
    scalars = [name for name in scalars if summary[name].ndim == 0]
    assert {
        "density",
        "volume",
        "enthalpy",
        "enthalpy_from_free_energy",
        "heat_capacity",
        "electronic_heat_capacity",
        "heat_capacity_total",
        "viscosity",
        "diffusion_infinite",
        "rdf_minimum",
        "thermal_expansion",
        "compressibility",
        "rdf_peak_height",
        "rdf_peak_prominence",
        "coordination",
        "diffusion",
        "molecular_fraction",
        "molecular_fraction_lifetime",
    } <= set(scalars)
    for name in scalars:
        assert "unit" in summary[name].attrs
        assert summary[f"{name}_effective_samples"].ndim == 0
    assert summary.attrs["n_atoms"] == 32
    assert summary.attrs["production_fs"] == pytest.approx((956 - 40) * 0.5)
    assert 0.5 < estimate_of(summary, "molecular_fraction").value <= 1.0
    assert estimate_of(summary, "density").unit == "g/cm^3"
    assert summary["rdf_peak_position"] == pytest.approx(0.74, abs=0.03)
    assert summary["msd"].dims == ("lag",)
    for name in ("running_coordination", "running_coordination_error"):
        assert summary[name].dims == ("distance",)
    for name in ("rdf_peak_height", "rdf_minimum", "coordination"):
        assert summary[f"{name}_running"].sizes["elapsed"] == 10
        assert float(summary[f"{name}_running"][-1]) == pytest.approx(float(summary[name]))
        last, whole = float(summary[f"{name}_running_error"][-1]), float(summary[f"{name}_error"])
        # neighbours against time are those within one place, whose own uncertainty is in the error of the run alone
        assert last < whole if name == "coordination" else last == pytest.approx(whole)
    assert "kinetic part" in summary["viscosity"].attrs["reason"]
    assert summary["diffusion_infinite"].attrs["reason"].startswith("No viscosity")
    assert summary["msd_origins"].sizes["origin"] == 6
    assert float(summary["r"][-1]) < 3.0


def test_netcdf_round_trip(run, tmp_path):
    summary = summarise_run(run, discard_steps=40, temperature_k=1000.0, pressure_gpa=None)
    save_summary(summary, tmp_path / "run.nc")
    assert [path.name for path in tmp_path.iterdir()] == ["run.nc"]
    xr.testing.assert_identical(load_summary(tmp_path / "run.nc"), summary)


def test_a_summary_is_read_as_xarray_reads_it(run, tmp_path):
    summary = summarise_run(run, discard_steps=40, temperature_k=1000.0, pressure_gpa=None)
    summary["words"] = ("origin2", np.array(["one", "zwei"], dtype=object), {"unit": "", "list": [1.0, 2.0]})
    summary["yes"] = ((), np.bool_(True))
    summary["none"] = ((), np.float32(np.nan))
    save_summary(summary, tmp_path / "run.nc")
    ours, theirs = load_summary(tmp_path / "run.nc"), xr.load_dataset(tmp_path / "run.nc", engine="h5netcdf")
    xr.testing.assert_identical(ours, theirs)
    for name in theirs.variables:
        assert ours[name].dtype == theirs[name].dtype, name
        assert list(map(type, ours[name].attrs.values())) == list(map(type, theirs[name].attrs.values())), name
    assert list(map(type, ours.attrs.values())) == list(map(type, theirs.attrs.values()))


def test_progress_and_block_size_do_not_change_the_result(run, monkeypatch, limit_frames):
    seen = []
    whole = summarise_run(
        run,
        discard_steps=40,
        temperature_k=1000.0,
        pressure_gpa=200.0,
        on_progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (230, 230)
    monkeypatch.setattr("llpt.observables.averaging.BLOCK_BYTES", 32 * 9 * 8 * 7)
    limit_frames(pair_correlation=1000)
    xr.testing.assert_allclose(
        summarise_run(run, discard_steps=40, temperature_k=1000.0, pressure_gpa=200.0), whole, rtol=1e-6
    )


def test_long_runs_are_thinned(run, monkeypatch, limit_frames):
    limit_frames(pair_correlation=50, displacement=100)
    monkeypatch.setattr("llpt.observables.averaging.BLOCK_BYTES", 32 * 9 * 8 * 7)
    thinned = summarise_run(run, discard_steps=40, temperature_k=1000.0, pressure_gpa=200.0)
    assert float(thinned["lag"][1]) == pytest.approx(3 * 2.0)
    assert thinned["rdf"].max() > 5.0


def test_a_system_that_is_not_hydrogen_has_no_molecules(run):
    run.number = 18
    summary = summarise_run(run, discard_steps=40, temperature_k=100.0, pressure_gpa=0.1)
    assert "molecular_fraction" not in summary
    assert summary["rdf_peak_position"] == pytest.approx(0.74, abs=0.03)


def test_run_of_one_frame_has_scalars_only(run):
    run.positions, run.cells = run.positions[:1], run.cells[:1]
    summary = summarise_run(run, discard_steps=0, temperature_k=1000.0, pressure_gpa=200.0)
    assert "rdf" not in summary
    assert math.isfinite(float(summary["density"]))


def test_frames_out_of_turn_are_dropped():
    np.testing.assert_array_equal(regular_steps(np.array([40, 60, 80, 100, 107])), [40, 60, 80, 100])
    np.testing.assert_array_equal(regular_steps(np.array([3, 20, 40, 60])), [20, 40, 60])
