"""Observables of other packages: a record with its accumulator is all it takes, and a bad one spoils nothing."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from llpt.observables import (
    all_observables,
    compare_kept,
    estimate_of,
    failures,
    observe,
    quantity,
    sampled_names,
    summarise_run,
)
from llpt.trajectory import open_trajectory

GOOD = """
import re
import tomllib
from pathlib import Path

import numpy as np
import xarray as xr
from llpt.observables import Axis, FrameObservable, Need, Quantity
from llpt.statistics import mean_estimate

FACE = Axis("face", "", "")
SPREAD = Quantity("spread", "s", "Å", "spread of the positions", tabled=True, drawn=True)
MIDDLE = Quantity("middle", "", "Å", "mean position", axes=(FACE,), has_error=False)


class Spread:
    def __init__(self):
        self.values, self.middles = [], []

    def add(self, block):
        self.values.extend(float(positions.std()) for positions in block.positions_angstrom)
        self.middles.extend(block.positions_angstrom.mean(axis=1))

    def results(self):
        return {
            "spread": mean_estimate(self.values, "Å"),
            "middle": xr.DataArray(np.mean(self.middles, axis=0), {"face": [0, 1, 2]}, "face"),
        }


RECORD = FrameObservable(
    name="spread_of_atoms", quantities=(SPREAD, MIDDLE), needs=frozenset({Need.CELL}), accumulate=lambda run: Spread()
)
"""

BAD = """
from llpt.observables import FrameObservable, Quantity
from llpt.statistics import Estimate, mean_estimate


class Broken:
    def __init__(self):
        self.frames = 0

    def add(self, block):
        self.frames += len(block)
        {add}

    def results(self):
        return {results}


RECORD = FrameObservable(
    name="broken", quantities=(Quantity("broken", "b", "K", "what goes wrong"),), accumulate=lambda run: Broken()
)
"""


@pytest.fixture
def run(make_trajectory):
    random = np.random.default_rng(3)
    edges = 6.0 + 0.02 * random.normal(size=60)
    return make_trajectory(random.uniform(size=(60, 32, 3)) * 6.0, edges, number=18)


def install_good(install_package):
    install_package("spreading", GOOD, {"llpt.observables": {"spread_of_atoms": "spreading:RECORD"}})


def test_a_record_with_its_accumulator_is_all_it_takes(run, install_package):
    before = summarise_run(run, discard_steps=0, temperature_k=100.0, pressure_gpa=0.1)
    install_good(install_package)
    assert quantity("spread").phrase == "spread of the positions"
    summary = summarise_run(run, discard_steps=0, temperature_k=100.0, pressure_gpa=0.1)
    spread = estimate_of(summary, "spread")
    assert (spread.value, spread.unit) == (pytest.approx(6.0 / 12**0.5, rel=0.05), "Å")
    assert spread.error > 0.0
    np.testing.assert_allclose(summary["middle"], 3.0, atol=0.3)
    assert summary["middle"].attrs["unit"] == "Å"
    assert sampled_names(summary)[-1] == "spread"
    assert compare_kept(before, summary).new == (
        "middle",
        "spread",
        "spread_error",
        "spread_effective_samples",
    )
    assert not compare_kept(before, summary).differing
    found = observe(run, temperature_k=100.0, only=["spread_of_atoms"])
    assert list(found) == ["spread", "middle"]
    assert found.spread == spread


@pytest.mark.parametrize(
    ("add", "results", "why"),
    [
        ("raise ValueError('the\\ncell is odd')", "{}", "ValueError: the."),
        ("pass", "1 / 0", "ZeroDivisionError: division by zero."),
        ("pass", "{'broken': mean_estimate([1.0, 2.0], 'eV')}", "'broken' has the unit 'eV', its record says 'K'."),
        ("pass", "{'broken': 3.0}", "'broken' is of type float, not Estimate."),
        ("pass", "{'other': 3.0}", "it gives 'other', which its record does not name."),
    ],
)
def test_one_that_fails_is_left_out_with_one_sentence(run, install_package, add, results, why):
    before = summarise_run(run, discard_steps=0, temperature_k=100.0, pressure_gpa=0.1)
    install_good(install_package)
    source = BAD.replace("{add}", add).replace("{results}", results)
    install_package("breaking", source, {"llpt.observables": {"broken": "breaking:RECORD"}})
    summary = summarise_run(run, discard_steps=0, temperature_k=100.0, pressure_gpa=0.1)
    assert failures(summary) == [f"Observable 'broken' of another package failed: {why}"]
    assert "broken" not in summary
    assert sampled_names(summary) == [*sampled_names(before), "spread"]
    assert not compare_kept(before, summary).differing
    found = observe(run, temperature_k=100.0)
    assert found.absent["broken"] == failures(summary)[0]
    assert found.spread.value > 0.0


def test_one_that_gives_no_number_is_unknown_with_its_reason(run, install_package):
    source = BAD.replace("{add}", "pass").replace("{results}", "{'broken': Estimate(float('nan'), 0.1, 'K', 3.0)}")
    install_package("breaking", source, {"llpt.observables": {"broken": "breaking:RECORD"}})
    summary = summarise_run(run, discard_steps=0, temperature_k=100.0, pressure_gpa=0.1)
    assert not failures(summary)
    assert np.isnan(estimate_of(summary, "broken").error)
    assert summary["broken"].attrs["reason"] == "Observable 'broken' of another package gave no number."
    assert "no number" in observe(run, temperature_k=100.0).absent["broken"]


def test_a_name_that_is_taken_and_a_package_that_cannot_be_loaded_are_faults(install_package):
    taken = GOOD.replace('Quantity("spread"', 'Quantity("density"')
    install_package("taking", taken, {"llpt.observables": {"spread_of_atoms": "taking:RECORD"}})
    install_package("missing", "import no_such_module", {"llpt.observables": {"gone": "missing:RECORD"}})
    found = all_observables()
    assert not found.foreign
    assert "gives density, which is there already" in found.faults["spread_of_atoms"]
    assert "No module named 'no_such_module'" in found.faults["gone"]


def test_an_axis_that_another_has_with_other_values_is_refused(run, install_package):
    source = GOOD.replace('Axis("face"', 'Axis("r"').replace('{"face": [0, 1, 2]}, "face"', '{"r": [0, 1, 2]}, "r"')
    install_package("spreading", source, {"llpt.observables": {"spread_of_atoms": "spreading:RECORD"}})
    summary = summarise_run(run, discard_steps=0, temperature_k=100.0, pressure_gpa=0.1)
    assert failures(summary)[0].endswith("its axis 'r' differs from that of another observable.")
    assert "rdf" in summary


def test_one_that_needs_forces_is_absent_where_there_are_none(run, install_package):
    source = GOOD.replace("Need.CELL", "Need.FORCES")
    install_package("spreading", source, {"llpt.observables": {"spread_of_atoms": "spreading:RECORD"}})
    assert "spread" in observe(run, temperature_k=100.0, only=["spread"])
    bare = open_trajectory(run.positions, cell=[6.0, 6.0, 6.0], elements="Ar")
    assert observe(bare, only=["spread"]).absent == {"spread": "The trajectory has no forces."}


def test_the_example_of_the_documentation(install_package):
    text = (Path(__file__).resolve().parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    example = text.partition("### An observable\n")[2].partition("\n### ")[0]
    [source], [announced] = (re.findall(rf"```{kind}\n(.*?)```", example, re.DOTALL) for kind in ("python", "toml"))
    entries = tomllib.loads(announced.replace("my_package.cells", "my_package"))["project"]["entry-points"]
    install_package("my_package", source, entries)
    positions = np.random.default_rng(1).uniform(0.0, 12.0, (40, 20, 3))
    found = observe(open_trajectory(positions, cell=[10.0, 12.0, 15.0], elements="Ar"))
    assert found["cell_anisotropy"].value == pytest.approx(1.5)
