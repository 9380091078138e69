"""Runs of one label are of one theory: what differs is refused, or said where it may follow the cell or the ions."""

import gzip
from pathlib import Path

import pytest

from llpt.campaign import Role
from llpt.errors import InputError
from llpt.study.import_theory import check_one_theory, check_repeat, theory_told
from llpt.study.imported import ImportedRun
from llpt.trajectory.foreign import open_foreign

DATA = Path(__file__).parents[1] / "trajectory/foreign/data"
CP2K = ("h-pos-1.xyz", "h-1.cell", "h-1.ener")


def imported(*, atoms=16, kelvin=800.0, repeat=1, electrons=None, **theory):
    return ImportedRun(
        role=Role.REFERENCE,
        label="A",
        program="VASP",
        atoms=atoms,
        temperature_k=kelvin,
        pressure_gpa=200.0,
        electronic_temperature_k=electrons,
        frame_interval_fs=0.3,
        steps=10,
        repeat=repeat,
        theory=tuple((name.replace("_", "-"), value) for name, value in theory.items()),
        files=(),
        sha256=(),
    )


def pw(place, *changes):
    text = (DATA / "pw-md.out").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    place.write_text(text)
    return open_foreign([place])


def cp2k(place, said):
    text = gzip.decompress((DATA / "h.out.gz").read_bytes()).decode()
    (place / "h.out").write_text(text.replace(" MD_PAR| Temperature [K]", f"{said}\n MD_PAR| Temperature [K]"))
    return open_foreign([*(DATA / name for name in CP2K), place / "h.out"])


def test_pw_names_its_theory(tmp_path):
    assert dict(pw(tmp_path / "pw.out").theory) == {
        "functional": "pbe",
        "cutoff": "20 Ry",
        "potential of H": "MD5 a225a3f3a1be5237eb8f6a7e61cbb4ee",
        "k-points": "1 with (0.0000000 0.0000000 0.0000000) 2π/alat the first",
    }
    newer = pw(
        tmp_path / "new.out", ("Exchange-correlation= SLA  PW   PBX  PBC", "Exchange-correlation      = SCAN ( 0 )")
    )
    assert newer.theory["functional"] == "scan"


def test_cp2k_names_its_theory(tmp_path):
    assert cp2k(tmp_path, "").theory == {}  # at the print level LOW
    said = (
        " FUNCTIONAL| ROUTINE=NEW\n FUNCTIONAL| PBE:\n FUNCTIONAL| J.P.Perdew, K.Burke\n"
        " QS| Density cutoff [a.u.]:                       200.0\n BRILLOUIN| K-Point grid        2  2  2"
    )
    assert cp2k(tmp_path, said).theory == {"functional": "pbe", "cutoff": "200.0 hartree", "k-points": "2x2x2"}


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("SLA  PW   PBX  PBC", "SLA  PW   PSX  PSC", "functional pbesol, .* with functional pbe"),
        ("=      20.0000  Ry", "=      40.0000  Ry", "cutoff 40 Ry, .* with cutoff 20 Ry"),
        ("a225a3f3", "b225a3f3", "potential of H MD5 b225a3"),
    ],
)
def test_runs_of_pw_of_another_theory_need_a_label_of_their_own(tmp_path, old, new, what):
    first, other = pw(tmp_path / "a.out"), pw(tmp_path / "b.out", (old, new))
    there = imported(**{name.replace("-", "_"): value for name, value in first.theory.items()})
    check_one_theory(first, "A", [there])
    check_one_theory(other, "B", [there])
    with pytest.raises(InputError, match=f"was computed with {what}.*"):
        check_one_theory(other, "A", [there])
    with pytest.raises(InputError, match="two theories"):
        open_foreign([tmp_path / "a.out", tmp_path / "b.out"])


def test_points_that_follow_the_cell_are_said_and_others_are_two_runs(tmp_path):
    here = imported(kelvin=900.0, k_points="2x2x2")
    assert theory_told(here, [imported(k_points="2x2x2"), imported(atoms=64, k_points="gamma")]) == ()
    (told,) = theory_told(here, [imported(k_points="gamma")])
    assert told == "It was computed with k-points 2x2x2, a/N16/P200/T800 of its size with k-points gamma."
    first = pw(tmp_path / "a.out")
    other = pw(tmp_path / "b.out", ("k(    1) = (   0.0000000", "k(    1) = (   0.2500000"))
    assert first.theory["k-points"] != other.theory["k-points"]
    with pytest.raises(InputError, match="two theories"):
        open_foreign([tmp_path / "a.out", tmp_path / "b.out"])


def test_electrons_follow_the_ions_or_are_all_alike_and_else_it_is_said():
    ionic = [imported(kelvin=kelvin, electrons=kelvin) for kelvin in (700.0, 800.0, 900.0)]
    assert theory_told(ionic[0], ionic[1:]) == ()
    alike = [imported(kelvin=kelvin, electrons=1000.0) for kelvin in (700.0, 800.0, 900.0)]
    assert theory_told(alike[0], alike[1:]) == ()
    (told,) = theory_told(alike[0], ionic[1:])
    assert told.startswith("Its electrons are at 1000 K, those of a/N16/P200/T800 at 800 K: neither at one temperature")
    repeat = imported(repeat=2, electrons=300.0)
    check_repeat(repeat, [imported(repeat=1, electrons=300.0), imported(kelvin=700.0, electrons=800.0)])
    with pytest.raises(InputError, match="Its electrons are at 300 K, those of its repeat a/N16/P200/T800 at 800 K"):
        check_repeat(repeat, [imported(electrons=800.0)])
