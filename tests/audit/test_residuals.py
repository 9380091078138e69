"""Planted errors come back with their size, sorted by phase, and half of the labels gives half of the answer."""

import numpy as np
import pytest

from llpt.audit.double_labels import DoublyLabelled, frame_table, label_with_other
from llpt.audit.residuals import Grouping, residuals_of
from llpt.bridge import REFERENCE, SURROGATE
from llpt.engines import make_engine
from llpt.errors import InputError
from llpt.observables import nearest_neighbours
from llpt.structure import attach_labels, displaced

from .labels_for_tests import hydrogen, phase_set

FRAMES = 24


@pytest.fixture(scope="module")
def fluids():
    return {
        molecular: [hydrogen(molecular=molecular, seed=10 * number + molecular) for number in range(FRAMES)]
        for molecular in (True, False)
    }


def test_a_planted_bias_between_phases_is_named_with_its_size(fluids):
    sets = [
        phase_set(fluids[True], name="molecular", bias_ev_per_atom=0.510, noise_ev=0.02),
        phase_set(fluids[False], name="atomic", bias_ev_per_atom=0.500, noise_ev=0.02, coupling=REFERENCE),
    ]
    found = residuals_of(sets)
    bias = found.accuracy.phase_bias
    assert bias.fraction_range[0] < 0.1
    assert bias.fraction_range[1] > 0.9
    assert bias.molecular_mev_per_atom == pytest.approx(10.0, abs=3.0 * bias.error_mev_per_atom)
    assert bias.error_mev_per_atom < 2.0
    phases = {row.group: row for row in found.groups if row.grouping is Grouping.PHASE}
    difference = phases["molecular"].energy.minus(phases["atomic"].energy)
    assert difference.value == pytest.approx(10.0, abs=3.0 * difference.error)
    assert not found.missing


def test_forces_and_pressure_that_are_off(fluids):
    sets = [
        phase_set(fluids[value], name=str(value), force_factor=1.02, pressure_gpa=2.0, coupling=coupling)
        for value, coupling in ((True, REFERENCE), (False, SURROGATE))
    ]
    found = residuals_of(sets)
    for row in found.groups:
        assert row.pressure.value == pytest.approx(2.0)
        assert row.force_error_ev_per_angstrom == pytest.approx(0.02 * row.force_ev_per_angstrom)
        assert row.energy.value == pytest.approx(0.0, abs=1e-9)
    assert found.accuracy.overall.pressure_rmse_gpa == pytest.approx(2.0)
    table = frame_table(sets)
    assert table["pressure_error"].attrs["unit"] == "GPa"
    assert set(table["sampled_by"].values) == {"reference", "surrogate"}
    assert table.sizes["frame"] == 2 * FRAMES


def test_errors_of_ions_that_are_about_to_bind_are_seen(fluids):
    frames, said = [], []
    for number, fluid in enumerate(fluids[True][:4]):
        frame = displaced(fluid, 0.08, seed=number)
        attach_labels(frame, free_energy=0.0, forces=np.zeros((len(frame), 3)))
        copy = frame.copy()
        distances = nearest_neighbours(frame.positions, frame.cell.array)[1]
        breaking = (distances > 0.85) & (distances < 1.0)
        attach_labels(copy, free_energy=0.0, forces=np.where(breaking, 0.5, 0.1)[:, None] * np.ones(3))
        frames.append(frame)
        said.append(copy)
    found = residuals_of([DoublyLabelled("molecular", REFERENCE, 900.0, frames, said)])
    assert 0.05 < found.neighbours.share < 0.8
    assert found.neighbours.inside_ev_per_angstrom == pytest.approx(0.5)
    assert found.neighbours.outside_ev_per_angstrom == pytest.approx(0.1)
    assert "surrogate's own" in found.missing
    assert not found.groups[0].pressure.resolved  # nobody gave a stress


def test_an_engine_labels_the_runs_of_the_other(fluids):
    engine = make_engine("ase:ase.calculators.lj.LennardJones", {"sigma": 0.6, "epsilon": 0.02, "rc": 1.2})
    frames = fluids[True][:3]
    of_reference = label_with_other(frames, engine, sampled_by=REFERENCE, temperature_k=900.0, name="r")
    of_surrogate = label_with_other(frames, engine, sampled_by=SURROGATE, temperature_k=900.0, name="s")
    assert np.allclose(of_reference.differences_ev, -of_surrogate.differences_ev)
    assert of_reference.reference[0].get_potential_energy(force_consistent=True) == pytest.approx(
        frames[0].calc.results["free_energy"]
    )
    assert of_reference.samples().coupling == REFERENCE


def test_labels_of_other_configurations_are_refused(fluids):
    frames = fluids[True][:3]
    with pytest.raises(InputError, match="is not that of"):
        DoublyLabelled("run", REFERENCE, 900.0, frames, frames[::-1])
    with pytest.raises(InputError, match="carry the"):
        DoublyLabelled("run", REFERENCE, 900.0, frames, frames[:2])
    bare = [frame.copy() for frame in frames]
    with pytest.raises(InputError, match="no energy"):
        DoublyLabelled("run", REFERENCE, 900.0, frames, bare)
    cold, warm = (frame.copy() for frame in frames[:2])
    for copy, frame, value in ((cold, frames[0], 900.0), (warm, frames[1], 0.0)):
        copy.calc = frame.calc
        copy.info["electronic_temperature_k"] = value
    with pytest.raises(InputError, match="several electronic temperatures"):
        DoublyLabelled("run", REFERENCE, 900.0, [cold, warm], frames[:2])
    with pytest.raises(InputError, match="no doubly labelled"):
        residuals_of([])
