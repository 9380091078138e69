"""Labels: units, which energy is taken, and everything that must be refused."""

import numpy as np
import pytest

from llpt.errors import InputError
from llpt.mlp import read_labels


def test_labels_are_taken_in_atomic_units(make_labelled):
    frame = make_labelled(1)[0]
    labelled, report = read_labels([frame])
    first = labelled[0]
    assert first.energy == pytest.approx(frame.info["free_energy"] / 27.211386245988, rel=1e-12)
    np.testing.assert_allclose(first.forces, frame.arrays["forces"] / 51.422067476, rtol=1e-9)
    strain = frame.info["stress"] * frame.get_volume() / 27.211386245988
    np.testing.assert_allclose(first.strain_slope, strain, rtol=1e-9)
    assert first.uses_free_energy
    assert report.kept == report.given == 1
    assert report.electronic_temperatures_k == (1000.0,)


def test_the_free_energy_comes_before_the_energy(make_labelled):
    frame = make_labelled(1)[0]
    frame.info["energy"] = 99.0
    assert read_labels([frame])[0][0].energy == pytest.approx(frame.info["free_energy"] / 27.211386245988)
    del frame.info["free_energy"]
    labelled, _ = read_labels([frame])
    assert labelled[0].energy == pytest.approx(99.0 / 27.211386245988)
    assert not labelled[0].uses_free_energy


def test_labels_in_ase_results_are_found(make_labelled):
    from ase.calculators.singlepoint import SinglePointCalculator

    frame = make_labelled(1)[0]
    known, _ = read_labels([frame])
    energy, forces, stress = frame.info.pop("free_energy"), frame.arrays.pop("forces"), frame.info.pop("stress")
    frame.calc = SinglePointCalculator(frame, energy=energy, free_energy=energy, forces=forces, stress=stress)
    found, _ = read_labels([frame])
    np.testing.assert_array_equal(found[0].forces, known[0].forces)
    np.testing.assert_allclose(found[0].strain_slope, known[0].strain_slope)


def test_frames_without_blocks_are_grouped_by_ten(make_labelled):
    frames = make_labelled(3)
    for frame in frames:
        del frame.info["block"]
    labelled, _ = read_labels(frames)
    assert [frame.block for frame in labelled] == [f"morse/{index // 10}" for index in range(30)]


def test_outliers_and_copies_are_left_out_and_counted(make_labelled):
    frames = make_labelled(1)
    frames[3].arrays["forces"][0, 0] = 60.0
    labelled, report = read_labels([*frames, frames[5].copy()], force_limit_ev_per_angstrom=50.0)
    assert (report.given, report.kept, report.outliers, report.duplicates) == (11, 9, 1, 1)
    assert len(labelled) == 9
    with pytest.raises(InputError, match="All 10 frames"):
        read_labels(frames, force_limit_ev_per_angstrom=1e-6)


def test_one_structure_with_two_energies_is_refused(make_labelled):
    frames = make_labelled(1)
    twin = frames[0].copy()
    twin.info["free_energy"] += 1.0
    with pytest.raises(InputError, match="another energy"):
        read_labels([*frames, twin])
    twin.info["dataset"] = "other"
    assert read_labels([*frames, twin])[1].duplicates == 0


def test_energies_of_two_references_in_one_data_set_are_refused(make_labelled):
    frames = [*make_labelled(1), *make_labelled(1, seed=1, shift_ev=13.6)]
    with pytest.raises(InputError, match=r"groups 1[0-9.]+ eV/atom apart"):
        read_labels(frames)
    for frame in frames[10:]:
        frame.info["dataset"] = "other"
    assert len(read_labels(frames)[0]) == 20


def test_one_structure_at_two_electronic_temperatures_is_two_frames(make_labelled):
    # The first structure of a ladder's next run is the last one of the run before.
    first = make_labelled(1)[0]
    second = first.copy()
    second.info["electronic_temperature_k"] = 1200.0
    second.info["free_energy"] = first.info["free_energy"] - 0.3
    labelled, report = read_labels([first, second], mix_electronic_temperatures=True)
    assert len(labelled) == 2
    assert report.electronic_temperatures_k == (1000.0, 1200.0)


def test_electronic_temperatures_are_never_mixed_silently(make_labelled):
    frames = make_labelled(1)
    frames[0].info["electronic_temperature_k"] = 500.0
    del frames[1].info["electronic_temperature_k"]
    with pytest.raises(InputError, match=r"not stated, 500 K, 1000 K"):
        read_labels(frames)
    _, report = read_labels(frames, mix_electronic_temperatures=True)
    assert report.electronic_temperatures_k == (None, 500.0, 1000.0)


def spoil(change):
    def spoiled(frames):
        change(frames[2])
        return frames

    return spoiled


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        (lambda _: [], "no labelled frames"),
        (spoil(lambda f: f.info.pop("free_energy")), "label for an energy"),
        (spoil(lambda f: f.arrays.pop("forces")), "label for forces"),
        (spoil(lambda f: f.info.update(free_energy=np.nan)), "Frame 3 .* not a finite number"),
        (spoil(lambda f: f.info.update(stress=np.full(6, np.inf))), "not a finite number"),
        (spoil(lambda f: f.info.update(stress=np.zeros(4))), "shape"),
        (spoil(lambda f: f.set_chemical_symbols(["He"] * len(f))), "holds He"),
        (spoil(lambda f: f.set_cell(np.zeros((3, 3)))), "volume"),
        (spoil(lambda f: f.info.update(energy=f.info.pop("free_energy"))), "free energy and others"),
    ],
)
def test_bad_labels_are_refused(make_labelled, spoiled, words):
    with pytest.raises(InputError, match=words):
        read_labels(spoiled(make_labelled(1)))
