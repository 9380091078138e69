"""A small cell with too few k-points is warned of before anything is spent, and a new study file proposes a mesh."""

import re

import pytest
from typer.testing import CliRunner

from llpt.cli.app import app
from llpt.statistics import Estimate
from llpt.study import parse_study
from llpt.study.few_kpoints import few_for, kelvins_of, warnings_of

STUDY = """
[study]
name = "small cells"
[system]
atoms = [32, 128, 256]
[state]
pressures_gpa = 200
temperatures_k = [700, 900]
[dynamics]
steps = 2000
[reference]
engine = "dft"
"""


@pytest.mark.parametrize("kpoints", ["", 'kpoints = "gamma"', 'kpoints = "0.25,0.25,0.25"'])
def test_each_small_size_is_warned_of_with_what_was_measured(kpoints):
    small, medium = warnings_of(parse_study(STUDY + kpoints))
    assert "32 atoms" in small
    assert "-216 ± 7" in small
    assert "puts T* too high by 71 ± 40 K to 236 ± 134 K (latent heats of 90 to 27 meV/atom)" in small
    assert "-31 ± 1" in medium
    assert "Between the phases at one temperature it was not measured. At 800 K 1 meV/atom" in medium


def test_of_64_atoms_at_one_point_it_says_that_the_isobar_has_no_transition():
    warned = warnings_of(parse_study(STUDY.replace("[32, 128, 256]", "[32, 64, 128]")))
    told = ["The isobar run at that point had no transition at all from 700 to 1300 K" in each for each in warned]
    assert told == [False, True, False]


@pytest.mark.parametrize("kpoints", ['"3x3x3"', '"spacing:0.9"', '"0.25,0.25,0.25;0.25,0.25,-0.25"'])
def test_a_mesh_is_not_warned_of(kpoints):
    assert not warnings_of(parse_study(f"{STUDY}kpoints = {kpoints}\n"))


def test_a_mesh_too_coarse_for_the_smallest_cell_is_warned_of_with_what_was_measured():
    (smallest,) = warnings_of(parse_study(f'{STUDY}kpoints = "2x2x2"'))
    assert "32 atoms" in smallest
    assert "-48 ± 4 meV/atom" in smallest
    assert 'Take kpoints = "4x4x4", or cells of 128 atoms or more.' in smallest
    assert "a molecular start was higher than an atomic one by 3.6 ± 5.1 meV/atom" in smallest
    assert re.search(r"puts T\* too low by \d+ ± \d+ K to \d+ ± \d+ K", smallest)


def test_of_64_atoms_at_a_coarse_mesh_it_says_where_a_denser_one_changes():
    (told,) = warnings_of(parse_study(f'{STUDY.replace("[32, 128, 256]", "[64, 128]")}kpoints = "2x2x2"'))
    assert "changes near 1015 K at 2x2x2, and near 915 K at 3x3x3 (three walks and four)" in told
    assert 'Take kpoints = "3x3x3", or cells of 128 atoms or more.' in told


def test_by_a_study_of_its_own_latent_heat_it_is_in_kelvin():
    """T* (D/2) / Delta H: 900 K times 5 meV/atom over 50; that of the latent heat is in the error."""
    measured = few_for(parse_study(STUDY), 64)
    place, latent = Estimate(900.0, 5.0, "K", 20.0), Estimate(0.050, 0.005, "eV/atom", 20.0)
    sentence = kelvins_of(measured, place, latent)
    assert "1 meV/atom between the phases moves T* by 18 K" in sentence
    assert "puts it too high by 90 ± 35 K, as a scale" in sentence
    assert kelvins_of(few_for(parse_study(STUDY), 128), place, latent).endswith("moves T* by 18 K.")


@pytest.mark.parametrize(
    ("place", "latent"),
    [(Estimate.unknown("K"), (0.050, 0.005)), (Estimate(900.0, 5.0, "K", 20.0), (0.050, 0.020))],
    ids=["no place", "no latent heat"],
)
def test_without_a_known_latent_heat_nothing_is_said_in_kelvin(place, latent):
    assert not kelvins_of(few_for(parse_study(STUDY), 64), place, Estimate(*latent, "eV/atom", 20.0))


def test_other_engines_have_no_k_points_to_warn_of():
    assert not warnings_of(parse_study(STUDY.replace('"dft"', '"ase:ase.calculators.lj.LennardJones"')))


@pytest.mark.parametrize(
    ("atoms", "kpoints"), [((32,), "4x4x4"), ((64,), "3x3x3"), ((128, 256), "2x2x2"), ((256,), "mean-value")]
)
def test_a_new_study_of_small_cells_has_a_mesh(tmp_path, atoms, kpoints):
    path = tmp_path / "study.toml"
    options = [word for size in atoms for word in ("--atoms", str(size))]
    assert CliRunner().invoke(app, ["init", str(path), *options]).exit_code == 0
    study = parse_study(path.read_text(encoding="utf-8"))
    assert study.system.atoms == atoms
    assert study.reference.kpoints == kpoints
    assert not warnings_of(study)
    planned = CliRunner().invoke(app, ["plan", str(path)])
    assert planned.exit_code == 0
    assert "Few k-points" not in planned.stdout


def test_the_plan_says_it(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    assert "off by -216 ± 7 meV/atom" in " ".join(CliRunner().invoke(app, ["plan", str(path)]).stdout.split())
