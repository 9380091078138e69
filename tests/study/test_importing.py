"""What need not be asked of an imported run, what its files leave untold, and what its fluctuations say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io import write

from llpt.campaign import Role
from llpt.errors import InputError, StorageError
from llpt.study.import_description import Description, known_electronic_temperature_k
from llpt.study.import_tree import Given, import_found
from llpt.study.imported import read_imported, write_imported
from llpt.study.importing import NewStudy, fluctuations_told, import_run, what_is_lost
from llpt.trajectory import Facts
from llpt.trajectory.foreign import Contents, ForeignTrajectory
from llpt.trajectory.foreign.folders import find_runs
from llpt.trajectory.foreign.measuring import Measurements


def test_electrons_are_those_the_files_name_and_a_surrogate_without_any_has_cold_ones():
    said = Facts(electronic_temperature_k=900.0)
    assert known_electronic_temperature_k(Role.REFERENCE, said) == 900.0
    assert known_electronic_temperature_k(Role.SURROGATE, said) == 900.0
    assert known_electronic_temperature_k(Role.SURROGATE, Facts()) == 0.0
    assert known_electronic_temperature_k(Role.REFERENCE, Facts()) is None


def test_what_is_lost_is_said_in_words():
    assert what_is_lost("free_energy_ev") == [
        "enthalpy with the free energy F in the place of E",
        "electronic temperature times entropy",
        "free energy of the electrons",
        "free energy at some steps",
    ]
    assert what_is_lost("velocities")[0] == "velocity autocorrelation function"
    assert what_is_lost("forces") == ["training on these frames"]
    assert what_is_lost("conserved_ev") == []


@pytest.mark.parametrize(("share", "told"), [(1.0, ""), (0.5, "Berendsen"), (1.6, "not in equilibrium")])
def test_a_kinetic_energy_that_does_not_fluctuate_as_it_must_is_told(share, told):
    atoms, kelvin = 32, 900.0
    degrees = 3 * atoms - 3
    drawn = kelvin * np.random.default_rng(5).gamma(degrees / 2.0, 2.0 / degrees, 3000)
    measured = Measurements(np.ones(atoms), atoms, temperature_k=[300.0] * 10 + list(kelvin + share * (drawn - kelvin)))
    description = Description(Role.REFERENCE, "VASP", kelvin, 200.0, kelvin, 0.3, discard=10)
    sentence = fluctuations_told(Contents(measured=measured), description)
    assert bool(sentence) == bool(told)
    assert told in sentence
    assert fluctuations_told(Contents(), description) == ""
    assert fluctuations_told(Contents(measured=measured), description, beads=8) == ""  # an estimator of its own


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({"label": "x" * 81}, "1 to 80 letters"),
        ({"pressure_gpa": -5.0}, "above 0 and at most 10000"),
        ({"temperature_k": 1e30}, "above 0 and at most 1e5"),
        ({"frame_interval_fs": float("nan")}, "above 0 and at most 1e6"),
    ],
)
def test_what_no_run_of_a_study_can_be_is_refused_before_frames_are_read(tmp_path, change, allowed):
    description = replace(Description(Role.REFERENCE, "VASP", 900.0, 200.0, 900.0, 0.3), **change)

    def frames():
        raise AssertionError("frames are read")

    source = ForeignTrajectory("VASP", (), np.ones(4, dtype=np.int64), frames)
    with pytest.raises(InputError) as refused:
        import_run(tmp_path / "study", source, description, new=NewStudy.of_imported_runs("a study"))
    assert allowed in refused.value.remedy
    assert not (tmp_path / "study").exists()


def test_the_table_of_imported_runs_is_read_as_it_is_written_and_as_a_person_may_write_it(tmp_path):
    written = (Path(__file__).parent / "golden" / "imported.toml").read_text(encoding="utf-8")
    runs = read_imported(Path(__file__).parent / "golden" / "imported.toml")
    texts = {
        "as written": write_imported(runs),
        "with a comment": "# mine\n" + write_imported(runs),
        "spelt otherwise": write_imported(runs).replace("[[imported]]", "[[ imported ]]"),
        "the file of before": written,
    }
    for text in texts.values():
        (tmp_path / "imported.toml").write_text(text, encoding="utf-8")
        assert read_imported(tmp_path / "imported.toml") == runs
    (tmp_path / "imported.toml").write_text(texts["as written"].replace("role", "rule", 1), encoding="utf-8")
    with pytest.raises(StorageError, match="is damaged"):
        read_imported(tmp_path / "imported.toml")


def test_a_label_that_is_no_number_is_one_sentence_whoever_looks_at_the_frames_first(tmp_path):
    path = tmp_path / "run.extxyz"
    frames = [Atoms("H2", [[0.1 * step, 0, 0], [2, 2, 2]], cell=[4.0] * 3, pbc=True) for step in range(3)]
    for frame in frames:
        frame.info["energy"] = "-30.%"
    write(path, frames)
    given = Given(role=Role.REFERENCE, label="x", temperature_k=9.0, frame_interval_fs=1.0)
    (found,) = find_runs(path)
    refused = import_found(tmp_path / "study", found, given, new=NewStudy.of_imported_runs("x"), dry=True)
    assert refused.why == f"{path} cannot be read: it holds what its format does not have."


def test_an_output_without_a_step_of_dynamics_is_no_run_before_anybody_is_asked_what_it_was(tmp_path):
    text = (Path(__file__).parents[1] / "trajectory/foreign/data/pw-md.out").read_text()
    (tmp_path / "scf.out").write_text(text[: text.rindex("\n", 0, text.index("Starting temperature")) + 1])
    (found,) = find_runs(tmp_path)
    made = import_found(tmp_path / "study", found, Given(Role.REFERENCE, "A"), new=NewStudy(""), dry=True)
    assert (made.expected, made.why) == (True, "It holds 0 whole frame(s).")
