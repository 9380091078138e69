import numpy as np
import pytest
import xarray as xr

from llpt.errors import InputError
from llpt.ladder_path import LadderPath
from llpt.statistics import Estimate, sample_estimate
from llpt.transition import Isobar, LinePoint

LAGS = np.linspace(0.0, 1.0, 50)
MOVED = 0.1
"""Å² at the greatest lag."""


def summary(
    temperature, density, error=0.01, *, atoms=64, pressure=200.0, exponent=1.0, diffusion=(1e-3, 1e-5), moves=True
):
    data = {
        "density": ((), density, {"unit": "g/cm^3"}),
        "density_error": ((), error, {"unit": "g/cm^3"}),
        "density_effective_samples": ((), 20.0, {"unit": ""}),
        "diffusion": ((), diffusion[0], {"unit": "cm^2/s"}),
        "diffusion_error": ((), diffusion[1], {"unit": "cm^2/s"}),
        "diffusion_effective_samples": ((), 5.0, {"unit": ""}),
        "msd_exponent": ((), exponent, {"unit": ""}),
        "msd_all": ("lag", MOVED * LAGS**exponent),
        "msd_origins": (("origin", "lag"), MOVED * LAGS**exponent * np.array([[0.98], [1.02]])),
        "mean_cell": (("vector", "axis"), 4.8 * np.eye(3)),
        "rdf": ("r", np.ones(3)),
        "rdf_error": ("r", np.ones(3)),
    }
    attributes = {"n_atoms": atoms, "temperature_k": temperature, "pressure_gpa": pressure, "production_fs": 500.0}
    found = xr.Dataset(data, coords={"lag": 250.0 * LAGS}, attrs=attributes)
    return found if moves else found.drop_vars(["msd_all", "msd_origins"])


def test_runs_are_sorted_and_repeats_joined():
    isobar = Isobar.from_summaries([summary(900.0, 1.02), summary(800.0, 1.0), summary(900.0, 1.04)], engine="dft")
    assert isobar.temperatures_k == (800.0, 900.0)
    curve = isobar.curve("density")
    np.testing.assert_allclose(curve.values, [1.0, 1.03])
    assert curve.errors[0] == pytest.approx(0.01)
    assert curve.errors[1] == pytest.approx(0.01, rel=0.9)  # as far as two repeats that part by two errors can tell
    assert curve.errors[1] >= 0.01
    assert [point.production_fs for point in isobar.points] == [500.0, 500.0]
    np.testing.assert_allclose(curve.production_fs, [500.0, 1000.0])
    assert curve.unit == "g/cm^3"
    assert "rdf" not in isobar.points[0].estimates
    assert isobar.n_atoms == 64


def short_walks(**options):
    """Return the isobar of three walks of short runs, whose densities part by 1 % from one temperature to the next."""
    runs = []
    for temperature, density in ((800.0, 1.0), (850.0, 1.01), (900.0, 1.02)):
        for off in (-0.001, 0.0, 0.001):
            run = summary(temperature, density + off, np.nan, diffusion=(1e-3 * (1.0 + off), np.nan))
            run["density_effective_samples"] = ((), 1.75, {"unit": ""})
            run["diffusion_effective_samples"] = ((), 1.75, {"unit": ""})
            runs.append(run)
    return Isobar.from_summaries(runs, engine="dft", **options)


def test_walks_of_short_runs_know_their_density_but_for_what_they_may_be_behind():
    heated = short_walks(independent=True).curve("density")
    behind = 0.4 * 0.01  # 1.75 independent samples a run remember 1/(2 n - 1) of it
    own = sample_estimate([-0.001, 0.0, 0.001], "").error
    np.testing.assert_allclose(heated.errors, [np.nan, np.hypot(own, behind), np.hypot(own, behind)])
    np.testing.assert_allclose(heated.degrees_of_freedom[1:], 2.0)
    cooled = short_walks(independent=True, path=LadderPath.COOLING).curve("density")
    np.testing.assert_allclose(cooled.errors, [np.hypot(own, behind), np.hypot(own, behind), np.nan])


def test_what_short_runs_share_is_not_told_by_their_scatter():
    """Runs that begin alike, runs that may go on from one another, and what is no average over time."""
    assert np.isnan(short_walks(independent=True, path=LadderPath.SEPARATE).curve("density").errors).all()
    assert np.isnan(short_walks().curve("density").errors).all()
    assert np.isnan(short_walks(independent=True).curve("diffusion").errors).all()


def test_solid_points_are_recognised_and_left_out():
    runs = [
        summary(700.0, 1.0, exponent=0.05),
        summary(800.0, 1.0),
        summary(900.0, 1.0, moves=False),
    ]
    isobar = Isobar.from_summaries(runs, engine="dft")
    assert isobar.solid_temperatures_k == (700.0,)
    assert isobar.points[1].solid is False
    assert isobar.points[2].solid is None
    assert isobar.untold_coordinates == (900.0,)
    assert isobar.fluid().temperatures_k == (800.0, 900.0)


def test_unknown_observable_is_an_empty_curve():
    assert len(Isobar.from_summaries([summary(800.0, 1.0)], engine="dft").curve("nothing")) == 0


def test_mixed_sizes_are_refused():
    with pytest.raises(InputError, match="share size and pressure"):
        Isobar.from_summaries([summary(800.0, 1.0), summary(900.0, 1.0, atoms=128)], engine="dft")
    with pytest.raises(InputError):
        Isobar.from_summaries([], engine="dft")
    point = LinePoint(800.0, {"density": Estimate(1.0, 0.1, "g/cm^3", 5.0)}, 100.0)
    with pytest.raises(InputError, match="rising temperature"):
        Isobar("dft", 64, 200.0, (point, point))
