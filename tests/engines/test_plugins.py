"""An engine of another package is used as if it were built in; one that is broken says so and harms no other."""

import pytest
from tests.page_plugin import source_and_entries

from llpt.engines import Purpose, engine_label, engine_plugins, find_engine, grammar, make_engine, survey
from llpt.errors import InputError, PluginError
from llpt.structure import atomic_lattice

SPRINGS = """
import numpy as np
from pydantic import Field
from llpt.engines import (
    Argument, EngineCalculator, EngineDescription, EngineRecord, EngineResult, Options, PressureLabel, Speed
)

class SpringsOptions(Options):
    constant_ev: float = Field(default=1.0, gt=0, description="the spring constant in eV/Å², above 0")

class Springs(EngineCalculator):
    def __init__(self, request):
        super().__init__()
        self.request = request

    def compute(self, atoms, system_changes):
        away = atoms.positions - atoms.positions.mean(axis=0)
        energy = 0.5 * self.request.options.constant_ev * float((away**2).sum())
        return EngineResult(energy, energy, -self.request.options.constant_ev * away, np.zeros(6))

    def describe(self):
        return EngineDescription("springs", self.request.spec, "springs 1.0", self.request.options.as_mapping())

def version():
    return "springs 1.0"

SPRINGS = EngineRecord(
    name="springs", label="Springs", maker="springs:Springs", argument=Argument.NAME, options=SpringsOptions,
    speed=Speed({1.0: 2.0}), probe="springs:version", dynamics=DYNAMICS,
)
"""


@pytest.fixture
def springs(install_package):
    source = SPRINGS.replace("DYNAMICS", "True")
    return install_package("springs", source, {"llpt.engines": {"springs": "springs:SPRINGS"}})


@pytest.mark.usefixtures("springs")
def test_an_engine_of_another_package():
    engine = make_engine("springs:soft", {"constant_ev": "2"}, purpose=Purpose.DYNAMICS)
    atoms = atomic_lattice("fcc", (1, 1, 1), wigner_seitz_radius=1.5)
    engine.calculate(atoms)
    away = atoms.positions - atoms.positions.mean(axis=0)
    assert engine.results["free_energy"] == pytest.approx((away**2).sum())
    assert engine.describe().spec == "springs:soft"
    assert "springs:NAME" in grammar()
    assert engine_label("springs") == "Springs"
    assert find_engine("springs").speed.seconds(64) == pytest.approx(2.002)


def test_the_example_of_the_documentation(install_package):
    install_package("springs", *source_and_entries("docs/howto/add-engine.md"))
    engine = make_engine("springs", {"constant_ev": 3.0})
    atoms = atomic_lattice("fcc", (1, 1, 1), wigner_seitz_radius=1.5)
    engine.calculate(atoms)
    assert engine.results["forces"] == pytest.approx(-3.0 * (atoms.positions - atoms.positions.mean(axis=0)))


@pytest.mark.usefixtures("springs")
@pytest.mark.parametrize(
    ("spec", "options", "says"),
    [
        ("spring:x", {}, "Did you mean 'springs'"),
        ("springs", {}, "Write springs:NAME"),
        ("springs:x", {"constant": 1}, "Did you mean 'constant_ev'"),
        ("springs:x", {"constant_ev": 0}, "the spring constant in eV/Å², above 0"),
    ],
)
def test_the_words_and_options_of_a_plugin_are_checked_as_those_of_a_built_in_engine(spec, options, says):
    with pytest.raises(InputError, match=says):
        make_engine(spec, options)


def test_an_engine_for_single_points_drives_no_dynamics(install_package):
    source = SPRINGS.replace("DYNAMICS", "False")
    install_package("springs", source, {"llpt.engines": {"springs": "springs:SPRINGS"}})
    assert make_engine("springs:x").describe().version == "springs 1.0"
    with pytest.raises(InputError, match="drives no molecular dynamics"):
        make_engine("springs:x", purpose=Purpose.CONSTANT_PRESSURE)


RECORD = """
from llpt.engines import EngineRecord
bad = EngineRecord(name={name!r}, label="Bad", maker={maker!r})
def make(request):
    return "an engine"
"""


@pytest.mark.usefixtures("springs")
@pytest.mark.parametrize(
    ("name", "source", "says"),
    [
        ("bad", "import no_such_module", "No module named 'no_such_module'"),
        ("bad", "bad = {'name': 'bad'}", "of type dict, not EngineRecord"),
        ("bad", RECORD.format(name="bad words", maker="bad:make"), "no name of an engine"),
        ("bad", RECORD.format(name="bad", maker="bad:nothing"), "bad:nothing of an engine's record cannot be imported"),
        ("bad", RECORD.format(name="bad", maker="bad:make"), "is no engine but of type str"),
    ],
)
def test_a_broken_one_says_so_and_harms_no_other(install_package, name, source, says):
    install_package("bad", source, {"llpt.engines": {name: "bad:bad"}})
    with pytest.raises(PluginError, match=says) as caught:
        make_engine(name)
    assert "\n" not in caught.value.cause
    assert caught.value.remedy
    make_engine("springs:x")
    make_engine("ase:ase.calculators.lj.LennardJones")


@pytest.mark.parametrize("name", ["mace", "behler-parrinello"])
def test_no_plug_in_takes_a_name_of_ours(install_package, name):
    install_package("bad", RECORD.format(name=name, maker="bad:make"), {"llpt.engines": {name: "bad:bad"}})
    assert "taken by llpt itself" in str(engine_plugins().faults[name])
    assert name not in engine_plugins().records


@pytest.mark.usefixtures("springs")
def test_the_survey_tries_it_beside_one_that_is_broken(install_package, monkeypatch, tmp_path):
    install_package("bad", "import no_such_module", {"llpt.engines": {"bad": "bad:bad"}})
    monkeypatch.setenv("PATH", str(tmp_path))
    facts = {fact.name: fact for fact in survey()}
    assert facts["springs"].available
    assert facts["springs"].version == "springs 1.0"
    assert facts["dft"].available
