"""DFT at one k-point against a published potential, 64 atoms: two sides that differ for any reader."""

import csv
import math
from pathlib import Path

import pytest

from llpt.audit import Outcome, Thresholds, compare
from llpt.statistics import Estimate
from llpt.transition import Isobar, LinePoint, locate

RUNS = Path(__file__).with_name("one-k-point-64-atoms.csv")
"""PBE at the mean value point against the PBE potential v2 of 2020: ladders of 1 ps runs at 200 and 150 GPa."""
UNITS = {
    "density": "g/cm^3",
    "enthalpy": "eV/atom",
    "rdf_peak_height": "",
    "rdf_peak_prominence": "",
    "molecular_fraction": "",
}


def number(text):
    return float(text) if text else math.nan


@pytest.fixture(scope="module")
def sides():
    points = {}
    with RUNS.open() as file:
        for row in csv.DictReader(file):
            estimates = {
                name: Estimate(number(row[name]), number(row[f"{name}_error"]), unit, 20.0, 10.0)
                for name, unit in UNITS.items()
            }
            point = LinePoint(float(row["temperature_k"]), estimates, 800.0)
            points.setdefault((row["role"], float(row["pressure_gpa"])), []).append(point)
    located = {key: locate(Isobar(key[0], 64, key[1], tuple(each))) for key, each in points.items()}
    return {role: [located[role, pressure] for pressure in (200.0, 150.0)] for role in ("reference", "surrogate")}


def test_it_is_not_faithful(sides):
    thresholds = Thresholds(minimum_atoms=64, minimum_production_ps=0.5)
    verdict = compare(sides["reference"], sides["surrogate"], thresholds)
    assert verdict.value is Outcome.NOT_FAITHFUL
    assert "Density away from the transition" in verdict.reasons[0]


def test_the_first_peak_is_compared(sides):
    verdict = compare(sides["reference"], sides["surrogate"], Thresholds())
    peaks = [each for each in verdict.comparisons if each.quantity == "first peak of g(r) (curve)"]
    assert [each.judged for each in peaks] == [True, True]
    assert peaks[0].difference.value == pytest.approx(43.9, abs=0.2)  # 1.667 against 1.158 at 700 K
