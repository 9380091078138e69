"""An ASE calculator with our face."""

import socket

import numpy as np
import psutil
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.lj import LennardJones
from ase.calculators.socketio import actualunixsocketname
from tests.studies import ENGINES

from llpt.engines import PressureLabel, evaluate, make_engine
from llpt.engines.any_ase import WrappedCalculator
from llpt.engines.face import EngineDescription
from llpt.errors import InputError


class Asked(LennardJones):
    """Remembers what it was asked for."""

    def __init__(self, *, keeps_stress):
        super().__init__()
        self.names = []
        self.keeps_stress = keeps_stress

    def get_property(self, name, atoms=None, allow_calculation=True):
        self.names.append(name)
        return super().get_property(name, atoms, allow_calculation)

    def calculate(self, atoms=None, properties=None, system_changes=()):
        super().calculate(atoms, properties, system_changes)
        if not self.keeps_stress and "stress" not in properties:
            del self.results["stress"]


@pytest.mark.parametrize(("keeps_stress", "names"), [(True, ["forces"]), (False, ["forces", "stress"])])
def test_a_calculator_is_asked_only_for_what_did_not_come_with_the_forces(keeps_stress, names):
    calculator = Asked(keeps_stress=keeps_stress)
    engine = WrappedCalculator(calculator, EngineDescription("ase", "ase:Asked", "1"))
    atoms = bulk("Ar", "fcc", 1.6, cubic=True)
    for shift in (0.0, 0.1):
        atoms.positions[0, 0] += shift
        calculator.names.clear()
        stress = engine.get_property("stress", atoms)
        assert calculator.names == names
        alone = atoms.copy()
        alone.calc = LennardJones()
        assert stress == pytest.approx(alone.get_stress(), abs=1e-12)
        assert engine.results["forces"] == pytest.approx(alone.get_forces(), abs=1e-12)
        assert np.isfinite(engine.results["free_energy"])


def test_a_calculator_that_is_made_already_is_an_engine():
    calculator = LennardJones(sigma=2.0, rc=5.0)
    engine = make_engine(calculator)
    described = engine.describe()
    assert described.spec == "ase:ase.calculators.lj.LennardJones"
    assert (described.options["sigma"], described.pressure_label) == (2.0, PressureLabel.EXACT)
    atoms = bulk("Ar", "fcc", 3.2, cubic=True)
    [labelled] = evaluate([atoms], engine)
    atoms.calc = LennardJones(sigma=2.0, rc=5.0)
    assert labelled.get_potential_energy() == pytest.approx(atoms.get_potential_energy())
    assert labelled.get_stress() == pytest.approx(atoms.get_stress())
    assert make_engine(engine) is engine
    with pytest.raises(InputError, match="takes no options here: sigma"):
        make_engine(calculator, {"sigma": 3.0})


@pytest.mark.parametrize("scale", [0.6, 1.0, 1.7])
def test_the_soft_atoms_of_the_tests_are_ase_s(monkeypatch, scale):
    """In cells below and above twice the cutoff, where an atom sees its own image and where it does not."""
    monkeypatch.syspath_prepend(ENGINES)
    from engines_for_tests import Soft

    cell = scale * np.array([[3.4, 0.0, 0.0], [0.9, 3.1, 0.0], [-0.4, 0.6, 3.9]])
    atoms = Atoms("H12", cell=cell, pbc=True, scaled_positions=np.random.default_rng(4).uniform(-1.0, 2.0, (12, 3)))
    soft, own = Soft(sigma=0.9), LennardJones(sigma=0.9, epsilon=0.2, rc=2.3, smooth=True)
    for name in ("energy", "free_energy", "forces", "stress"):
        expected = own.get_property(name, atoms)
        assert np.abs(expected).max() > 1e-3
        np.testing.assert_allclose(soft.get_property(name, atoms), expected, rtol=1e-9, atol=1e-9)


def listening():
    """Return the addresses at which this process waits for others."""
    return [each.laddr for each in psutil.Process().net_connections("all") if each.status == psutil.CONN_LISTEN]


@pytest.mark.parametrize("options", [{}, {"port": "{free}"}, {"port": "{free}", "unixsocket": "null"}])
def test_a_calculator_that_would_open_a_port_to_all_networks_is_refused(options):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    options = {name: value.format(free=free) for name, value in options.items()}
    before = listening()
    with pytest.raises(InputError, match="would open a port to all networks") as caught:
        make_engine("ase:ase.calculators.socketio.SocketIOCalculator", options)
    assert "unixsocket" in caught.value.remedy
    assert listening() == before


def test_a_calculator_at_a_unix_socket_is_taken_and_closed_with_its_engine(tmp_path):
    name = f"llpt-test-{tmp_path.parent.name}-{tmp_path.name}"
    inet = psutil.Process().net_connections("inet")
    engine = make_engine("ase:ase.calculators.socketio.SocketIOCalculator", {"unixsocket": name, "timeout": 1})
    try:
        found = psutil.Process().net_connections("unix")
        assert [each.laddr for each in found if name in str(each.laddr)] == [actualunixsocketname(name)]
        assert psutil.Process().net_connections("inet") == inet
    finally:
        engine.close()
    assert not [each for each in psutil.Process().net_connections("unix") if name in str(each.laddr)]
