"""ABINIT as an engine: physics as of the built-in DFT, a stress that is the derivative of F, and what it refuses."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from tests.others import needs_program

from llpt.engines import make_engine
from llpt.engines.abinit import read_result
from llpt.errors import EngineError, InputError, MissingProgramError, StorageError
from llpt.structure import molecular_fluid

OPTIONS = {"electronic_temperature_k": 2000.0, "ecut_ry": 30.0, "kpoints": "mean-value"}
EV_PER_ANGSTROM3_TO_GPA = 160.21766


@pytest.fixture(scope="module")
def fluid():
    return molecular_fluid(atoms=8, density_g_per_cm3=1.0, seed=1)


def results_of(engine, atoms):
    copy = atoms.copy()
    copy.calc = engine
    names = ("free_energy", "energy", "forces", "stress")
    copy.get_forces()
    return {name: np.array(engine.get_property(name, copy)) for name in names}


@pytest.mark.peer
@needs_program("abinit")
def test_it_agrees_with_our_own_engine_at_the_same_set_up(fluid):
    with (
        make_engine("abinit", {**OPTIONS, "ecutsm_ry": 0.0}) as abinit,
        make_engine("dft", {**OPTIONS, "pseudopotential": "gth"}) as own,
    ):
        one, other = results_of(abinit, fluid), results_of(own, fluid)
        assert "ABINIT" in abinit.describe().version
    for name in ("free_energy", "energy"):
        assert one[name] == pytest.approx(other[name], abs=8 * 2e-5), name  # measured: 2e-6 eV/atom
    assert np.abs(one["forces"] - other["forces"]).max() < 1e-3  # measured: 1.2e-4 of 4.2 eV/angstrom
    assert np.abs(one["stress"] - other["stress"]).max() * EV_PER_ANGSTROM3_TO_GPA < 0.01  # measured: 5e-4 of 198 GPa


@pytest.mark.peer
@needs_program("abinit")
def test_its_stress_is_the_derivative_of_f_and_it_starts_from_the_last_orbitals(fluid, tmp_path):
    step = 0.0005  # plane waves fade in and out within 1 Ry: over larger strains F is not a parabola
    with make_engine("abinit", {**OPTIONS, "directory": str(tmp_path)}) as engine:
        middle = results_of(engine, fluid)
        free = []
        for strain in (-step, step):
            strained = fluid.copy()
            strained.set_cell(fluid.cell.array * (1.0 + strain), scale_atoms=True)
            free.append(results_of(engine, strained)["free_energy"])
        assert "irdwfk 1" in (tmp_path / "run.abi").read_text()
        engine.reset()
        assert not (tmp_path / "runi_WFK").exists()
    slope = (free[1] - free[0]) / (2.0 * step) / fluid.get_volume()
    assert slope == pytest.approx(middle["stress"][:3].sum(), rel=2e-3)  # measured: 0.04 %
    assert (tmp_path / "run.abo").exists()  # a directory that was given stays


def test_without_the_program_or_the_pseudopotential_one_sentence_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(MissingProgramError, match="ABINIT is not installed"):
        make_engine("abinit", OPTIONS)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(InputError, match="no pseudopotential file"):
        make_engine("abinit", {**OPTIONS, "pseudopotential": str(tmp_path / "H.psp8")})


def failing(place, text):
    """A program in ABINIT's place, which tells a version as ABINIT does."""
    program = place / "abinit"
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo 9.6.2 && exit\n{text}\n')
    program.chmod(0o755)
    return program


def test_a_run_that_fails_or_does_not_converge_is_an_error(monkeypatch, tmp_path, fluid):
    program = failing(tmp_path, "exit 3")
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    given = {**OPTIONS, "directory": str(tmp_path / "work")}
    with make_engine("abinit", given) as engine, pytest.raises(EngineError, match="ended with code 3"):
        results_of(engine, fluid)
    failing(tmp_path, "echo nstep= 100 was not enough SCF cycles to converge > run.abo; touch runo_GSR.nc")
    with make_engine("abinit", given) as engine, pytest.raises(EngineError, match="did not converge"):
        results_of(engine, fluid)
    assert "tsmear" in Path(tmp_path / "work/run.abi").read_text()


def test_input_and_log_on_a_disk_that_refuses(disk, monkeypatch, tmp_path, fluid):
    program = failing(tmp_path, "exit 3")
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    place = disk.path / "work"
    with make_engine("abinit", {**OPTIONS, "directory": str(place)}) as engine:
        for state in (disk.full, disk.read_only):
            with state(), pytest.raises(StorageError, match=r"Cannot (write|remove)"):
                results_of(engine, fluid)
    (place / "H.gth-pbe").unlink()
    for state in (disk.full, disk.read_only):
        with state(), pytest.raises(StorageError, match=r"Cannot (write|remove)"):
            make_engine("abinit", {**OPTIONS, "directory": str(place)})


def test_what_it_found_is_read_in_our_units(tmp_path):
    with h5py.File(tmp_path / "runo_GSR.nc", "w") as file:
        file["etotal"], file["e_entropy"] = -4.0, -0.01
        file["cartesian_forces"] = np.full((2, 3), 0.1)
        file["cartesian_stress_tensor"] = np.arange(6.0)
        file["occupations"] = np.array([[[2.0, 1.0, 0.02]]])
    result, occupation = read_result(tmp_path / "runo_GSR.nc", 1000.0)
    assert result.free_energy_ev == pytest.approx(-4.0 * 27.211386)
    assert result.energy_ev == pytest.approx(-3.99 * 27.211386)
    assert result.entropy_ev_per_k == pytest.approx(0.01 * 27.211386 / 1000.0)
    assert result.forces_ev_per_angstrom == pytest.approx(np.full((2, 3), 5.142207))
    assert result.stress_ev_per_angstrom3 == pytest.approx(np.arange(6.0) * 27.211386 / 0.529177**3, rel=1e-5)
    assert occupation == pytest.approx(0.01)
    with h5py.File(tmp_path / "empty.nc", "w"), pytest.raises(EngineError, match="not what ABINIT 9 writes"):
        read_result(tmp_path / "empty.nc", 1000.0)
