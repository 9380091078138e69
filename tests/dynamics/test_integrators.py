"""Integrators are declared once: llpt's own, and those that another package names by an entry point."""

import json
from importlib import import_module

import pytest

from llpt.dynamics import RunSettings, RunState, find_integrator, integrator_records, run_md, second_codes
from llpt.engines import BUILT_IN, find_engine
from llpt.errors import InputError, PluginError
from llpt.study.controlled_tests import IntegratorTest

from .engines_for_tests import LennardJones

LEAP = """
from llpt.dynamics import IntegratorRecord, Thermostat
from llpt.dynamics.ase_integrator import AseIntegrator

LEAP = IntegratorRecord(
    name="leap", label="Leapfrog", maker="leaping:AseIntegrator", thermostats=(Thermostat.NOSE_HOOVER,)
)
"""
NVT = {"ensemble": "nvt", "temperature_k": 90, "timestep_fs": 4.0, "steps": 3, "seed": 1, "thermostat": "nose-hoover"}


def test_integrators_of_llpt():
    assert (*integrator_records(), second_codes()) == ("ipi", "ase", "lammps", ("ase", "lammps"))
    owners = {name: record.engine for name, record in integrator_records().items() if record.engine}
    assert owners == {"lammps": "lammps"}
    assert all(find_engine(owner).name in BUILT_IN for owner in owners.values())


@pytest.mark.parametrize("record", integrator_records().values(), ids=lambda record: record.name)
def test_a_record_names_what_is_there(record):
    module, _, name = record.maker.partition(":")
    assert callable(getattr(import_module(module), name))


def test_another_package_brings_one_that_moves_the_atoms_of_any_engine(tmp_path, crystal, install_package):
    """Its record alone makes the settings take it, the study file complete it and a run use it."""
    install_package("leaping", LEAP, {"llpt.integrators": {"leap": "leaping:LEAP"}})
    settings = RunSettings(**NVT, integrator="leap")
    assert run_md(crystal, LennardJones(), settings, tmp_path / "run").state is RunState.DONE
    assert json.loads((tmp_path / "run" / "run.json").read_text())["settings"]["integrator"] == "leap"
    assert IntegratorTest(integrator="leap").integrator == "leap"
    assert IntegratorTest.model_json_schema()["properties"]["integrator"]["enum"] == ["ase", "lammps", "leap"]
    with pytest.raises(InputError, match="has the thermostat 'nose-hoover', not 'svr'"):
        settings.changed(thermostat="svr")


def test_one_that_cannot_be_loaded_is_named_where_it_is_asked_for(install_package):
    install_package("leaping", "import no_such_module", {"llpt.integrators": {"leap": "leaping:LEAP"}})
    with pytest.raises(PluginError, match="no_such_module"):
        RunSettings(**NVT, integrator="leap")
    assert find_integrator("ase").label == "ASE"
    assert RunSettings(**NVT, integrator="ase").integrator == "ase"


def test_an_integrator_of_the_name_of_one_of_llpt_is_none(install_package):
    install_package("leaping", LEAP.replace('"leap"', '"ase"'), {"llpt.integrators": {"ase": "leaping:LEAP"}})
    assert integrator_records()["ase"].label == "ASE"
