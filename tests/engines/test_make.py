"""SPECs and options: what is accepted, and the sentence for what is not."""

import subprocess
import sys

import pytest

from llpt.engines import Purpose, find_engine, grammar, make_engine, split_spec
from llpt.errors import InputError, LlptError, MissingProgramError

LENNARD_JONES = "ase:ase.calculators.lj.LennardJones"


def test_every_kind_is_in_the_grammar():
    assert grammar() == [
        "dft",
        "n2p2:DIR",
        "model:FILE",
        "quantum-espresso",
        "abinit",
        "cp2k",
        "vasp",
        "lammps:FILE",
        "mace:FILE",
        "ase:module.Class",
    ]


def test_split():
    assert split_spec(" n2p2:/a:b ") == (find_engine("n2p2"), "/a:b")
    assert split_spec("dft") == (find_engine("dft"), "")


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("dfd", "Did you mean 'dft'"),
        ("quantum_espresso", "Did you mean 'quantum-espresso'"),
        ("", "Engines are: dft"),
        ("n2p2", "Write n2p2:DIR"),
        ("n2p2:", "Write n2p2:DIR"),
        ("dft:fast", "takes nothing after a colon"),
        ("ase:LennardJones", "Write ase:module.Class"),
        ("ase:..x.Y", "Write ase:module.Class"),
        ("ase:ase/../evil.Evil", "Write ase:module.Class"),
        ("ase:ase.calculators.lj.Lennard", "has no class Lennard"),
        ("ase:ase.io.read", "is not an ASE calculator"),
        ("n2p2:/nowhere", "no directory"),
        ("lammps:/nowhere", "no file"),
        ("mace:/nowhere", "no model file"),
    ],
)
def test_bad_specs(spec, says):
    with pytest.raises(InputError, match=says):
        make_engine(spec)


def test_a_module_that_does_not_load_is_named_in_one_sentence(install_package):
    install_package("broken", "raise RuntimeError('no licence')", {})
    with pytest.raises(InputError, match=r"Module broken of engine ase:broken\.Kind cannot be loaded: RuntimeError"):
        make_engine("ase:broken.Kind")


def test_absent_modules_and_programs(monkeypatch, tmp_path):
    with pytest.raises(MissingProgramError, match=r"Module no_such_package"):
        make_engine("ase:no_such_package.Thing")
    monkeypatch.setenv("PATH", str(tmp_path))
    for variable in ("ASE_VASP_COMMAND", "VASP_COMMAND", "VASP_SCRIPT"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(MissingProgramError, match=r"pw\.x of Quantum ESPRESSO is not installed"):
        make_engine("quantum-espresso", {"electronic_temperature_k": 1000})
    with pytest.raises(MissingProgramError, match="VASP is not installed"):
        make_engine("vasp", {"electronic_temperature_k": 1000})


@pytest.mark.parametrize(
    ("spec", "options", "says"),
    [
        ("dft", {"ecut": 60}, "Did you mean 'ecut_ry'"),
        ("dft", {"ecut_ry": "sixty"}, "ecut_ry='sixty'"),
        ("dft", {"ecut_ry": "-3"}, "from 5 to 1000"),
        ("dft", {"ecut_ry": "nan"}, "ecut_ry"),
        ("dft", {"bands": "many"}, "bands: number of bands, or auto"),
        ("dft", {"bands": "0"}, "bands"),
        ("dft", {"precision": "half"}, "precision: double or single"),
        ("dft", {"pressure_correction": "yes"}, "finite-basis or none"),
        ("dft", {"electronic_temperature_k": 0}, "electronic_temperature_k"),
        ("dft", {"device": "abacus"}, "device"),
        ("dft", {"xc": "pbee"}, "xc"),
        ("dft", {"kpoints": "everywhere"}, "kpoints|k-points"),
        (LENNARD_JONES, {"sigm": 1.0}, "Did you mean 'sigma'"),
        ("ase:ase.calculators.emt.EMT", {"asap_cutof": True}, "asap_cutoff"),
        ("vasp", {}, "needs the option electronic_temperature_k"),
        ("quantum-espresso", {"electronic_temperature_k": 1000, "xc": "b3lyp"}, "vdw-df"),
    ],
)
def test_bad_options(spec, options, says):
    with pytest.raises(LlptError, match=says) as caught:
        make_engine(spec, options)
    assert caught.value.remedy


def test_text_and_numbers_mean_the_same():
    text = make_engine("dft", {"ecut_ry": "24", "bands": "12", "electronic_temperature_k": "2e3"})
    number = make_engine("dft", {"ecut_ry": 24, "bands": 12, "electronic_temperature_k": 2000.0})
    assert text.describe() == number.describe()
    assert text.describe().options["ecut_ry"] == 24.0


def test_purpose_sets_what_was_not_said():
    found = {purpose: make_engine("dft", {}, purpose=purpose).describe() for purpose in Purpose}
    single, labels = found[Purpose.SINGLE_POINT], found[Purpose.LABELS]
    dynamics, pressure = found[Purpose.DYNAMICS], found[Purpose.CONSTANT_PRESSURE]
    assert (single.options["convergence"], single.options["precision"]) == ("tight", "double")
    assert (dynamics.options["convergence"], dynamics.options["precision"]) == ("molecular-dynamics", "single")
    assert single.pressure_label == dynamics.pressure_label == "uncorrected"
    assert pressure.pressure_label == "finite-basis corrected"
    assert labels == pressure  # a potential learns what the dynamics it stands in for would see
    said = make_engine("dft", {"pressure_correction": "none"}, purpose=Purpose.CONSTANT_PRESSURE)
    assert said.describe().pressure_label == "uncorrected"


def test_importing_the_engines_imports_no_engine():
    code = "import sys, llpt.engines; print([m for m in ('torch', 'mace', 'lammps', 'numba') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
