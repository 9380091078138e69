"""A small version of benchmarks/verdict_rates.py: on pairs of known truth the verdict is rarely wrong."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCHMARK = ROOT / "benchmarks" / "verdict_rates.py"


@pytest.fixture(scope="module")
def rates():
    spec = importlib.util.spec_from_file_location("verdict_rates", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    sys.modules["verdict_rates"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["verdict_rates"]


def said(rates, name, pairs):
    row = next(number for number, kind in enumerate(rates.KINDS) if kind.name == name)
    return [each["value"] for each in rates.judge((row, 0, pairs))]


def test_equal_isobars_are_not_called_different(rates):
    assert said(rates, "equal", 40).count("not faithful") <= 4


def test_half_of_the_equal_isobars_of_long_runs_are_proven_equal(rates):
    found = said(rates, "long runs, equal", 20)
    assert found.count("not faithful") <= 2
    assert found.count("faithful") >= 6


@pytest.mark.parametrize("how", ["unknown", "missing", "not run", "solid", "drifting"])
def test_a_difference_that_is_hidden_is_not_called_faithful(rates, how):
    hiding = [kind for kind in rates.KINDS if isinstance(kind.special, rates.Hidden) and kind.special.how == how]
    kinds = [kind for kind in hiding if kind.truth == "outside"]
    assert kinds
    for kind in kinds:
        assert said(rates, kind.name, 6).count("faithful") == 0, kind.name


def test_what_differs_at_one_state_alone_is_called_faithful_in_at_most_one_of_twenty(rates):
    """A fit of three numbers that stood for the points called a fifth of them so."""
    kinds = [kind for kind in rates.KINDS if isinstance(kind.special, rates.AtOneState)]
    assert {kind.special.quantity for kind in kinds} == {"rdf_peak_height", "density"}
    found = [value for kind in kinds for value in said(rates, kind.name, 25)]
    assert found.count("faithful") <= 0.05 * len(found)


def test_a_run_that_was_killed_goes_on_from_its_whole_lines(rates, tmp_path):
    lines = [json.dumps([[0, start, 1], [start]]) for start in (0, 1)]
    kept = tmp_path / "rates.jsonl"
    kept.write_text("\n".join([*lines, lines[0][:9]]), encoding="utf-8")
    assert rates.kept_in(kept) == {(0, 0, 1): [0], (0, 1, 1): [1]}
    assert kept.read_text(encoding="utf-8") == "".join(f"{line}\n" for line in lines)


def test_the_pages_hold_the_rates_that_are_committed():
    """Whoever commits other rates has the pages written: python benchmarks/verdict_pages.py."""
    code = "import json, verdict_pages as p; print(json.dumps(p.texts(json.loads(p.RESULTS.read_text()))))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=BENCHMARK.parent, text=True, capture_output=True, check=True)
    texts = json.loads(done.stdout)
    assert texts.pop("rates in short") in (ROOT / "README.md").read_text(encoding="utf-8")
    page = (ROOT / "docs/verdict.md").read_text(encoding="utf-8")
    for name, text in texts.items():
        assert f"<!-- {name} -->\n{text}\n<!-- end -->" in page


def test_the_page_holds_the_pulls_that_are_committed():
    command = [sys.executable, "verdict_pulls.py", "--table"]
    done = subprocess.run(command, cwd=BENCHMARK.parent, text=True, capture_output=True, check=True)
    committed = json.loads((ROOT / "docs/results/verdict-pulls.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs/verdict.md").read_text(encoding="utf-8")
    assert done.stdout in page
    assert f"{committed['date']}, `{committed['command']}`, statistics {committed['statistics']}" in page


@pytest.mark.parametrize("name", ["offset 2 %", "shift 200 K", "density jump + 2 %"])
def test_what_differs_is_never_called_equal_and_mostly_found(rates, name):
    found = said(rates, name, 30)
    assert found.count("faithful") == 0
    assert found.count("not faithful") >= 15


@pytest.mark.parametrize("name", ["sharp against w = 150 K", "enthalpy step + 20 meV/atom"])
def test_sharp_against_smooth_and_a_bias_between_the_phases_are_not_called_equal(rates, name):
    found = said(rates, name, 30)
    assert found.count("faithful") == 0
    assert found.count("not faithful") >= 5


@pytest.mark.parametrize(
    "name",
    [
        "enthalpy step + 10 meV/atom, hidden by C_P",
        "enthalpy step + 20 meV/atom, hidden by C_P",
        "long runs, enthalpy step + 10 meV/atom, hidden by C_P",
    ],
)
def test_a_latent_heat_hidden_by_another_heat_capacity_is_not_called_equal(rates, name):
    assert said(rates, name, 20).count("faithful") == 0


def test_none_of_the_pairs_made_to_hide_a_latent_heat_passes_more_often_than_once_in_twenty():
    rows = json.loads((ROOT / "docs/results/latent-heat.json").read_text(encoding="utf-8"))["rows"]
    hiding = [row for row in rows if row["latent heat, meV/atom"] > 5.0]
    assert len(hiding) == 5
    assert all(row["pairs"] >= 200 and row["faithful"] <= 0.05 * row["pairs"] for row in hiding)
    page = (ROOT / "docs/verdict.md").read_text(encoding="utf-8")
    assert all(f"| {' | '.join(str(cell) for cell in row.values())} |" in page for row in rows)
