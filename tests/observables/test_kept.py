"""Summaries that were kept: only what changed is made anew, and a comparison says what is new or old."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from llpt.observables import (
    Quantity,
    compare_kept,
    load_summary,
    outdated,
    registry,
    renewed,
    save_summary,
    summarise_run,
)
from llpt.observables.record import sampled
from llpt.statistics import Estimate

LATER = sampled(Quantity("later", "l", "K", "what came later"), lambda run: Estimate(run.temperature_k, 0.0, "K", 1.0))


@pytest.fixture
def run(make_trajectory):
    random = np.random.default_rng(4)
    edges = 6.0 + 0.02 * random.normal(size=80)
    return make_trajectory(random.uniform(size=(80, 32, 3)) * 6.0, edges, velocities=random.normal(size=(80, 32, 3)))


@pytest.fixture
def average(run):
    def summary(only=None):
        return summarise_run(run, discard_steps=0, temperature_k=900.0, pressure_gpa=200.0, only=only)

    return summary


@pytest.fixture
def kept(average):
    return average()


def change(monkeypatch, *, without=(), add=(), **versions):
    """Another set of observables, as if the package had been changed since."""
    changed = [
        replace(each, version=versions.get(each.name, each.version))
        for each in registry.BUILT_IN
        if each.name not in without
    ]
    monkeypatch.setattr(registry, "BUILT_IN", (*changed, *add))


def test_nothing_is_old_in_what_was_just_made(kept):
    assert outdated(kept) == set()
    found = compare_kept(kept, kept)
    assert (found.differing, found.new, found.old, found.unknown) == ((), (), (), ())
    assert len(found.compared) == len(kept.data_vars) - 1  # S(k) is drawn anew each time


def test_a_changed_observable_is_made_anew_with_what_follows_from_it_and_nothing_else(kept, average, monkeypatch):
    change(monkeypatch, viscosity=2)
    assert outdated(kept) == {"viscosity", "diffusion_infinite"}
    changed = kept.copy(deep=True)
    changed["density"] = changed["density"] + 1.0
    changed["viscosity"] = changed["viscosity"] * 0.0 + 7.0
    fresh = renewed(changed, average(outdated(kept)))
    assert float(fresh["density"]) == float(kept["density"]) + 1.0  # was not touched
    assert np.isnan(fresh["viscosity"])
    assert list(fresh.data_vars) == list(kept.data_vars)
    assert outdated(fresh) == set()


def test_a_new_observable_is_added_and_the_rest_kept(kept, average, monkeypatch, tmp_path):
    change(monkeypatch, add=(LATER,))
    assert outdated(kept) == {"later"}
    fresh = renewed(kept, average(["later"]))
    assert float(fresh["later"]) == 900.0
    assert list(fresh.data_vars)[-3:] == ["later", "later_error", "later_effective_samples"]
    xr.testing.assert_identical(
        fresh.drop_vars([name for name in fresh.data_vars if name not in kept]).drop_attrs(deep=False),
        kept.drop_attrs(deep=False),
    )
    save_summary(fresh, tmp_path / "run.nc")
    assert outdated(load_summary(tmp_path / "run.nc")) == set()


def test_a_comparison_passes_over_what_is_new_and_what_has_another_version(kept, average, monkeypatch):
    change(monkeypatch, add=(LATER,), solid_order=2)
    fresh = average()
    fresh["q4"] = fresh["q4"] + 1.0
    found = compare_kept(kept, fresh)
    assert found.new == ("later", "later_error", "later_effective_samples")
    assert {"q4", "q6", "solid_fraction"} < set(found.old)
    assert not found.differing


def test_a_comparison_finds_what_was_changed_or_taken_away(kept, average):
    tampered = kept.copy(deep=True)
    tampered["density"] = tampered["density"] * 1.001
    tampered["rdf_effective_samples"] = tampered["rdf_effective_samples"] * 2.0  # infinite where g(r) is 0
    assert np.isinf(kept["rdf_effective_samples"]).any()
    tampered = tampered.drop_vars(["rdf"])
    tampered["foreign"] = 1.0
    differing = {"density", "rdf", "rdf_effective_samples", "foreign"}
    assert set(compare_kept(tampered, average()).differing) == differing


def test_what_is_of_a_package_that_is_gone_is_kept_and_said_to_be_unknown(average, monkeypatch):
    change(monkeypatch, add=(LATER,))
    kept = average()
    change(monkeypatch, without=("later",))
    assert outdated(kept) == set()
    found = compare_kept(kept, average())
    assert not found.differing
    assert found.unknown == ("later", "later_error", "later_effective_samples")
    assert "later" in renewed(kept, average(["density"]))


def test_a_summary_of_before_there_were_versions_is_made_anew_and_compared_as_it_is(kept, average):
    del kept.attrs["observables"]
    assert outdated(kept) is None
    found = compare_kept(kept.drop_vars(["q4", "q4_error", "q4_effective_samples"]), average())
    assert found.new == ("q4", "q4_error", "q4_effective_samples")
    assert not found.differing
