"""The diffusion coefficient of the infinite system: by the viscosity, by the sizes, or why by neither."""

import math

import numpy as np
import xarray as xr

from llpt.campaign import ControlledTest, Role
from llpt.observables import put_estimate
from llpt.statistics import Estimate
from llpt.study.diffusion import Method, infinite_diffusion

BASE = ControlledTest.BASE


class Item:
    """A run with a diffusion coefficient, and one of the infinite system or a reason."""

    def __init__(self, edge, value, *, corrected=math.nan, reason="No viscosity. The run is too short."):
        self.summary = xr.Dataset({"mean_cell": (("vector", "axis"), np.eye(3) * edge)})
        put_estimate(self.summary, "diffusion", Estimate(value, 1e-6, "cm^2/s", 5.0))
        put_estimate(self.summary, "diffusion_infinite", Estimate(corrected, 2e-6, "cm^2/s", 5.0))
        put_estimate(self.summary, "viscosity", Estimate(1e-4, 1e-5, "Pa s", 50.0))
        self.summary["diffusion_infinite"].attrs["reason"] = reason if math.isnan(corrected) else ""
        self.run = type("Run", (), {"state": type("State", (), {"temperature_k": 900.0})()})()


def ladder(atoms, *items, test=BASE):
    fields = {"role": Role.REFERENCE, "engine": "DFT", "line": "P200", "atoms": atoms, "test": test, "runs": items}
    return type("Ladder", (), fields)()


def test_the_viscosity_of_the_largest_cell_comes_first():
    small, large = ladder(128, Item(8.0, 2e-4, corrected=2.8e-4)), ladder(512, Item(12.7, 2.4e-4, corrected=2.9e-4))
    (found,) = infinite_diffusion([large, small, ladder(512, Item(12.7, 9e-4, corrected=9e-4), test="cooling")])
    assert found.method is Method.VISCOSITY
    assert found.infinite.value == 2.9e-4
    assert list(found.by_atoms) == [128, 512]
    assert found.reason == ""


def test_without_a_viscosity_sizes_are_extrapolated():
    exact = {8.0: 3e-4 - 8e-4 / 8.0, 16.0: 3e-4 - 8e-4 / 16.0}
    (found,) = infinite_diffusion([ladder(128, Item(8.0, exact[8.0])), ladder(1024, Item(16.0, exact[16.0]))])
    assert found.method is Method.EXTRAPOLATION
    assert math.isclose(found.infinite.value, 3e-4, rel_tol=1e-9)


def test_with_neither_the_reason_is_given():
    (found,) = infinite_diffusion([ladder(128, Item(8.0, 2e-4))])
    assert found.method is Method.NONE
    assert not found.infinite.resolved
    assert "too short" in found.reason
    assert "two whose edges differ" in found.reason
