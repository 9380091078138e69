"""A study file is written from what is there: runs of VASP, a potential, or both; what is not said is not made up."""

from pathlib import Path

import pytest
from tests.vasp_format import write_thermal_runs

from llpt.errors import InputError
from llpt.study import make_plan, parse_study
from llpt.study.existing_runs import ExistingRun, ExistingRuns, existing_runs
from llpt.study.fitting import is_model, study_for_model, study_for_runs
from llpt.trajectory.foreign.vasp_theory import VaspTheory, vasp_theory
from llpt.units import RYDBERG_TO_EV

NETWORK = Path(__file__).parents[2] / "examples" / "own-potential"
INCAR = "ENCUT = 700 ! eV\nGGA = PE\nISMEAR = -1\n"
KPOINTS = "mesh\n0\nMonkhorst-Pack\n2 2 2\n0 0 0\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("there") / "vasp-runs"
    write_thermal_runs(folder, temperatures=(900, 1100))
    for run in folder.iterdir():
        (run / "INCAR").write_text(INCAR)
        (run / "KPOINTS").write_text(KPOINTS)
    return folder


def test_runs_of_vasp_become_the_study_that_does_the_same(folder):
    text = study_for_runs(existing_runs(folder), folder, folder.parent / "study.toml")
    study = parse_study(text)
    (line,) = study.state.lines()
    assert (line.pressure_gpa, line.temperatures_k) == (100.0, (900.0, 1100.0))
    assert study.system.atoms == (16,)
    assert (study.dynamics.timestep_fs, study.dynamics.steps) == (0.4, 15)
    options = study.reference.engine_options()
    assert study.reference.engine == "vasp"
    assert options["ecut_ry"] == pytest.approx(700 / RYDBERG_TO_EV, rel=1e-5)
    assert (options["xc"], options["kpoints"]) == ("pbe", "2x2x2")
    assert study.reference.electronic_temperature == "ionic"
    assert "llpt import vasp-runs -o study --role reference" in text
    assert len(make_plan(study).runs) == 4


def test_a_potential_is_the_surrogate(folder):
    text = study_for_runs(existing_runs(folder), folder, folder.parent / "study.toml", model=str(NETWORK))
    surrogate = parse_study(text).surrogate
    assert surrogate.train is None
    assert (folder.parent / surrogate.path).resolve() == NETWORK.resolve()
    assert "llpt audit-model" in text
    alone = parse_study(study_for_model(str(NETWORK), NETWORK.parent / "small.toml", [64, 128]))
    assert (alone.surrogate.engine, alone.surrogate.path) == ("model", NETWORK.name)
    assert alone.system.atoms == (64, 128)
    assert study_for_model(str(NETWORK), NETWORK.parent / "a b.toml").count("'a b.toml'") == 2
    assert "# a potential of H" in study_for_model(str(NETWORK), NETWORK.parent / "study.toml")


def test_what_is_a_model_and_what_are_runs(folder):
    assert is_model(str(NETWORK))
    assert is_model("mace:my.model")
    assert not is_model(str(folder))
    with pytest.raises(InputError, match="no run"):
        existing_runs(NETWORK)


def made(name="a", **changed):
    values = {
        "name": name,
        "program": "VASP",
        "atoms": 64,
        "elements": frozenset({"H"}),
        "temperature_k": 900.0,
        "pressure_gpa": 200.0,
        "density_gcc": 1.1,
        "electronic_temperature_k": 900.0,
        "timestep_fs": 0.5,
        "steps": 4000,
        "theory": VaspTheory("pbe", 600.0, "gamma"),
    }
    return ExistingRun(**{**values, **changed})


def study_of(*runs, left_out=()):
    return study_for_runs(ExistingRuns(runs, left_out), Path("there"), Path("study.toml"))


def test_names_of_two_lines_make_a_study_file_all_the_same():
    text = study_for_runs(ExistingRuns((made(),), ()), Path("two\nlines"), Path("a\nb.toml"))
    assert parse_study(text).study.name == "two lines"
    assert "llpt plan 'a b.toml'" in text


def test_lines_with_states_of_their_own_are_given_one_by_one():
    study = parse_study(study_of(made(), made(pressure_gpa=300.0, temperature_k=700.0, atoms=128)))
    first, second = study.state.lines()
    assert (first.pressure_gpa, first.temperatures_k, study.sizes(first)) == (200.0, (900.0,), (64,))
    assert (second.pressure_gpa, second.temperatures_k, study.sizes(second)) == (300.0, (700.0,), (128,))


def test_runs_at_constant_volume_make_isochores_and_the_fewer_kind_is_left_out():
    text = study_of(made(pressure_gpa=None), made(pressure_gpa=None, temperature_k=1000.0), made())
    study = parse_study(text)
    assert study.dynamics.ensemble == "nvt"
    assert study.state.lines()[0].density_gcc == 1.1
    assert "# Left out: 1 runs at constant pressure" in text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"timestep_fs": 0.4}, 'timestep_fs = "auto"'),
        ({"electronic_temperature_k": None}, "the files do not say it, or disagree"),
        ({"theory": VaspTheory()}, "a default: the files do not say it, or disagree"),
        ({"program": "CP2K"}, "set functional, cutoff and k-points as the runs there had them"),
    ],
)
def test_what_runs_do_not_say_or_disagree_on_is_a_default_that_says_so(changed, said):
    text = study_of(made(), made(temperature_k=1000.0, **changed), left_out=("b: It is cut.",))
    parse_study(text)
    assert said in text
    assert "# Left out: b: It is cut." in text


def test_cold_electrons_of_all_runs_stay_at_their_temperature():
    warm = [made(electronic_temperature_k=5000.0), made(temperature_k=1000.0, electronic_temperature_k=5000.0)]
    assert parse_study(study_of(*warm)).reference.electronic_temperature == 5000.0


def test_other_elements_are_refused():
    with pytest.raises(InputError, match="The runs hold O"):
        study_of(made(elements=frozenset({"H", "O"})))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"INCAR": "GGA = PS\n", "KPOINTS": "k\n0\nGamma\n3 3 3\n"}, ("pbesol", None, "3x3x3")),
        ({"INCAR": "METAGGA = SCAN\nGGA = PE\n", "KPOINTS": "k\n0\nGamma\n1 1 1\n"}, ("scan", None, "gamma")),
        ({"INCAR": "ENCUT = 500\n", "KPOINTS": "k\n0\nG\n2 1 1\n"}, (None, 500.0, "0,0,0;0.5,0,0")),
        ({"KPOINTS": "k\n0\nM\n2 2 2\n0.5 0.5 0.5\n"}, (None, None, None)),
        ({"OUTCAR": " TITEL  = PAW_PBE H 15Jun2001\n   ENCUT  =  400.0 eV\n   GGA = -- \n"}, ("pbe", 400.0, None)),
        (
            {"OUTCAR": " TITEL  = PAW_PBE H\n METAGGA=      F    non-selfconsistent MetaGGA calc.\n"},
            ("pbe", None, None),
        ),
        ({"OUTCAR": " TITEL  = PAW_PBE H\n   LHFCALC =      T    Hartree Fock is set to\n"}, (None, None, None)),
        ({"INCAR": "GGA = PE; ENCUT = 500\nLHFCALC = .TRUE.\n"}, (None, 500.0, None)),
        ({"INCAR": "GGA = PE; ENCUT = 500\nLHFCALC = .FALSE.; IVDW = 0\n"}, ("pbe", 500.0, None)),
        ({"INCAR": "GGA = PE\nIVDW = 12\n"}, (None, None, None)),
    ],
)
def test_theory_of_vasp_from_its_files(tmp_path, files, expected):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = vasp_theory([tmp_path / "OUTCAR"] if "OUTCAR" in files else [tmp_path / "XDATCAR"])
    assert (found.functional, found.cutoff_ev, found.kpoints) == expected


def test_theory_of_a_vasprun(tmp_path):
    (tmp_path / "vasprun.xml").write_text(
        """<modeling><incar><i name="ENCUT">350.0</i><i type="string" name="GGA">PE</i></incar>
<kpoints><generation param="Monkhorst-Pack"><v type="int" name="divisions">4 4 4</v></generation></kpoints>
<atominfo/></modeling>"""
    )
    assert vasp_theory([tmp_path / "vasprun.xml"]) == VaspTheory("pbe", 350.0, "4x4x4")


def test_what_is_neither_runs_nor_a_potential(tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("nothing", "empty"):
        with pytest.raises(InputError, match="or a potential: its SPEC"):
            existing_runs(tmp_path / name)
