"""Forces and pressures that derive from no energy are found, with their size."""

import json

import pytest
from ase.calculators.lj import LennardJones

from llpt.audit import Cause, DerivativeCheck, Presence, check_derivatives, of_derivatives
from llpt.engines.make import as_engine
from llpt.errors import StorageError
from llpt.statistics import Estimate
from llpt.structure import atomic_fluid
from llpt.study.label_sections import DERIVATIVE_POINTS
from llpt.units import GPA_TO_EV_PER_ANGSTROM3


class Planted(LennardJones):
    """Soft atoms whose forces and pressure may be other than those of their energy."""

    def __init__(self, force_factor=1.0, pressure_gpa=0.0, scale=1.0):
        self.planted = (force_factor, pressure_gpa)
        super().__init__(sigma=0.9, epsilon=0.2 * scale, rc=2.2, smooth=True)

    def calculate(self, *arguments, **keywords):
        super().calculate(*arguments, **keywords)
        factor, pressure = self.planted
        self.results["forces"] = factor * self.results["forces"]
        self.results["stress"] = self.results["stress"].copy()
        self.results["stress"][:3] -= pressure * GPA_TO_EV_PER_ANGSTROM3


@pytest.fixture(scope="module")
def fluids():
    return [atomic_fluid(atoms=24, density_g_per_cm3=0.9, seed=seed) for seed in range(3)]


def checked(fluids, **planted):
    check = check_derivatives(fluids, as_engine(Planted(**planted)))
    slope = Estimate(-3.0, 0.1, "K/GPa", 10.0)
    return of_derivatives(check, side="surrogate", engine="soft", temperature_k=1000.0, slope_k_per_gpa=slope)


@pytest.mark.parametrize(
    ("planted", "excess", "offset"),
    [
        ({}, 0.0, 0.0),
        ({"scale": 1.02}, 0.0, 0.0),  # another Hamiltonian, but one
        ({"force_factor": 1.02}, 2.0, 0.0),
        ({"force_factor": 0.97}, -3.0, 0.0),
        ({"pressure_gpa": 2.0}, 0.0, 2.0),
    ],
)
def test_what_does_not_derive_from_the_energy_is_named_with_its_size_and_kelvins(fluids, planted, excess, offset):
    forces, pressure = checked(fluids, **planted)
    assert (forces.cause, pressure.cause) == (Cause.GRADIENT, Cause.VOLUME_DERIVATIVE)
    assert forces.size.value == pytest.approx(excess, abs=1e-3)
    assert pressure.size.value == pytest.approx(offset, abs=1e-3)
    assert forces.presence is (Presence.PRESENT if excess else Presence.ABSENT)
    assert pressure.presence is (Presence.PRESENT if offset else Presence.ABSENT)
    assert forces.kelvins.value == pytest.approx(10.0 * excess, abs=0.01)  # 1 % of 1000 K
    assert pressure.kelvins.value == pytest.approx(3.0 * offset, abs=0.01)


def test_one_configuration_has_no_error_and_proves_nothing(fluids):
    forces, _ = checked(fluids[:1], force_factor=1.1)
    assert forces.presence is Presence.OPEN


def test_a_configuration_takes_as_many_calculations_as_a_plan_counts(fluids, monkeypatch):
    calls = []
    calculate = Planted.calculate
    monkeypatch.setattr(Planted, "calculate", lambda *given, **named: (calls.append(1), calculate(*given, **named))[1])
    check_derivatives(fluids[:1], as_engine(Planted()))
    assert len(calls) == DERIVATIVE_POINTS


def test_the_numbers_are_kept_and_joined(fluids):
    check = check_derivatives(fluids[:2], as_engine(Planted(force_factor=1.02)))
    again = DerivativeCheck.from_json(check.to_json())
    assert again == check
    assert len(again.and_also(check).force_factors) == 4
    for text in ("{}", "[1]", json.dumps({"force_factors": ["x"], "pressure_offsets_gpa": []})):
        with pytest.raises(StorageError, match="damaged"):
            DerivativeCheck.from_json(text)
