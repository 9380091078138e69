"""The diffusion coefficient of the infinite system: by the viscosity, by the sizes, or why by neither."""

import math

import numpy as np
import xarray as xr

from llpt.campaign import ControlledTest, Role
from llpt.campaign.diffusion import InfiniteSizeMethod, infinite_diffusion
from llpt.campaign.ladders import ladders_of
from llpt.campaign.observed import ObservedRun
from llpt.observables import put_estimate
from llpt.statistics import Estimate


def ladder(atoms, edge, value, *, corrected=math.nan, test=ControlledTest.BASE):
    """One run with a diffusion coefficient, and one of the infinite system or a reason why there is none."""
    summary = xr.Dataset({"mean_cell": (("vector", "axis"), np.eye(3) * edge)})
    put_estimate(summary, "diffusion", Estimate(value, 1e-6, "cm^2/s", 5.0))
    put_estimate(summary, "diffusion_infinite", Estimate(corrected, 2e-6, "cm^2/s", 5.0))
    put_estimate(summary, "viscosity", Estimate(1e-4, 1e-5, "Pa s", 50.0))
    reason = "No viscosity. The run is too short." if math.isnan(corrected) else ""
    summary["diffusion_infinite"].attrs["reason"] = reason
    summary.attrs |= {"n_atoms": atoms, "temperature_k": 900.0, "pressure_gpa": 200.0, "production_fs": 2000.0}
    run = ObservedRun.from_summary(summary, role=Role.REFERENCE, engine="DFT", test=test)
    (found,) = ladders_of([run])
    return found


def test_the_viscosity_of_the_largest_cell_comes_first():
    small, large = ladder(128, 8.0, 2e-4, corrected=2.8e-4), ladder(512, 12.7, 2.4e-4, corrected=2.9e-4)
    cooled = ladder(512, 12.7, 9e-4, corrected=9e-4, test=ControlledTest.COOLING)
    (found,) = infinite_diffusion([large, small, cooled])
    assert found.method is InfiniteSizeMethod.VISCOSITY
    assert found.infinite.value == 2.9e-4
    assert list(found.by_atoms) == [128, 512]
    assert found.reason == ""


def test_without_a_viscosity_sizes_are_extrapolated():
    exact = {8.0: 3e-4 - 8e-4 / 8.0, 16.0: 3e-4 - 8e-4 / 16.0}
    (found,) = infinite_diffusion([ladder(128, 8.0, exact[8.0]), ladder(1024, 16.0, exact[16.0])])
    assert found.method is InfiniteSizeMethod.EXTRAPOLATION
    assert math.isclose(found.infinite.value, 3e-4, rel_tol=1e-9)


def test_with_neither_the_reason_is_given():
    (found,) = infinite_diffusion([ladder(128, 8.0, 2e-4)])
    assert found.method is InfiniteSizeMethod.NONE
    assert not found.infinite.resolved
    assert "too short" in found.reason
    assert "two whose edges differ" in found.reason
