"""CP2K as an engine: the same physics as the built-in DFT as far as its basis set reaches, and what it refuses."""

import re
import shutil
import sys

import numpy as np
import pytest
from tests.others import needs_program

from llpt.engines import make_engine
from llpt.engines.cp2k import Cp2kOptions, cp2k_input, gth_entry, uses_kpoints
from llpt.engines.cp2k_engine import cp2k_version, read_cp2k_result
from llpt.errors import EngineError, InputError, MissingProgramError, StorageError
from llpt.structure import molecular_fluid

OPTIONS = {"electronic_temperature_k": 3000.0}
SMALL = {**OPTIONS, "cutoff_ry": 300.0, "relative_cutoff_ry": 30.0, "neglect": 1e-9}
OUTPUT = """
  Electronic entropic energy:                                  -0.00200000000000
  Electronic entropic energy:                                  -0.01000000000000
 ENERGY| Total FORCE_EVAL ( QS ) energy [a.u.]:               -4.000000000000000
"""
FORCES = """
 ATOMIC FORCES in [a.u.]

 # Atom   Kind   Element          X                  Y                  Z
      1      1      H          -0.100000000000     0.200000000000     0.000000000000
      2      1      H           0.100000000000    -0.200000000000     0.000000000000
 SUM OF ATOMIC FORCES           0.000000000000     0.000000000000     0.000000000000     0.000000000000
"""
STRESS = """
 STRESS| Analytical stress tensor [GPa]
 STRESS|                        x                   y                   z
 STRESS|      x        1.00000000000E+02   4.00000000000E+00   5.00000000000E+00
 STRESS|      y        4.00000000000E+00   2.00000000000E+02   6.00000000000E+00
 STRESS|      z        5.00000000000E+00   6.00000000000E+00   3.00000000000E+02
 STRESS| Eigenvectors and eigenvalues of the analytical stress tensor [GPa]
 STRESS|      x          -0.093862458701      0.993738466874     -0.060611041092
"""


@pytest.fixture(scope="module")
def fluid():
    return molecular_fluid(atoms=6, seed=4, wigner_seitz_radius=1.5)


@pytest.mark.peer
@pytest.mark.slow
@needs_program("cp2k.psmp")
def test_it_agrees_with_our_own_engine_as_far_as_its_basis_set_reaches(fluid, tmp_path):
    given = {**SMALL, "basis_set": "DZVP-GTH", "directory": str(tmp_path)}
    with (
        make_engine("cp2k", given) as cp2k,
        make_engine("dft", {**OPTIONS, "ecut_ry": 200.0, "pseudopotential": "gth", "kpoints": "mean-value"}) as own,
    ):
        cp2k.calculate(fluid)
        own.calculate(fluid)
        one, other = dict(cp2k.results), dict(own.results)
        assert "CP2K" in cp2k.describe().version
        assert (tmp_path / "run-RESTART.kp").exists()
        cp2k.reset()
        assert not (tmp_path / "run-RESTART.kp").exists()
    assert one["free_energy"] > other["free_energy"]  # a basis set that is not complete lies above
    assert one["free_energy"] == pytest.approx(other["free_energy"], abs=6 * 0.1)  # measured: 40 meV/atom
    assert np.abs(one["forces"] - other["forces"]).max() < 0.5  # measured: 0.23 of 2.5


def test_what_it_found_is_read_in_our_units(tmp_path):
    for name, text in (("run.out", OUTPUT), ("run.forces", FORCES), ("run.stress", STRESS)):
        (tmp_path / name).write_text(text)
    result = read_cp2k_result(tmp_path, 1000.0)
    assert result.free_energy_ev == pytest.approx(-4.0 * 27.211386)
    assert result.energy_ev == pytest.approx(-3.99 * 27.211386)
    assert result.entropy_ev_per_k == pytest.approx(0.01 * 27.211386 / 1000.0)
    assert result.forces_ev_per_angstrom == pytest.approx(np.array([[-1, 2, 0], [1, -2, 0]]) * 5.142207)
    assert result.stress_ev_per_angstrom3 == pytest.approx(-np.array([100, 200, 300, 6, 5, 4]) / 160.21766)
    newer = re.sub(r"^ +(\d) +1 +H", r" FORCES|      \1", FORCES, flags=re.MULTILINE)
    assert newer.count("FORCES|") == 2
    (tmp_path / "run.forces").write_text(newer)
    assert np.array_equal(read_cp2k_result(tmp_path, 1000.0).forces_ev_per_angstrom, result.forces_ev_per_angstrom)
    (tmp_path / "run.stress").write_text(STRESS.replace("GPa", "bar"))
    with pytest.raises(EngineError, match="no stress in GPa"):
        read_cp2k_result(tmp_path, 1000.0)
    (tmp_path / "run.out").write_text("SCF run NOT converged")
    with pytest.raises(EngineError, match="not what CP2K writes"):
        read_cp2k_result(tmp_path, 1000.0)


def test_its_input_holds_the_theory_that_was_asked_for(fluid, tmp_path):
    options = Cp2kOptions(**OPTIONS, kpoints="0.25,0.25,0.25;0.25,0.25,-0.25", xc="blyp", pseudopotential="GTH-BLYP-q1")
    text = cp2k_input(options, fluid, basis_file=tmp_path / "BASIS", orbitals=True)
    for line in (
        "KPOINT 0.250000000000000 0.250000000000000 0.250000000000000 0.5",
        "ELECTRONIC_TEMPERATURE [K] 3000.0",
        "&XC_FUNCTIONAL BLYP",
        "POTENTIAL GTH-BLYP-q1",
        "SCF_GUESS RESTART",
        f"BASIS_SET_FILE_NAME {tmp_path / 'BASIS'}",
    ):
        assert line in text.splitlines()
    at_gamma = Cp2kOptions(**OPTIONS, kpoints="gamma")
    assert not uses_kpoints(at_gamma)
    text = cp2k_input(at_gamma, fluid, basis_file=tmp_path, orbitals=False)
    assert "KPOINTS" not in text
    assert "run-RESTART.wfn" in text
    assert gth_entry().splitlines()[2] == "0.2 2 -4.17890044 0.72446331"


def test_without_the_program_or_the_basis_sets_one_sentence_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(MissingProgramError, match="CP2K is not installed"):
        make_engine("cp2k", OPTIONS)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(InputError, match="no file of basis sets"):
        make_engine("cp2k", {**OPTIONS, "basis_file": str(tmp_path / "BASIS")})


@pytest.fixture
def program(monkeypatch, tmp_path):
    """Return what puts a script in CP2K's place."""

    def put(text):
        place = tmp_path / "cp2k.psmp"
        version = "import sys\nif '--version' in sys.argv:\n    raise SystemExit(print('CP2K version 0.1'))"
        place.write_text(f"#!{sys.executable} -S\n{version}\n{text}\n")
        place.chmod(0o755)
        monkeypatch.setattr(shutil, "which", lambda _: str(place))

    cp2k_version.cache_clear()
    yield put
    cp2k_version.cache_clear()


def test_a_run_that_fails_is_an_error_and_is_tried_once_more_from_nothing(program, tmp_path, fluid):
    given = {**OPTIONS, "directory": str(tmp_path / "work")}
    program("open('starts', 'a').write('x'); raise SystemExit(3)")
    with make_engine("cp2k", given) as engine:
        (tmp_path / "work/run-RESTART.kp").touch()
        with pytest.raises(EngineError, match="CP2K ended with code 3"):
            engine.calculate(fluid)
    assert (tmp_path / "work/starts").read_text() == "xx"
    assert "SCF_GUESS ATOMIC" in (tmp_path / "work/run.inp").read_text()


PRINTS = """
import os
found = [f"{name}={value}" for name, value in os.environ.items() if name.startswith(("OMPI_MCA_", "SLURM_"))]
open("words", "w").write(" ".join([*sys.argv[1:], *found])); raise SystemExit(3)
"""


def test_its_processes_are_started_by_what_was_asked_for(program, tmp_path, fluid, monkeypatch):
    """Open MPI keeps to this machine, and knows of no job, where nobody asked for another."""
    program(PRINTS)
    monkeypatch.setenv("SLURM_JOB_ID", "17")

    def words(**more):
        with make_engine("cp2k", {**OPTIONS, **more, "directory": str(tmp_path)}) as engine, pytest.raises(EngineError):
            engine.calculate(fluid)
        return (tmp_path / "words").read_text().split()

    asked = words(processes=4, mpi_command=f"{tmp_path}/cp2k.psmp -n {{processes}}")
    assert asked[:2] == ["-n", "4"]
    assert asked[-1] == "SLURM_JOB_ID=17"
    alone, several = words(), words(processes=4)
    assert "OMPI_MCA_btl=self" in alone
    assert "OMPI_MCA_btl=self,vader" in several
    assert not [word for word in (*alone, *several) if word.startswith("SLURM_")]
    monkeypatch.setenv("OMPI_MCA_btl", "tcp,self")
    assert "OMPI_MCA_btl=tcp,self" in words()


def test_input_and_log_on_a_disk_that_refuses(disk, program, fluid):
    program("raise SystemExit(3)")
    place = disk.path / "work"
    with make_engine("cp2k", {**OPTIONS, "directory": str(place)}) as engine:
        for state in (disk.full, disk.read_only):
            with state(), pytest.raises(StorageError, match=r"Cannot (write|remove)"):
                engine.calculate(fluid)
    (place / "potentials").unlink()
    for state in (disk.full, disk.read_only):
        with state(), pytest.raises(StorageError, match=r"Cannot (write|remove)"):
            make_engine("cp2k", {**OPTIONS, "directory": str(place)})
