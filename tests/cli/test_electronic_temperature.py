"""``llpt audit electronic-temperature``: snapshots in, a table, histograms and a figure out."""

import ase.io

from llpt.cli.electronic_temperature import grid
from llpt.structure import atomic_fluid, molecular_fluid


def test_the_grid_has_both_ends_and_the_reference():
    temperatures = grid(600.0, 3000.0, 50.0, 600.0)
    assert (len(temperatures), temperatures[0], temperatures[1], temperatures[-1]) == (49, 600.0, 650.0, 3000.0)


def test_the_command_writes_a_table_and_a_figure(tmp_path, command):
    frames = [make(atoms=2, density_g_per_cm3=0.9, seed=1) for make in (molecular_fluid, atomic_fluid)]
    source = tmp_path / "snapshots.extxyz"
    ase.io.write(source, frames)
    out = tmp_path / "electrons"
    arguments = ["audit", "electronic-temperature", str(source), "-o", str(out), "--from-k", "3000", "--to-k", "6000"]
    arguments += ["--grid-k", "3000", "--reference-k", "3000", "--option", "ecut_ry=15", "--option", "kpoints=gamma"]
    code, shown, err = command(*arguments)
    assert code == 0, err
    assert "4 single points" in shown
    lines = (out / "electronic-temperature.csv").read_text().splitlines()
    assert len(lines) == 1 + 2 * 6
    assert (out / "electronic-temperature.png").is_file()
    code, _, err = command(*arguments, "--option", "xc=lda-pw92")
    assert code == 1
    assert "another calculation" in err
    code, _, err = command("audit", "electronic-temperature", str(source), "-o", str(tmp_path / "x"), "--grid-k", "0")
    assert code == 1
    assert "no grid" in err
