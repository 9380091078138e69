"""A run between surrogate and reference: what it tells while it runs, and what of it is seen from outside."""

from types import SimpleNamespace

import pytest

from llpt.dynamics import RunSettings, run_md
from llpt.engines import MixedEngine, make_engine
from llpt.errors import EngineError
from llpt.structure import atomic_fluid
from llpt.study.nodes.molecular_dynamics import EXPLODED, progress_told
from llpt.study.steps import RUN_INSIDE, node_steps_on_disk

SPEC = "ase:ase.calculators.lj.LennardJones"


@pytest.fixture
def atoms():
    return atomic_fluid(atoms=12, density_g_per_cm3=0.7, seed=1)


def test_its_steps_on_disk_are_those_of_the_run_inside(atoms, tmp_path):
    engines = [make_engine(SPEC, {"sigma": 0.9, "epsilon": each, "rc": 2.0, "smooth": True}) for each in (0.02, 0.03)]
    settings = RunSettings(ensemble="nvt", temperature_k=700.0, timestep_fs=0.2, steps=10, seed=1, checkpoint_every=5)
    run_md(atoms, MixedEngine(*engines, coupling=0.5), settings, tmp_path / "node" / RUN_INSIDE)
    assert node_steps_on_disk(tmp_path / "node") == 10
    assert node_steps_on_disk(tmp_path / "node" / RUN_INSIDE) == 10
    assert node_steps_on_disk(tmp_path / "elsewhere") == 0


def test_a_fluid_that_is_none_any_more_ends_its_run(atoms):
    told = []
    settings = RunSettings(ensemble="nvt", temperature_k=700.0, timestep_fs=0.2, steps=10, seed=1)
    progress = {"step": 3, "pressure_gpa": 1.0, "volume_angstrom3": 40.0, "seconds_per_step": 0.1}
    tell = progress_told(told.append, settings, atoms)
    tell(SimpleNamespace(temperature_k=0.9 * EXPLODED * 700.0, **progress))
    assert [(each.steps_done, each.steps) for each in told] == [(3, 10)]
    assert told[0].density_g_per_cm3 == pytest.approx(12 * 1.008 * 1.66053907 / 40.0, rel=1e-3)
    with pytest.raises(EngineError, match="where its thermostat asks for 700 K"):
        tell(SimpleNamespace(temperature_k=1.1 * EXPLODED * 700.0, **progress))
