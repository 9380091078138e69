"""One row for each state of each line, its walks joined: what criteria and verdict read."""

import csv
import io
import math

import pytest
import xarray as xr

from llpt.campaign import Role
from llpt.campaign.ladders import ladders_of
from llpt.campaign.observed import ObservedRun
from llpt.observables import put_estimate
from llpt.statistics import Estimate
from llpt.study.lines_table import lines_table


def observed(temperature_k, repeat, density, *, pressure_gpa=200.0, on_isotherm=False, error=0.002):
    summary = xr.Dataset()
    held = {"temperature_k": temperature_k, "pressure_gpa": pressure_gpa}
    summary.attrs |= {"n_atoms": 64, "production_fs": 1000.0 * repeat, "constant_volume": 0} | held
    put_estimate(summary, "density", Estimate(density, error, "g/cm^3", 20.0, 8.0))
    put_estimate(summary, "viscosity", Estimate.unknown("Pa s"))
    return ObservedRun.from_summary(summary, role=Role.REFERENCE, engine="dft", repeat=repeat, on_isotherm=on_isotherm)


def rows_of(runs):
    return list(csv.DictReader(io.StringIO(lines_table(ladders_of(runs)))))


def test_walks_of_one_state_are_one_row_with_the_error_of_both():
    runs = [observed(900.0, 1, 0.950), observed(900.0, 2, 0.953), observed(800.0, 1, 0.940)]
    lower, upper = rows_of(runs)
    assert (lower["temperature_k"], upper["temperature_k"], upper["pressure_gpa"]) == ("800", "900", "200")
    assert upper["density_gcc"] == ""
    assert (upper["role"], upper["engine"], upper["atoms"], upper["line"], upper["test"]) == (
        "reference",
        "dft",
        "64",
        "P200",
        "base",
    )
    assert float(upper["density (g/cm^3)"]) == pytest.approx((0.950 + 2.0 * 0.953) / 3.0)
    assert (upper["sampled_ps"], upper["shortest_run_ps"]) == ("3", "1")
    assert float(lower["density error"]) == 0.002
    assert float(lower["density degrees of freedom"]) == 8.0
    assert float(upper["density effective samples"]) == 40.0


def test_what_is_not_known_is_empty_and_an_isotherm_has_its_pressures():
    unknown = observed(900.0, 1, 0.950, error=math.nan)
    (row,) = rows_of([unknown])
    assert (row["density error"], row["density degrees of freedom"]) == ("", "")
    assert row["viscosity (Pa s)"] == ""
    isotherm = [observed(900.0, 1, 0.90 + 0.001 * p, pressure_gpa=p, on_isotherm=True) for p in (150.0, 200.0)]
    assert [row["pressure_gpa"] for row in rows_of(isotherm)] == ["150", "200"]
    assert {row["line"] for row in rows_of(isotherm)} == {"T900"}


def test_a_study_without_runs_has_a_head_alone():
    assert rows_of([]) == []
    assert lines_table([]).startswith("role,engine,atoms,line,test,temperature_k,pressure_gpa,density_gcc,")
