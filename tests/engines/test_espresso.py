"""Quantum ESPRESSO over the socket: agreement with independent numbers, and every way it can fail."""

import json
import os
import shutil
import stat
import sys
import time
from typing import ClassVar

import numpy as np
import pytest
from ase import Atoms
from tests.others import needs_program

from llpt.dft.settings import PressureCorrection
from llpt.engines import Purpose, make_engine
from llpt.engines.espresso import EspressoOptions, gth_upf
from llpt.engines.espresso_process import last_scf_report
from llpt.errors import EngineError, InputError, MissingProgramError
from llpt.structure import atomic_fluid, molecular_fluid
from llpt.units import (
    BOHR_TO_ANGSTROM,
    EV_PER_ANGSTROM3_TO_GPA,
    HARTREE_PER_BOHR3_TO_GPA,
    HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM,
    HARTREE_TO_EV,
)

needs_pw = needs_program("pw.x")
QUICK = {"ecut_ry": 25, "electronic_temperature_k": 3000, "pseudopotential": "gth"}


@pytest.fixture
def fluid():
    return molecular_fluid(atoms=8, seed=2, wigner_seitz_radius=1.5)


@pytest.fixture
def quick():
    with make_engine("quantum-espresso", QUICK) as engine:
        yield engine


@pytest.mark.peer
@pytest.mark.slow
@needs_pw
class TestAgreement:
    @pytest.mark.parametrize(
        ("case", "program"),
        [
            ("mol-cubic-16", "abinit_gth_pbe_ecut30Ha"),
            ("mix-tric-16", "abinit_gth_pbe_ecut30Ha"),
            ("mix-tric-16", "qe_paw_pbe_ecut80Ry"),
            ("atom-hot-16", "qe_paw_pbe_ecut80Ry"),
        ],
    )
    def test_reference_values(self, reference_directory, case, program):
        reference = json.loads((reference_directory / "dft.json").read_text())[case]
        atoms = Atoms(
            "H" * reference["n_atoms"],
            positions=np.array(reference["positions_bohr"]) * BOHR_TO_ANGSTROM,
            cell=np.array(reference["cell_bohr"]) * BOHR_TO_ANGSTROM,
            pbc=True,
        )
        gth = program.startswith("abinit")
        options = {
            "electronic_temperature_k": reference["Te_K"],
            "ecut_ry": 60 if gth else 80,
            "pseudopotential": "gth" if gth else "paw",
            "kpoints": ",".join(map(str, reference["kpoint_fractional"])),
            "bands": reference["n_bands"] if gth else "auto",
        }
        try:
            made = make_engine("quantum-espresso", options)
        except MissingProgramError as error:  # the PAW set is a package of its own
            pytest.skip(str(error))
        with made as engine:
            engine.calculate(atoms)
        results, expected = engine.results, reference[program]
        # Another program with the same analytic pseudopotential agrees to 1e-7 Ha/atom, the same program to rounding.
        per_atom = (results["free_energy"] / HARTREE_TO_EV - expected["energy_Ha"]) / len(atoms)
        assert abs(per_atom) < (2e-7 if gth else 1e-9)
        forces = results["forces"] / HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM
        assert np.allclose(forces, expected["forces_Ha_per_bohr"], atol=1e-5)
        stress = results["stress"] * EV_PER_ANGSTROM3_TO_GPA
        assert np.allclose(
            stress, np.array(expected["stress_Ha_per_bohr3_voigt"]) * HARTREE_PER_BOHR3_TO_GPA, atol=0.02
        )
        assert results["entropy"] >= 0
        assert results["energy"] >= results["free_energy"]

    def test_entropy_is_minus_the_derivative_by_temperature(self):
        atoms = atomic_fluid(atoms=8, seed=1, wigner_seitz_radius=1.5)
        free, entropy = {}, 0.0
        for temperature in (9800, 10000, 10200):
            with make_engine("quantum-espresso", {**QUICK, "electronic_temperature_k": temperature}) as engine:
                engine.calculate(atoms)
                free[temperature] = engine.results["free_energy"]
                entropy = engine.results["entropy"] if temperature == 10000 else entropy
        assert entropy == pytest.approx(-(free[10200] - free[9800]) / 400, rel=1e-3)

    def test_agrees_with_the_built_in_engine(self, fluid):
        results = []
        for spec in ("quantum-espresso", "dft"):
            options = {**QUICK, "ecut_ry": 40, "bands": 12}
            with_close = make_engine(spec, options)
            with_close.calculate(fluid)
            results.append(dict(with_close.results))
            with_close.close()
        pw, own = results
        assert pw["free_energy"] == pytest.approx(own["free_energy"], abs=2e-5 * len(fluid))
        assert np.allclose(pw["forces"], own["forces"], atol=2e-3)
        assert np.allclose(pw["stress"], own["stress"], atol=0.05 / EV_PER_ANGSTROM3_TO_GPA)
        assert pw["entropy"] == pytest.approx(own["entropy"], abs=1e-9)


@pytest.mark.peer
@pytest.mark.slow
@needs_pw
class TestPressureCorrection:
    """Of F and stress at a fixed set of plane waves, to the nominal cutoff."""

    CORRECTED: ClassVar = {**QUICK, "ecut_ry": 40, "pressure_correction": "finite-basis"}

    @staticmethod
    def results(spec, options, atoms):
        with make_engine(spec, options) as engine:
            engine.calculate(atoms)
            return dict(engine.results)

    @pytest.mark.parametrize("kpoints", ["gamma", "0.25,0.25,0.25;0.5,0.5,0.5"])
    def test_agrees_with_that_of_the_built_in_engine(self, kpoints):
        """Which finds it by perturbation theory. Sets of plane waves jump by shells, most in a small cell at Gamma."""
        atoms = molecular_fluid(atoms=16, seed=2, wigner_seitz_radius=1.5)
        options = {**self.CORRECTED, "kpoints": kpoints}
        pw, own = (self.results(spec, options, atoms) for spec in ("quantum-espresso", "dft"))
        assert pw["free_energy"] == pytest.approx(own["free_energy"], abs=5e-4 * len(atoms))
        after, others, before = (
            -result[name][:3].mean() * EV_PER_ANGSTROM3_TO_GPA
            for result, name in ((pw, "stress"), (own, "stress"), (pw, "stress_uncorrected"))
        )
        assert others - before > 10.0
        assert after == pytest.approx(others, abs=0.15 * (others - before))

    def test_pressure_is_the_derivative_of_f_at_a_held_cutoff(self, fluid):
        """By energies of pw.x alone, uncorrected, at a cutoff where their sets of plane waves jump little."""
        free, volumes = [], []
        for scale in (0.97, 1.03):
            strained = fluid.copy()
            strained.set_cell(fluid.cell.array * scale, scale_atoms=True)
            free.append(self.results("quantum-espresso", {**QUICK, "ecut_ry": 40}, strained)["free_energy"])
            volumes.append(strained.get_volume())
        slope = -(free[1] - free[0]) / (volumes[1] - volumes[0]) * EV_PER_ANGSTROM3_TO_GPA
        result = self.results("quantum-espresso", self.CORRECTED, fluid)
        after, before = (
            -result[name][:3].mean() * EV_PER_ANGSTROM3_TO_GPA for name in ("stress", "stress_uncorrected")
        )
        assert abs(after - slope) < 0.3 * abs(before - slope)

    def test_no_second_process_runs_beside_it(self, fluid):
        """A launcher that has room for one only would wait without end."""
        with make_engine("quantum-espresso", self.CORRECTED) as engine:
            alive = []
            measured = engine._process_for

            def started(*given):
                alive.append(engine._process)
                return measured(*given)

            engine._process_for = started
            engine.calculate(fluid)
            assert alive == [None, None, None]
            first = engine.results["free_energy"]
            near = fluid.copy()
            near.positions += 1e-6
            engine.calculate(near)  # pw.x is started again, with the same plane waves and their term
            assert engine.results["free_energy"] == pytest.approx(first, abs=1e-5)
            assert alive == [None] * 4

    def test_the_log_that_a_message_names_is_kept(self, fluid):
        with make_engine("quantum-espresso", self.CORRECTED) as engine:
            engine.calculate(fluid)
            engine._term = None
            engine._pseudopotential = engine._workplace / "H.gone.UPF"
            with pytest.raises(EngineError):
                engine._at(45.0, fluid)
        assert (engine._workplace / "other-cutoff" / "pw.out").is_file()
        shutil.rmtree(engine._workplace)


class TestPurpose:
    @pytest.mark.parametrize("purpose", Purpose)
    def test_the_correction_is_on_where_pressure_is_held_and_in_labels(self, purpose):
        options = EspressoOptions(electronic_temperature_k=1000)
        on = purpose in {Purpose.CONSTANT_PRESSURE, Purpose.LABELS}
        assert (options.made_for(purpose).pressure_correction is PressureCorrection.FINITE_BASIS) == on

    def test_what_is_given_holds(self):
        options = EspressoOptions(electronic_temperature_k=1000, pressure_correction=PressureCorrection.NONE)
        assert options.made_for(Purpose.CONSTANT_PRESSURE) == options


@pytest.mark.peer
@pytest.mark.slow
@needs_pw
class TestProcess:
    def test_two_processes_agree_with_one(self, fluid, quick):
        quick.calculate(fluid)
        with make_engine("quantum-espresso", {**QUICK, "processes": 2}) as engine:
            engine.calculate(fluid)
        assert engine.results["free_energy"] == pytest.approx(quick.results["free_energy"], abs=1e-6)

    def test_small_steps_keep_the_process_and_a_drifted_volume_renews_it(self, fluid, quick):
        quick.calculate(fluid)
        first = quick._process
        near = fluid.copy()
        near.set_cell(fluid.cell.array * 1.01, scale_atoms=True)
        quick.calculate(near)
        assert quick._process is first
        far = fluid.copy()
        far.set_cell(fluid.cell.array * 1.02, scale_atoms=True)
        quick.calculate(far)
        assert quick._process is not first
        renewed = quick.results["free_energy"]
        quick.reset()
        quick.calculate(far)
        assert renewed == pytest.approx(quick.results["free_energy"], abs=1e-5)

    def test_restart_goes_on_with_the_plane_waves_of_the_run(self, fluid, quick, tmp_path):
        quick.calculate(fluid)
        near = fluid.copy()
        near.set_cell(fluid.cell.array * 1.015, scale_atoms=True)
        quick.calculate(near)
        undisturbed = quick.results["free_energy"]
        quick.save_state(tmp_path / "state")
        with make_engine("quantum-espresso", QUICK) as restarted:
            restarted.load_state(tmp_path / "state")
            restarted.calculate(near)
            assert restarted.results["free_energy"] == pytest.approx(undisturbed, abs=1e-5)
            restarted.reset()
            restarted.calculate(near)
            # With plane waves of its own the energy is another: what a restart without the state would jump by.
            assert abs(restarted.results["free_energy"] - undisturbed) > 1e-3

    def test_bands_are_added_until_the_last_is_empty(self):
        hot = atomic_fluid(atoms=8, seed=1, wigner_seitz_radius=1.6)
        free = {}
        for bands in ("auto", 40):
            options = {**QUICK, "electronic_temperature_k": 15000, "bands": bands}
            with make_engine("quantum-espresso", options) as engine:
                engine.calculate(hot)
                free[bands] = engine.results["free_energy"]
        assert free["auto"] == pytest.approx(free[40], abs=1e-3)

    def test_killed_process_is_an_error_and_the_engine_recovers(self, fluid):
        with make_engine("quantum-espresso", QUICK) as engine:
            engine.calculate(fluid)
            before = engine.results["free_energy"]
            engine._process._process.kill()
            engine._process._process.wait()
            moved = fluid.copy()
            moved.positions += 0.001
            engine.calculate(moved)  # tried once more from a fresh start
            assert engine.results["free_energy"] == pytest.approx(before, abs=1e-3)

    def test_no_convergence_is_an_error(self, fluid):
        with make_engine("quantum-espresso", {**QUICK, "conv_thr_ry": 1e-300}) as engine:
            with pytest.raises(EngineError, match="did not converge within 100 iterations"):
                engine.calculate(fluid)
            assert engine.results == {}
            shutil.rmtree(engine._workplace)

    def test_nothing_is_left_behind(self, fluid):
        engine = make_engine("quantum-espresso", QUICK)
        engine.calculate(fluid)
        directory, process = engine._workplace, engine._process._process
        engine.close()
        assert not directory.exists()
        assert process.poll() is not None


def write_program(path, text):
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


ANSWERING = """#!{python}
import sys
import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.socketio import SocketClient

class Answer(Calculator):
    implemented_properties = ["energy", "free_energy", "forces", "stress"]
    def calculate(self, atoms=None, properties=(), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        self.results = dict(energy=1.0, free_energy=1.0, forces=np.full((8, 3), {value}), stress=np.zeros(6))

atoms = Atoms("H8", positions=np.arange(24.0).reshape(8, 3), cell=[9, 9, 9], pbc=True, calculator=Answer())
name = sys.argv[sys.argv.index("--ipi") + 1].split(":")[0]
SocketClient(unixsocket=name).run(atoms, use_stress=True)
"""


class TestFailures:
    """Programs that stand in for pw.x and fail: no Quantum ESPRESSO is needed for these."""

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("#!/bin/sh\necho broken library >&2\nexit 1\n", "died without a result. Its message: broken library"),
            (
                f"#!/bin/sh\ncat <<END\n {'%' * 40}\n  Error in routine cdiaghg (12):\n  S matrix not\nEND\nexit 1\n",
                "stopped in cdiaghg: S matrix not",
            ),
            (
                "#!/bin/sh\necho '     convergence NOT achieved after 100 iterations: stopping'\nexit 2\n",
                "did not converge within 100 iterations",
            ),
        ],
    )
    def test_death(self, tmp_path, monkeypatch, fluid, text, says):
        write_program(tmp_path / "pw.x", text)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        began = time.monotonic()
        engine = make_engine("quantum-espresso", {**QUICK, "directory": str(tmp_path / "work")})
        with pytest.raises(EngineError, match=says):
            engine.compute(fluid, [])
        assert (tmp_path / "work" / "pw.out").exists()
        assert time.monotonic() - began < 120  # noticed at once, where an answer is waited for without end

    @pytest.mark.parametrize(
        ("value", "says"), [("float('nan')", "not finite, or an answer out of turn"), ("1.0", "did not write its log")]
    )
    def test_answers_that_cannot_be_used(self, tmp_path, monkeypatch, fluid, value, says):
        write_program(tmp_path / "pw.x", ANSWERING.format(python=sys.executable, value=value))
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setattr("llpt.engines.espresso_process.PATIENCE_S", 0.5)
        engine = make_engine("quantum-espresso", {**QUICK, "directory": str(tmp_path / "work")})
        with pytest.raises(EngineError, match=says):
            engine.compute(fluid, [])
        assert engine._process is None

    def test_a_socket_that_is_cut_is_an_error_and_ends_the_program(self, tmp_path, monkeypatch, fluid):
        lines = (
            "#!{python}",
            "import socket, sys, time",
            "from ase.calculators.socketio import actualunixsocketname",
            "line = socket.socket(socket.AF_UNIX)",
            "line.connect(actualunixsocketname(sys.argv[sys.argv.index('--ipi') + 1].split(':')[0]))",
            "line.recv(12)",
            "line.close()",
            "time.sleep(3600)",
        )
        write_program(tmp_path / "pw.x", "\n".join(lines).format(python=sys.executable))
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        processes = []
        monkeypatch.setattr(
            "llpt.engines.espresso_process._end", lambda process: (processes.append(process), process.kill())
        )
        engine = make_engine("quantum-espresso", {**QUICK, "directory": str(tmp_path / "work")})
        with pytest.raises(EngineError, match=r"pw\.x died without a result"):
            engine.compute(fluid, [])
        assert engine._process is None
        (ended,) = processes
        assert ended.wait(60) < 0

    def test_paw_set_that_is_nowhere(self, monkeypatch, tmp_path):
        write_program(tmp_path / "pw.x", "#!/bin/sh\n")
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("ESPRESSO_PSEUDO", str(tmp_path))
        monkeypatch.setattr("llpt.engines.espresso.PAW_FILE", "H.nowhere.UPF")
        with pytest.raises(MissingProgramError, match=r"H\.nowhere\.UPF is not in"):
            make_engine("quantum-espresso", {**QUICK, "pseudopotential": "paw"})

    def test_pseudopotentials_that_are_none(self, monkeypatch, tmp_path):
        write_program(tmp_path / "pw.x", "#!/bin/sh\n")
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        with pytest.raises(InputError, match="no pseudopotential file"):
            make_engine("quantum-espresso", {**QUICK, "pseudopotential": str(tmp_path / "H.UPF")})
        (tmp_path / "H.UPF").write_text("not one\n")
        with pytest.raises(InputError, match="is not a UPF file"):
            make_engine("quantum-espresso", {**QUICK, "pseudopotential": str(tmp_path / "H.UPF")})

    def test_too_few_bands(self, monkeypatch, tmp_path, fluid):
        write_program(tmp_path / "pw.x", "#!/bin/sh\n")
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        engine = make_engine("quantum-espresso", {**QUICK, "bands": 3})
        with pytest.raises(InputError, match="cannot hold the electrons of 8 atoms"):
            engine.compute(fluid, [])
        engine.close()

    def test_damaged_state(self, monkeypatch, tmp_path):
        write_program(tmp_path / "pw.x", "#!/bin/sh\n")
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        (tmp_path / "state").write_text("{}")
        with make_engine("quantum-espresso", QUICK) as engine, pytest.raises(InputError, match="is not a state"):
            engine.load_state(tmp_path / "state")


LOG = """     End of self-consistent calculation

          k = 0.2500 0.2500 0.2500 (  1791 PWs)   bands (ev):

   -14.8537  -9.5944  -6.4098  -3.9481  -1.8046   2.2165   3.2714   4.7610
     8.6116  10.6015  13.2687-114.9179

     the Fermi energy is     6.6970 ev

!    total energy              =     -16.83082227 Ry
     estimated scf accuracy    <          3.0E-09 Ry
     smearing contrib. (-TS)   =      -0.00012000 Ry
     internal energy E=F+TS    =     -16.83070227 Ry

     convergence has been achieved in   7 iterations
"""


def test_log():
    report = last_scf_report("x\n" + LOG.replace("-16.83082227", "-15.0") + LOG)
    assert report.free_energy_ry == -16.83082227
    assert report.smearing_ry == -0.00012
    assert (report.fermi_ev, report.highest_band_ev, report.iterations) == (6.697, -114.9179, 7)
    assert report.plane_waves == (1791,)
    assert report.highest_occupation(1000) == 1.0
    assert last_scf_report(LOG[:-30]) is None
    with pytest.raises(ValueError, match="smearing"):
        last_scf_report(LOG.replace("smearing", "smear"))


def test_gth_file_holds_the_analytic_potential():
    text = gth_upf()

    def column(tag):
        return np.array(text.split(f"<{tag} ")[1].split(">", 1)[1].split("</", 1)[0].split(), dtype=float)

    r, v = column("PP_R"), column("PP_LOCAL")
    # V(0) = -2/(sqrt(2 pi) r_loc) + c1 (Hartree), and -1/r outside; Rydberg in the file.
    assert v[0] == pytest.approx(2 * (-np.sqrt(2 / np.pi) / 0.2 - 4.17890044), rel=1e-6)
    assert np.allclose(v[r > 3], -2 / r[r > 3], rtol=1e-12)
    assert np.sum(column("PP_RHOATOM") * column("PP_RAB")) == pytest.approx(1.0, abs=1e-6)
