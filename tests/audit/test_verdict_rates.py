"""A small version of benchmarks/verdict_rates.py: on pairs of known truth the verdict is rarely wrong."""

import importlib.util
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "verdict_rates.py"


@pytest.fixture(scope="module")
def rates():
    spec = importlib.util.spec_from_file_location("verdict_rates", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    sys.modules["verdict_rates"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["verdict_rates"]


def said(rates, name, pairs):
    row = next(number for number, kind in enumerate(rates.KINDS) if kind.name == name)
    return [each["value"] for each in rates.judge((row, 0, pairs))]


def test_equal_isobars_are_not_called_different_and_some_are_proven_equal(rates):
    found = said(rates, "equal", 40)
    assert found.count("not faithful") <= 4
    assert found.count("faithful") >= 2


@pytest.mark.parametrize("name", ["offset 2 %", "shift 200 K", "density jump + 2 %"])
def test_what_differs_is_never_called_equal_and_mostly_found(rates, name):
    found = said(rates, name, 30)
    assert found.count("faithful") == 0
    assert found.count("not faithful") >= 15


@pytest.mark.parametrize("name", ["sharp against w = 150 K", "enthalpy step + 20 meV/atom"])
def test_sharp_against_smooth_and_a_bias_between_the_phases_are_not_called_equal(rates, name):
    found = said(rates, name, 30)
    assert found.count("faithful") == 0
    assert found.count("not faithful") >= 5


def test_a_latent_heat_hidden_by_another_heat_capacity_is_seldom_called_equal(rates):
    """On random grids; on the one that hides it best more often (docs/results/latent-heat.json)."""
    for heat_mev in (10, 20):
        found = said(rates, f"enthalpy step + {heat_mev} meV/atom, hidden by C_P", 30)
        assert found.count("faithful") == 0
