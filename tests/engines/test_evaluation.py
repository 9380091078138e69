"""Evaluated frames carry every result through a file, and nothing that is not finite is ever written."""

import gzip
from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.io import read, write

from llpt.engines import PressureLabel, corrected_alike, evaluate, make_engine, read_evaluated, write_evaluated
from llpt.engines.face import EngineCalculator, EngineDescription, EngineResult
from llpt.errors import EngineError, InputError, StorageError
from llpt.learning import labelled_frames
from llpt.learning.labelling import label
from llpt.structure import label_of, molecular_fluid
from llpt.study.nodes.other_labels import _label


class Springs(EngineCalculator):
    """Springs to the origin, with an entropy: every result has a value that is known. ``broken`` is not finite."""

    def __init__(self, broken=None):
        super().__init__()
        self.broken = broken

    def compute(self, atoms, system_changes):  # noqa: ARG002
        values = {
            "free_energy_ev": float(np.sum(atoms.positions**2)),
            "energy_ev": float(np.sum(atoms.positions**2)) + 0.25,
            "entropy_ev_per_k": 0.25 / 1000,
            "forces_ev_per_angstrom": -2 * atoms.positions,
            "stress_ev_per_angstrom3": np.arange(6) * 0.01,
            "extrapolation_warnings": 3,
        }
        if self.broken:
            values[self.broken] = values[self.broken] * np.nan
        return EngineResult(**values)

    def describe(self):
        return EngineDescription(name="springs", spec="springs", version="1")


@pytest.fixture
def frames():
    return [molecular_fluid(atoms=8, seed=s, wigner_seitz_radius=1.5) for s in range(3)]


def test_results_survive_a_file(tmp_path, frames):
    evaluated = evaluate(frames, Springs())
    write_evaluated(tmp_path / "out.extxyz", evaluated)
    for before, after in zip(evaluated, read_evaluated(tmp_path / "out.extxyz"), strict=True):
        for key in ("entropy", "extrapolation_warnings"):
            assert after.info[key] == before.info[key]
        for key in ("energy", "free_energy"):
            assert label_of(after, key) == label_of(before, key)
        assert label_of(after, "energy") - label_of(after, "free_energy") == pytest.approx(0.25)
        assert np.allclose(after.get_stress(), np.arange(6) * 0.01)
        assert np.allclose(after.get_forces(), -2 * before.positions, atol=1e-7)
    assert [p.name for p in tmp_path.iterdir()] == ["out.extxyz"]


def test_ase_reads_them_as_calculator_results(tmp_path, frames):
    write_evaluated(tmp_path / "out.extxyz", evaluate(frames[:1], Springs()))
    atoms = read(tmp_path / "out.extxyz")
    assert atoms.get_potential_energy(force_consistent=True) == pytest.approx(
        np.sum(frames[0].positions ** 2), abs=1e-6
    )
    assert np.allclose(atoms.get_stress(), np.arange(6) * 0.01)


def test_earlier_results_are_replaced(tmp_path, frames):
    write_evaluated(tmp_path / "one.extxyz", evaluate(frames, Springs()))
    again = evaluate(read(tmp_path / "one.extxyz", index=":"), make_engine("ase:ase.calculators.lj.LennardJones"))
    assert again[0].info["entropy"] == 0.0
    assert "extrapolation_warnings" not in again[0].info
    write_evaluated(tmp_path / "two.extxyz", again)
    assert read_evaluated(tmp_path / "two.extxyz")[0].get_potential_energy() == pytest.approx(
        again[0].get_potential_energy()
    )


def test_frames_given_stay_as_they_were(frames):
    evaluate(frames, Springs())
    assert all(not atoms.info and atoms.calc is None for atoms in frames)


@pytest.mark.parametrize(
    "broken", ["free_energy_ev", "energy_ev", "entropy_ev_per_k", "forces_ev_per_angstrom", "stress_ev_per_angstrom3"]
)
def test_not_finite_is_an_error_that_names_the_frame(frames, broken):
    with pytest.raises(EngineError, match=r"Frame 0: .* not finite"):
        evaluate(frames, Springs(broken))


def test_not_finite_is_never_written(tmp_path, frames):
    evaluated = evaluate(frames, Springs())
    write_evaluated(tmp_path / "out.extxyz", evaluated)
    before = (tmp_path / "out.extxyz").read_bytes()
    evaluated[2].calc.results["forces"][3, 1] = np.inf
    with pytest.raises(EngineError, match="Frame 2 has forces"):
        write_evaluated(tmp_path / "out.extxyz", evaluated)
    assert (tmp_path / "out.extxyz").read_bytes() == before


def test_wrong_shapes_are_an_error(frames):
    class Short(Springs):
        def compute(self, atoms, system_changes):
            result = super().compute(atoms, system_changes)
            return EngineResult(result.free_energy_ev, result.energy_ev, result.forces_ev_per_angstrom[:-1], None)

    with pytest.raises(EngineError, match=r"forces of shape \(7, 3\) where \(8, 3\)"):
        evaluate(frames, Short())


def test_a_disk_that_refuses(tmp_path, frames):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError):
        write_evaluated(tmp_path / "file" / "out.extxyz", evaluate(frames, Springs()))


def test_progress_is_told(frames):
    seen = []
    evaluate(frames, Springs(), on_frame=seen.append)
    assert seen == [1, 2, 3]


def test_labels_as_published_sets_have_them_are_read(tmp_path):
    """Energy and forces of a compressed file, its name the data set, no stress and no electronic temperature."""
    source = tmp_path / "rerun-H-highP-liquid.extxyz.gz"
    header = (
        'Lattice="5.072820 0.000000 0.000000 0.000000 5.072820 0.000000 0.000000 0.000000 5.072820" '
        "Properties=species:S:1:pos:R:3:forces:R:3 energy=-1642.184134 "
        'pbc="T T T" config_type="rerun-H-highP-liquid"'
    )
    positions = molecular_fluid(atoms=128, seed=1, wigner_seitz_radius=1.26).positions
    atoms = "".join(f"H {x:.5f} {y:.5f} {z:.5f} 0.33288 -0.02504 0.03274\n" for x, y, z in positions)
    with gzip.open(source, "wt", encoding="utf-8") as file:
        file.write(f"128\n{header}\n{atoms}" * 4)
    frames = read_evaluated(source, index=":3")
    assert frames[0].get_potential_energy() == pytest.approx(-1642.184134)
    assert frames[0].info["dataset"] == "rerun-H-highP-liquid"
    assert len(frames) == 3
    assert frames[0].get_forces().shape == (128, 3)
    assert frames[0].get_forces()[5] == pytest.approx([0.33288, -0.02504, 0.03274])
    assert label_of(frames[0], "free_energy") is None
    assert "electronic_temperature_k" not in frames[0].info
    told = read_evaluated(source, index="0", dataset="castep", electronic_temperature_k=0.0)[0]
    assert (told.info["dataset"], told.info["electronic_temperature_k"]) == ("castep", 0.0)


def test_frames_without_labels_are_refused(tmp_path, frames):
    write(tmp_path / "bare.extxyz", frames)
    with pytest.raises(InputError, match=r"Frame 0 .* has no energy or no forces"):
        read_evaluated(tmp_path / "bare.extxyz")


def test_electronic_temperature_is_part_of_the_label(tmp_path, frames):
    options = {"ecut_ry": 15, "electronic_temperature_k": 2500, "bands": 8}
    write_evaluated(tmp_path / "out.extxyz", evaluate(frames[:1], make_engine("dft", options)))
    (label,) = read_evaluated(tmp_path / "out.extxyz")
    assert label.info["electronic_temperature_k"] == 2500.0
    assert label_of(label, "energy") - label_of(label, "free_energy") == pytest.approx(
        2500 * label.info["entropy"], abs=1e-9
    )
    classical = evaluate([label], make_engine("ase:ase.calculators.lj.LennardJones"))
    assert "electronic_temperature_k" not in classical[0].info


def test_stress_where_there_is_no_cell():
    engine = make_engine("ase:ase.calculators.lj.LennardJones")
    (molecule,) = evaluate([Atoms("H2", positions=[[0, 0, 0], [0, 0, 1.1]])], engine)
    assert label_of(molecule, "stress") is None
    assert molecule.info["entropy"] == 0.0


def test_calculator_that_cannot_do_the_element():
    helium = molecular_fluid(atoms=8, seed=0, wigner_seitz_radius=1.5)
    helium.symbols[:] = "He"
    with pytest.raises(EngineError, match=r"Frame 0: .* failed: NotImplementedError: No EMT-potential for He"):
        evaluate([helium], make_engine("ase:ase.calculators.emt.EMT"))


def test_labels_of_other_names_are_taken_from_under_them(tmp_path):
    atoms = Atoms("H2", positions=[[0, 0, 0], [0.74, 0, 0]], cell=[4, 4, 4], pbc=True)
    atoms.info |= {"E_pbe": -31.5, "virial_stress": np.diag([1.0, 2.0, 3.0])}
    atoms.set_array("F_pbe", np.array([[0.1, 0, 0], [-0.1, 0, 0]]))
    write(tmp_path / "named.extxyz", atoms, format="extxyz")
    keys = {"free_energy": "E_pbe", "forces": "F_pbe", "stress": "virial_stress"}
    with pytest.raises(InputError, match="no energy or no forces"):
        read_evaluated(tmp_path / "named.extxyz")
    with pytest.raises(InputError, match=r"Frame 0 of .* has nothing called F_scan"):
        read_evaluated(tmp_path / "named.extxyz", keys=keys | {"forces": "F_scan"})
    (frame,) = labelled_frames([tmp_path / "named.extxyz"], keys=keys)
    assert label_of(frame, "free_energy") == -31.5
    assert frame.get_forces()[0, 0] == 0.1
    assert list(frame.get_stress()) == [1.0, 2.0, 3.0, 0.0, 0.0, 0.0]
    assert frame.info["dataset"] == "named"


class Corrected(Springs):
    """The same with a pressure that is corrected for a finite basis."""

    def compute(self, atoms, system_changes):
        plain = super().compute(atoms, system_changes)
        return replace(
            plain,
            stress_ev_per_angstrom3=plain.stress_ev_per_angstrom3 - 0.01,
            stress_uncorrected_ev_per_angstrom3=plain.stress_ev_per_angstrom3,
        )

    def describe(self):
        return replace(super().describe(), pressure_label=PressureLabel.CORRECTED)


def study_labels(frames, engine, place):
    return _label(frames, engine, place, lambda _: None) or read_evaluated(place)


@pytest.mark.parametrize("with_labels", [lambda *given: label(*given)[0], study_labels])
def test_labels_of_a_file_are_gone_on_with_where_pressure_is_corrected_as_before(tmp_path, frames, with_labels):
    """One file never holds pressures of both kinds; labels of a version that did not correct are done again."""
    place = tmp_path / "labels.extxyz"
    first = with_labels(frames[:2], Springs(), place)
    again = with_labels(frames, Springs(), place)
    assert [frame.get_stress()[1] for frame in again] == [0.01] * 3
    assert len(first) == 2
    anew = with_labels(frames, Corrected(), place)
    assert [frame.get_stress()[1] for frame in anew] == pytest.approx([0.0] * 3, abs=1e-12)
    assert all(corrected_alike(frame, Corrected()) and not corrected_alike(frame, Springs()) for frame in anew)
