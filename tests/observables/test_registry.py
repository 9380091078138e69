"""Every observable is declared once, and what is declared is what comes out."""

import dataclasses

import numpy as np
import pytest

from llpt.errors import InputError
from llpt.observables import (
    DerivedObservable,
    Need,
    Quantity,
    all_observables,
    describe_observables,
    quantity,
    sampled_names,
    summarise_run,
    with_unit,
)
from llpt.observables.registry import BUILT_IN

OF_FILES = "optics"


@pytest.fixture
def hydrogen(make_trajectory):
    """A run that gives everything: molecules, velocities, energies, a breathing cell and a stress."""
    random = np.random.default_rng(2)
    frames, edge = 240, 8.0
    edges = edge + 0.02 * random.normal(size=frames)
    centres = random.uniform(size=(1, 40, 3)) * edge + np.cumsum(random.normal(scale=0.02, size=(frames, 40, 3)), 0)
    axes = random.normal(size=(frames, 40, 3))
    axes *= 0.37 / np.linalg.norm(axes, axis=2, keepdims=True)
    positions = np.concatenate([centres - axes, centres + axes], axis=1)
    names = ("internal_energy_ev", "free_energy_ev", "kinetic_energy_ev", "temperature_k", "pressure_gpa")
    columns = {name: 1.0 + random.normal(size=frames) for name in (*names, "pressure_uncorrected_gpa")}
    columns |= {"entropy_ev_per_k": 1e-4 * (1.0 + random.normal(size=frames)), "volume_angstrom3": edges**3}
    return make_trajectory(
        positions, edges, timestep_fs=1.0, velocities=random.normal(size=positions.shape), columns=columns
    )


def test_a_summary_holds_what_the_records_declare_and_no_more(hydrogen):
    summary = summarise_run(hydrogen, discard_steps=0, temperature_k=1000.0, pressure_gpa=200.0)
    asked = [each for each in BUILT_IN if each.name != OF_FILES and Need.QUANTUM_NUCLEI not in each.needs]
    declared = [given for each in asked for given in each.quantities]
    assert sampled_names(summary) == [given.name for given in declared if given.is_sampled]
    arrays = [given for given in declared if not given.is_sampled]
    sampled = {given.name for given in declared if given.is_sampled}
    others = [name for name in map(str, summary.data_vars) if not any(name.startswith(f"{each}_e") for each in sampled)]
    assert [name for name in others if name not in sampled] == [
        f"{given.name}{end}"
        for given in arrays
        for end in (("", "_error", "_effective_samples") if given.axes and given.has_error else ("",))
    ]
    for given in declared:
        assert summary[given.name].attrs["unit"] == given.unit
        assert summary[given.name].dims == tuple(axis.name for axis in given.axes)
        for axis in given.axes:
            assert (
                summary[axis.name].attrs.get("unit", "") == axis.unit if axis.name in summary.coords else not axis.unit
            )


def test_names_are_given_once_and_after_what_they_are_made_from():
    names = [given.name for each in BUILT_IN for given in each.quantities]
    assert len(set(names)) == len(names)
    assert len({each.name for each in BUILT_IN}) == len(BUILT_IN)
    for number, each in enumerate(BUILT_IN):
        if isinstance(each, DerivedObservable):
            before = {given.name for other in BUILT_IN[:number] for given in other.quantities}
            assert set(each.after) <= before
    assert all(given.phrase for each in BUILT_IN for given in each.quantities)


def test_asking_for_one_brings_what_it_is_made_from():
    chosen = all_observables().giving(["diffusion_infinite"])
    assert [each.name for each in chosen] == ["displacement", "viscosity", "diffusion_infinite"]
    assert [each.name for each in all_observables().giving(["rdf", "viscosity"])] == ["pair_correlation", "viscosity"]
    assert all_observables().made_from({"viscosity"}) == {"diffusion_infinite"}
    with pytest.raises(InputError, match="no observable called 'g_of_r'"):
        all_observables().giving(["g_of_r"])


@pytest.mark.parametrize(
    "stored", ["internal_energy_ev", "free_energy_ev", "entropy_ev_per_k", "kinetic_energy_ev", "conserved_ev"]
)
def test_what_is_lost_without_a_scalar_is_what_a_run_without_it_does_not_tell(hydrogen, stored):
    whole = summarise_run(hydrogen, discard_steps=0, temperature_k=1000.0, pressure_gpa=200.0)
    bare = dataclasses.replace(hydrogen, columns={**hydrogen.columns, stored: np.full(len(hydrogen.positions), np.nan)})
    without = summarise_run(bare, discard_steps=0, temperature_k=1000.0, pressure_gpa=200.0)
    unknown = {name for name in sampled_names(whole) if np.isnan(without[name]) and not np.isnan(whole[name])}
    lost = all_observables().lost_without(stored)
    assert {given.name for given in lost if given.is_sampled} == unknown
    assert bool(lost) == (stored != "conserved_ev")


def test_without_velocities_the_vibrations_are_lost():
    assert [given.name for given in all_observables().lost_without("velocities")] == ["vacf", "vdos", "stretch_share"]


def test_labels_are_made_of_symbol_phrase_and_unit():
    assert quantity("density").heading == "ρ (g/cm³)"
    assert quantity("density").axis_label == "density (g/cm³)"
    assert quantity("diffusion").heading == "D (10⁻³ cm²/s)"
    assert quantity("molecular_fraction").heading == "molecular fraction"
    assert quantity("rdf").axes[0].label == "r (Å)"
    assert with_unit("C_P", "J mol^-1 K^-1") == "C_P (J mol⁻¹ K⁻¹)"
    assert Quantity("x", "x", "", "a share").axis_label == "a share"


def test_the_table_of_observables_names_all():
    lines = describe_observables().splitlines()
    assert [line.split()[0] for line in lines] == list(all_observables().quantities)
    assert any("g/cm³" in line for line in lines)
