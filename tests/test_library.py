"""``import llpt`` is quick, brings nothing along, and gives every name that it promises."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.lj import LennardJones

import llpt
from llpt.campaign import ObservedRun, analyse
from llpt.errors import LlptError
from llpt.learning import harvest
from llpt.transition import synthetic_isobar
from llpt.version import VERSION

TEMPERATURES = (700, 800, 850, 900, 950, 1000, 1100, 1200)
SOURCE = Path(llpt.__file__).parent
HEAVY = ("torch", "numpy", "scipy", "ase", "matplotlib", "pydantic", "xarray", "h5py", "parsl", "numba", "freud")


def run(code):
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()


def test_import_brings_nothing_along():
    loaded = run("import sys, llpt; print(*{name.partition('.')[0] for name in sys.modules})")
    assert not set(HEAVY) & set(loaded)
    assert run("import sys, llpt; print(*(name for name in sys.modules if name.startswith('llpt.')))") == []


def test_import_is_quick():
    """Thirty modules of Python's own were 40 to 80 ms on a busy machine (28 November 2026); the promise is 0.2 s."""
    loaded = run("import sys; bare = set(sys.modules); import llpt; print(*set(sys.modules) - bare)")
    assert {name.partition(".")[0] for name in loaded} <= {*sys.stdlib_module_names, "llpt"}
    assert len(loaded) < 60


def test_every_promised_name_is_there_and_is_what_its_home_has():
    for name in llpt.__all__:
        assert name in dir(llpt)
        assert getattr(llpt, name) is not None
    assert llpt.__version__ == VERSION
    assert set(llpt.__all__) == {*llpt._HOMES, "__version__"}
    assert 15 <= len(llpt._HOMES) <= 17  # a notebook's words; another name lies in its folder
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = llpt.nothing


def names_that_checkers_see(path):
    tree = ast.parse(path.read_text())
    block, *_ = (node for node in tree.body if isinstance(node, ast.If))
    return {alias.asname or alias.name: each.module for each in block.body for alias in each.names}


def test_type_checkers_see_the_same_names():
    typed = names_that_checkers_see(SOURCE / "__init__.py")
    assert typed.pop("__version__") == "llpt.version"
    assert typed == llpt._HOMES


@pytest.mark.parametrize("room", ["audit", "campaign", "dft", "mlp", "study"])
def test_type_checkers_see_what_a_room_hands_on(room):
    module = import_module(f"llpt.{room}")
    homes = {name: home for home, names in module._NAMES.items() for name in names}
    assert names_that_checkers_see(SOURCE / room / "__init__.py") == homes
    assert set(homes) <= set(module.__all__)
    with pytest.raises(AttributeError, match=f"'llpt.{room}' has no attribute 'nothing'"):
        module.nothing  # noqa: B018


def test_every_promised_name_is_documented():
    for name in llpt.__all__:
        if name != "__version__":
            assert len(getattr(llpt, name).__doc__) > 50, name


def test_every_promised_name_is_on_the_page():
    """Its blocks are run by ``tests/test_documentation.py``."""
    page = (SOURCE.parents[1] / "docs" / "python.md").read_text(encoding="utf-8")
    for name in set(llpt.__all__) - {"__version__"}:
        assert f"`{name}`" in page, name


def test_nothing_inside_the_package_imports_the_package_itself():
    """A module that did would wait for every floor above it."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "llpt" and not node.level:
                parts = {alias.name for alias in node.names}
                assert all((SOURCE / part).is_dir() or (SOURCE / f"{part}.py").is_file() for part in parts), path
            if isinstance(node, ast.Import):
                assert all(alias.name != "llpt" for alias in node.names), path


def test_what_a_newcomer_gives_by_mistake_is_answered_with_what_to_give():
    atoms = bulk("Ar", "fcc", a=5.6, cubic=True)
    positions = np.random.default_rng(0).uniform(0.0, 8.0, (10, 32, 3))
    trajectory = llpt.open_trajectory(positions, cell=[8.0] * 3, elements="Ar", timestep_fs=1e6)
    observed = llpt.observe(trajectory, only=("density",))
    located = llpt.locate(synthetic_isobar(TEMPERATURES, place_k=930.0, width_k=0.0, seed=1, engine="DFT"))
    settings = llpt.RunSettings(ensemble="nvt", temperature_k=300, steps=1, seed=1)
    for call, cause, remedy in (
        (lambda: llpt.observe("run"), "(str) is no trajectory", "open_trajectory"),
        (lambda: llpt.run_md(atoms, "dft", settings, "run"), "(str) is no engine", "make_engine"),
        (lambda: llpt.evaluate([atoms], "dft"), "(str) is no engine", "make_engine"),
        (lambda: llpt.make_engine(None), "(NoneType) names no engine", "SPEC"),
        (lambda: llpt.make_engine(LennardJones), "names no engine", "calculator"),
        (lambda: llpt.run_md([atoms], LennardJones(), settings, "run"), "(list) is no structure", "ase.Atoms"),
        (lambda: llpt.Isobar.from_summaries([atoms], engine="x"), "(Atoms) is not what a run averaged to", "observe"),
        (lambda: llpt.Isotherm.from_summaries([atoms], engine="x"), "(Atoms) is not what", "observe"),
        (lambda: llpt.evaluate(atoms, LennardJones()), "One structure is given", "brackets"),
        (lambda: llpt.compare([observed], [observed]), "(Observations) is no line", "locate"),
        (lambda: llpt.locate([observed]), "(list) is no line of states", "from_summaries"),
        (lambda: llpt.order_of_line(observed), "(Observations) is no line", "locate"),
        (lambda: llpt.run_md(atoms, LennardJones(), {"steps": 1}, "run"), "(dict) says not", "RunSettings"),
        (lambda: llpt.train([atoms], "net", {}), "(dict) says not", "TrainingSettings"),
        (lambda: analyse([observed]), "(Observations) is no observed run", "from_summary"),
        (lambda: llpt.Isobar.from_summaries([observed], engine="x"), "at which pressure", "pressure"),
        (lambda: llpt.plot("run"), "(str) cannot be drawn", "trajectory"),
        (lambda: llpt.open_trajectory(3), "(int) is no trajectory", "path"),
        (lambda: llpt.open_trajectory(positions[:, :0], cell=[8.0] * 3, elements="Ar"), "shape (10, 0, 3)", "n_atoms"),
        (lambda: llpt.open_trajectory(positions.astype(str), cell=[8.0] * 3, elements="Ar"), "real numbers", "Å"),
        (lambda: llpt.open_trajectory(positions + 1j, cell=[8.0] * 3, elements="Ar"), "real numbers", "Å"),
        (lambda: llpt.open_trajectory(positions, cell=[8.0] * 3, elements=18), "(int) names no elements", "symbol"),
        (lambda: llpt.open_trajectory(positions, cell=[8.0] * 3, elements="Ar", despite=3), "names no checks", "gap"),
        (lambda: trajectory.atoms("last"), "no frame 'last'", "whole number"),
        (lambda: trajectory.atoms(10), "no frame 10 in", "negative"),
        (lambda: trajectory.export_extxyz(None), "(NoneType) names no file", "path"),
        (lambda: llpt.observe(trajectory, discard_steps=-1), "discard_steps = -1", "from 0 on"),
        (lambda: llpt.observe(trajectory, discard_steps=1.5), "discard_steps = 1.5", "whole number"),
        (lambda: llpt.observe(trajectory, discard_ps=-1), "discard_ps = -1", "ps"),
        (lambda: llpt.observe(trajectory, discard_ps=float("nan")), "discard_ps = nan", "ps"),
        (lambda: llpt.observe(trajectory, discard_ps="half"), "discard_ps = 'half'", "ps"),
        (lambda: llpt.observe(trajectory, only=3), "(int) names no observables", "names"),
        (lambda: llpt.Isobar.from_summaries(None, engine="x"), "(NoneType) is no list", "list"),
        (lambda: llpt.Isotherm.from_summaries(3, engine="x"), "(int) is no list", "list"),
        (lambda: synthetic_isobar(TEMPERATURES, place_k=930.0, width_k=0.0, seed=1, engine=""), "engine = ''", "name"),
        (lambda: llpt.compare(located, None), "(NoneType) is no line", "locate"),
        (lambda: llpt.compare(located.states, located), "(Isobar) is no line", "locate"),
        (lambda: llpt.compare(located, located, {}), "(dict) is no set of thresholds", "Thresholds"),
        (lambda: analyse([], "strict"), "(str) is no set of thresholds", "Thresholds"),
        (lambda: analyse(None), "(NoneType) is no list of observed runs", "from_summary"),
        (lambda: ObservedRun.from_summary(observed, role="other", engine="x"), "role 'other'", "surrogate"),
        (lambda: ObservedRun.from_summary(observed, role="reference", engine=None), "engine = None", "name"),
        (lambda: llpt.compare(located, located).save(None), "(NoneType) names no file", "path"),
        (lambda: llpt.make_engine("dft", "pbe"), "(str) is no set of options", "by name"),
        (lambda: llpt.make_engine("dft", purpose="fun"), "purpose 'fun'", "dynamics"),
        (lambda: llpt.evaluate(None, LennardJones()), "(NoneType) is no list of structures", "list"),
        (lambda: llpt.evaluate(["argon"], LennardJones()), "(str) is no structure", "ase.Atoms"),
        (lambda: llpt.run_md(atoms, LennardJones(), settings, None), "(NoneType) names no file", "path"),
        (lambda: llpt.train(None, "net", llpt.TrainingSettings()), "(NoneType) is no list of structures", "list"),
        (lambda: llpt.train(["x"], "net", llpt.TrainingSettings()), "(str) is no structure", "ase.Atoms"),
        (lambda: llpt.train([atoms], None, llpt.TrainingSettings()), "(NoneType) names no file", "path"),
        (lambda: harvest(3), "(int) is no list of runs", "open_trajectory"),
        (lambda: harvest([atoms]), "(Atoms) is no run", "open_trajectory"),
        (lambda: llpt.plot(observed, "rdf", ax=3), "(int) is no pair of plain axes", "matplotlib"),
        (lambda: llpt.plot(observed, "rdf", ax=plt.subplots(1, 2)[1]), "(ndarray) is no pair", "matplotlib"),
    ):
        with pytest.raises(LlptError) as refused:
            call()
        assert cause in refused.value.cause
        assert remedy in refused.value.remedy


@pytest.mark.parametrize("edge", [0.1, 1e6])
def test_a_cell_in_which_nothing_can_be_averaged_loses_one_observable_and_no_other(edge):
    positions = np.random.default_rng(0).uniform(0.0, 0.1, (3, 8, 3))
    found = llpt.observe(
        llpt.open_trajectory(positions, cell=[edge] * 3, elements="Ar"), only=("density", "structure_factor")
    )
    assert found.density.value > 0.0
    assert "cells of 1 to 400 Å" in found.absent["structure_factor"]


def test_a_line_of_states_is_of_one_kind_of_atoms():
    def observed(elements, temperature_k):
        steps = np.random.default_rng(0).normal(scale=1e-3, size=(10, 8, 3))
        held = {"temperature_k": temperature_k, "pressure_gpa": 1.0, "timestep_fs": 1000.0}
        frames = llpt.open_trajectory(np.cumsum(steps, axis=0) + 4.0, cell=[8.0] * 3, elements=elements, **held)
        return llpt.observe(frames, only=("density",))

    llpt.Isobar.from_summaries([observed("Ar", 300.0), observed("Ar", 400.0)], engine="x")
    with pytest.raises(LlptError, match="must be of the same atoms"):
        llpt.Isobar.from_summaries([observed("Ar", 300.0), observed("H", 400.0)], engine="x")


def test_a_calculator_of_ase_is_taken_for_an_engine(tmp_path):
    atoms = bulk("Ar", "fcc", a=5.6, cubic=True)
    [labelled] = llpt.evaluate([atoms], LennardJones(sigma=3.4, epsilon=0.0103, rc=5.0))
    assert labelled.get_forces().shape == (4, 3)
    settings = llpt.RunSettings(ensemble="nvt", temperature_k=50, timestep_fs=2.0, steps=4, seed=1, positions_every=2)
    llpt.run_md(atoms, LennardJones(sigma=3.4, epsilon=0.0103, rc=5.0), settings, tmp_path / "run")
    assert len(llpt.open_trajectory(tmp_path / "run")) == 3


def test_two_sets_of_runs_come_to_a_verdict_without_a_study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = {
        name: llpt.locate(synthetic_isobar(TEMPERATURES, place_k=place, width_k=0.0, seed=seed, engine=name))
        for name, place, seed in (("DFT", 930.0, 1), ("network", 830.0, 2))
    }
    verdict = llpt.compare(found["DFT"], found["network"])
    assert verdict.value == "not faithful"
    assert not list(tmp_path.iterdir())


def test_what_a_notebook_shows_of_a_result_is_a_line():
    isobar = synthetic_isobar(TEMPERATURES, place_k=930.0, width_k=0.0, seed=1, engine="DFT")
    located = llpt.locate(isobar)
    verdict = llpt.compare(located, located)
    assert repr(isobar) in repr(located)
    assert isobar.where in repr(isobar)
    assert "DFT against DFT" in repr(verdict)
    assert all(len(repr(each)) < 200 for each in (isobar, located, verdict))
