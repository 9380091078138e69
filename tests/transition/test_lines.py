"""Isobars, isochores and isotherms out of the runs of one gas whose equation of state is known."""

import math

import numpy as np
import pytest
import xarray as xr

from llpt.errors import InputError
from llpt.observables import put_estimate
from llpt.statistics import Estimate
from llpt.transition import Coordinate, Isobar, Isochore, Isotherm, LinePoint, differences

GPA_PER_KELVIN = 0.01
"""The gas of these tests: P = GPA_PER_KELVIN rho T, its energy 3/2 kT."""


def run(temperature, *, pressure=None, density=None, atoms=64, error=0.01, **values):
    """Return the summary of a run at constant pressure, or at constant volume where its density is given."""
    held = density is not None
    density = density if held else pressure / (GPA_PER_KELVIN * temperature)
    pressure = GPA_PER_KELVIN * density * temperature if held else pressure
    summary = xr.Dataset(
        attrs={
            "n_atoms": atoms,
            "temperature_k": temperature,
            "pressure_gpa": math.nan if held else pressure,
            "constant_volume": int(held),
            "production_fs": 500.0,
        }
    )
    put_estimate(summary, "density", Estimate(density, 0.0 if held else error * density, "g/cm^3", 20.0))
    put_estimate(summary, "pressure", Estimate(values.get("found", pressure), error * pressure, "GPa", 20.0))
    put_estimate(summary, "internal_energy", Estimate(1.5 * 8.617e-5 * temperature, 1e-4, "eV/atom", 20.0))
    return summary


def test_an_isochore_gives_the_pressure_against_temperature():
    line = Isochore.from_summaries([run(value, density=0.9) for value in (1200.0, 800.0, 1000.0)], engine="gas")
    assert (line.density_gcc, line.held, line.n_atoms) == (0.9, 0.9, 64)
    assert line.temperatures_k == (800.0, 1000.0, 1200.0)
    curve = line.curve("pressure")
    assert curve.along is Coordinate.TEMPERATURE
    np.testing.assert_allclose(curve.values, 0.009 * np.array(line.temperatures_k))
    for step in differences(curve):
        assert step.slope.value == pytest.approx(0.009)
        assert step.slope.unit == "GPa/K"
        assert step.slope.error == pytest.approx(
            math.hypot(*(0.01 * 0.009 * at for at in (step.lower, step.upper))) / 200.0
        )
    heat = differences(line.curve("internal_energy"))[0].slope
    assert heat.value == pytest.approx(1.5 * 8.617e-5)


def test_an_isotherm_at_constant_pressure_gives_the_density_against_pressure():
    line = Isotherm.from_summaries([run(1000.0, pressure=value) for value in (20.0, 10.0)], engine="gas")
    assert line.temperature_k == 1000.0
    assert line.along is Coordinate.PRESSURE
    assert line.coordinates == (10.0, 20.0)
    (step,) = differences(line.curve("density"))
    assert (step.lower, step.upper, step.midpoint, step.spacing) == (10.0, 20.0, 15.0, 10.0)
    assert step.slope.value == pytest.approx(0.1)
    assert step.slope.unit == "g/cm^3/GPa"


def test_an_isotherm_at_constant_volume_gives_the_pressure_against_density():
    runs = [run(1000.0, density=value) for value in (1.1, 0.9, 0.9 * (1.0 + 1e-8), 1.0)]
    line = Isotherm.from_summaries(runs, engine="gas")
    assert line.along is Coordinate.DENSITY
    assert line.coordinates == (0.9, 1.0, 1.1)
    curve = line.curve("pressure")
    assert curve.production_fs[0] == 1000.0  # the two at one density are repeats
    assert curve.errors[0] == pytest.approx(0.09 / math.sqrt(2.0))
    assert [step.slope.value for step in differences(curve)] == pytest.approx([10.0, 10.0])
    with pytest.raises(ValueError, match="runs along density_gcc, not along a temperature"):
        curve.temperatures_k  # noqa: B018


def test_repeats_are_joined_alike_on_every_line():
    pair = [run(1000.0, density=0.9, found=value) for value in (8.0, 10.0)]
    points = [
        Isochore.from_summaries(pair, engine="gas").points[0],
        Isotherm.from_summaries(pair, engine="gas").points[0],
        LinePoint.of_repeats(1000.0, pair),
    ]
    assert points[0].estimates == points[1].estimates == points[2].estimates
    assert points[0].estimates["pressure"].value == pytest.approx(9.0)
    assert points[0].estimates["pressure"].standard_error == pytest.approx(1.0)  # as far as the two lie from their mean


def test_what_a_short_run_cannot_know_of_diffusion_does_not_shrink_with_repeats():
    pair = [run(1000.0, density=0.9, found=9.0) for _ in range(4)]
    for each in pair:
        put_estimate(each, "diffusion", Estimate(2e-4, 1e-4, "cm^2/s", 5.0))
    joined = LinePoint.of_repeats(1000.0, pair).estimates
    assert joined["diffusion"].error == pytest.approx(1e-4)
    assert joined["pressure"].error == pytest.approx(0.01 * GPA_PER_KELVIN * 0.9 * 1000.0 / 2.0)


def test_runs_that_have_no_times_are_weighted_by_their_steps():
    pair = [run(1000.0, density=0.9, found=value) for value in (8.0, 10.0)]
    for each, last in zip(pair, (400, 200), strict=True):
        each.attrs |= {"production_fs": math.nan, "discard_steps": 100, "n_steps": last}
        each["rdf"], each["rdf_error"] = ("r", np.full(3, last / 100.0)), ("r", np.full(3, 0.1))
        each.coords["r"] = np.arange(3.0)
    joined = LinePoint.of_repeats(1000.0, pair)
    assert joined.estimates["pressure"].value == pytest.approx(8.5)
    assert joined.pair_correlation.values == pytest.approx(3.5)
    assert LinePoint.of_repeats(1000.0, pair[:1]).pair_correlation.values == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("kind", "runs", "says"),
    [
        (Isochore, [run(900.0, density=0.9), run(1000.0, density=0.91)], "one isochore must share size and density"),
        (Isochore, [run(900.0, pressure=9.0)], "1 of 1 runs of an isochore do not say at which density"),
        (Isochore, [run(900.0, density=0.9), run(1000.0, density=0.9, atoms=32)], "share size and density"),
        (Isochore, [], "share size and density"),
        (Isobar, [run(900.0, density=0.9)], "1 of 1 runs of an isobar do not say at which pressure"),
        (
            Isotherm,
            [run(900.0, pressure=9.0), run(950.0, pressure=8.0)],
            "share size and temperature",
        ),
        (
            Isotherm,
            [run(900.0, pressure=9.0), run(900.0, density=0.9)],
            "of an isotherm have no pressure",
        ),
        (Isotherm, [], "share size and temperature"),
    ],
)
def test_runs_of_different_lines_are_refused(kind, runs, says):
    with pytest.raises(InputError, match=says):
        kind.from_summaries(runs, engine="gas")


def test_solid_points_are_left_out_of_every_line():
    points = tuple(LinePoint(at, {}, 100.0, solid=at < 1.0) for at in (0.9, 1.0))
    line = Isotherm("gas", 64, 1000.0, points, Coordinate.DENSITY)
    assert line.solid_coordinates == (0.9,)
    assert line.fluid() == Isotherm("gas", 64, 1000.0, points[1:], Coordinate.DENSITY)
    with pytest.raises(InputError, match=r"isotherm needs points of rising density; gas at 1000 K has \[1.0, 0.9\]"):
        Isotherm("gas", 64, 1000.0, points[::-1], Coordinate.DENSITY)
