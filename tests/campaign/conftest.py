"""Observed runs in memory: summaries of isobars whose transition is known, no study and no file behind them."""

import pytest
import xarray as xr

from llpt.campaign import ControlledTest, Role
from llpt.campaign.ladders import ladders_of
from llpt.campaign.observed import ObservedRun
from llpt.observables import put_estimate


def runs_along(
    isobar, *, role=Role.REFERENCE, engine="DFT/PBE", test=ControlledTest.BASE, rate=1, further=None, **electrons
):
    """Return one observed run for each point of an isobar; ``further`` gives more variables by temperature."""
    runs = []
    for point in isobar.points:
        summary = xr.Dataset() if further is None else further(point.coordinate)
        for name, estimate in point.estimates.items():
            put_estimate(summary, name, estimate)
        summary.attrs |= {
            "n_atoms": isobar.n_atoms,
            "mass_u": 1.008 * isobar.n_atoms,
            "temperature_k": point.coordinate,
            "pressure_gpa": isobar.pressure_gpa,
            "constant_volume": 0,
            "production_fs": point.production_fs,
        }
        runs.append(ObservedRun.from_summary(summary, role=role, engine=engine, test=test, repeat=rate, **electrons))
    return runs


@pytest.fixture(scope="session")
def observed():
    """The function that makes observed runs of an isobar."""
    return runs_along


@pytest.fixture(scope="session")
def ladder_along():
    """The function that makes the observed ladder of an isobar."""

    def ladder(isobar, **options):
        (found,) = ladders_of(runs_along(isobar, **options))
        return found

    return ladder
