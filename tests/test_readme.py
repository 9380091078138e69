"""What the README claims is what the committed results hold; its other numbers are held by the tests of their own."""

import csv
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FINDINGS = (ROOT / "docs/findings.md").read_text(encoding="utf-8")


def stored(name):
    return json.loads((ROOT / "docs/results" / name).read_text(encoding="utf-8"))


def test_the_critical_point_of_argon_is_that_of_the_committed_runs():
    point = stored("lennard-jones.json")["critical point"]
    found, literature = ([point[name][key] for name in ("temperature", "pressure")] for key in ("found", "literature"))
    known = [f"{float(value.partition(' ')[0]):.3f}" for value in literature]
    assert f"T* = {found[0]}, P* = {found[1]}; literature {known[0]}, {known[1]}" in README
    for one, other in zip(found, literature, strict=True):
        value, error = map(float, one.split(" ± "))
        assert abs(value - float(other.partition(" ")[0])) <= error


def fractions(table, engine):
    """Return the molecular fraction of each run of a heating ladder, by its temperature."""
    rows = csv.DictReader((ROOT / "docs/results" / table).read_text(encoding="utf-8").splitlines())
    chosen = [row for row in rows if row["engine"] == engine and row["test"] == "base"]
    return {float(row["temperature_k"]): float(row["molecular_fraction"]) for row in chosen}


def solid(table, kelvin):
    """Return whether the run of a table at a temperature was a solid."""
    rows = csv.DictReader((ROOT / "docs/results" / table).read_text(encoding="utf-8").splitlines())
    return next(row["solid"] for row in rows if float(row["temperature_k"]) == kelvin) == "yes"


def test_the_figure_s_caption_tells_what_the_committed_tables_do():
    small = fractions("hydrogen-64/observables.csv", "dft")
    assert "DFT (PBE) of 64 atoms keeps its molecules to 1000 K" in README
    assert small[1000] > 0.9
    assert small[1050] < 0.7
    assert "of 128 atoms it loses them at 900 K" in README
    for table, engine in (("hydrogen-128/mesh.csv", "dft"), ("hydrogen-128/pbe-v2.csv", "n2p2:pbe-v2")):
        large = fractions(table, engine)
        assert large[800] > 0.9
        assert large[900] < 0.75
    course = csv.DictReader((ROOT / "docs/results/hydrogen-128/from-800.csv").read_text(encoding="utf-8").splitlines())
    heated = [float(row["molecular_fraction"]) for row in course]
    assert heated[0] > 0.95
    assert max(heated[-3:]) < 0.85
    assert "has lost them too, out of a solid" in README
    assert solid("hydrogen-128/pbe-v2.csv", 850.0)


def test_what_64_atoms_would_decide_is_the_committed_verdict():
    verdict = stored("hydrogen-64/verdict.json")
    judged = {each["quantity"]: each["outcome"] for each in verdict["comparisons"] if each["judged"]}
    assert verdict["value"] == "not faithful"
    proven = {name for name, outcome in judged.items() if outcome == "not faithful"}
    assert proven == {"density (curve)", "first peak of g(r) (curve)"}
    assert judged["transition temperature (density jump)"] == "not resolved"
    assert "If 64 atoms may decide, the verdict is *not faithful*." in FINDINGS
