"""A temperature that is changed on the way, or held by nothing, is none that a run can be filed under."""

import gzip
import shutil
from pathlib import Path

import pytest
from tests.trajectory.foreign.test_lammps_runs import opened, run

from llpt.errors import InputError
from llpt.trajectory.foreign import open_foreign
from llpt.trajectory.foreign.statements import FactCheck, check_one_state

DATA = Path(__file__).parent / "data"


def pw(place, controlled):
    text = (DATA / "pw-md.out").read_text()
    assert "temperature is set once at start" in text
    place.write_text(text.replace("temperature is set once at start", f"temperature is controlled by {controlled}"))
    return open_foreign([place]).facts


def cp2k(place, old, new):
    for name in ("h-pos-1.xyz", "h-1.cell", "h-1.ener"):
        shutil.copy(DATA / name, place)
    text = gzip.decompress((DATA / "h.out.gz").read_bytes()).decode()
    assert old in text
    (place / "h.out").write_text(text.replace(old, new))
    return open_foreign([place / name for name in ("h-pos-1.xyz", "h-1.cell", "h-1.ener", "h.out")]).facts


def refused(facts):
    """Whether its files say that it is of no one state."""
    with pytest.raises(InputError, match=r"The temperature of it is changed on the way, by .*: no equilibrium run"):
        check_one_state(facts, "it")
    check_one_state(facts, "it", despite={FactCheck.DRIFT})
    return facts.temperature_k is None


def test_pw_holds_a_temperature_or_changes_it(tmp_path):
    held = pw(tmp_path / "held.out", "stochastic velocity rescaling")
    assert (held.temperature_k, held.annealed) == (900.0, None)
    for how in ("rescale-T", "reduce-T"):
        assert refused(pw(tmp_path / f"{how}.out", f"velocity rescaling ({how})"))
    assert pw(tmp_path / "rescale-v.out", "velocity rescaling (rescale-v)").temperature_k == 900.0


def test_cp2k_says_that_it_anneals_and_what_holds_its_temperature(tmp_path):
    line = " MD_PAR| Temperature [K] "
    assert refused(cp2k(tmp_path, line, f" MD_PAR| Annealing ion factor 0.999000\n{line}"))
    assert cp2k(tmp_path, line, f" MD_PAR| Annealing ion factor 1.000000\n{line}").temperature_k == 900.0
    for ensemble, kelvin in (("NPE_I", None), ("NVE  ", None), ("NPT_F", 900.0)):
        assert cp2k(tmp_path, "NPT_I", ensemble).temperature_k == kelvin


def test_cp2k_scales_velocities_back_within_a_tolerance(tmp_path):
    text = "Temperature tolerance [K]                                      0.000000"
    facts = cp2k(tmp_path, text, text.replace("0.000000", "50.00000"))
    assert facts.temperature_k == 900.0
    for name in ("held", "free"):
        (tmp_path / name).mkdir()
    both = cp2k(tmp_path / "free", "NPT_I", "NVE")
    assert both.temperature_k is None
    output = (tmp_path / "free/h.out").read_text().replace(text, text.replace("0.000000", "50.00000"))
    (tmp_path / "free/h.out").write_text(output)
    files = [tmp_path / "free" / name for name in ("h-pos-1.xyz", "h-1.cell", "h-1.ener", "h.out")]
    assert open_foreign(files).facts.temperature_k == 900.0


def ipi(place, temperatures):
    shutil.copy(DATA / "run.pos_0.xyz", place)
    lines = (DATA / "run.out").read_text().splitlines()
    heads = [line for line in lines if line.startswith("#")]
    rows = [line for line in lines if not line.startswith("#")]
    columns = len(rows[0].split()) + 1
    heads.append(f"# column   {columns}     --> ensemble_temperature{{kelvin}} : of the ensemble")
    rows = [f"{row} {temperatures(number)}" for number, row in enumerate(rows)]
    (place / "run.out").write_text("\n".join([*heads, *rows]) + "\n")
    return open_foreign([place / "run.pos_0.xyz", place / "run.out"]).facts


def test_the_temperature_in_a_table_of_ipi_is_held_or_changes(tmp_path):
    assert open_foreign([DATA / "run.pos_0.xyz", DATA / "run.out"]).facts.temperature_k is None
    assert ipi(tmp_path, lambda _: 900.0).temperature_k == 900.0
    assert ipi(tmp_path, lambda _: -1.0).temperature_k is None
    changed = ipi(tmp_path, lambda number: 900.0 if number < 2 else 1100.0)
    assert (changed.temperature_k, changed.temperature_ramp_k) == (None, (900.0, 1100.0))
    with pytest.raises(InputError, match="The thermostat of it goes from 900 to 1100 K"):
        check_one_state(changed, "it")


@pytest.mark.parametrize("where", ["kk", "omp", "gpu", "intel"])
def test_a_ramp_of_lammps_is_seen_whatever_it_runs_on(tmp_path, where):
    steps = range(0, 101, 10)
    facts = opened(tmp_path, run(f"fix 1 all nvt/{where} temp 300 900 0.1", steps, energy=-1.0), steps).facts
    assert facts.temperature_ramp_k == (300.0, 900.0)
    assert facts.constant_volume
