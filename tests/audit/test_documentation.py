"""The example of CONTRIBUTING.md, installed as a package."""

import re
from pathlib import Path

from llpt.audit import Thresholds, compare
from llpt.transition import locate, synthetic_isobar

DOCUMENT = Path(__file__).resolve().parents[2] / "CONTRIBUTING.md"


def located(grid, seed):
    isobar = synthetic_isobar(grid, place_k=875.0, width_k=20.0, seed=seed)
    for point in isobar.points:
        point.estimates["rdf_peak_height"] = point.estimates["rdf_peak_prominence"]
    return locate(isobar)


def test_the_criterion_and_the_comparison_of_the_documentation_work(install_package):
    text = DOCUMENT.read_text(encoding="utf-8").partition("### A criterion or a comparison\n")[2]
    code, entries = (re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL).group(1) for kind in ("python", "toml"))
    groups = {
        group: {name: place} for group, name, place in re.findall(r'entry-points\."(\S+)"\]\n"(.+)" = "(.+)"', entries)
    }
    assert set(groups) == {"llpt.criteria", "llpt.comparisons"}
    install_package("my_package", code, groups)
    grid = (700.0, 800.0, 850.0, 900.0, 950.0, 1000.0)
    sides = [[located(grid, seed)] for seed in (1, 2)]
    verdict = compare(*sides, Thresholds(also_judge=("first peak",), others={"first_peak_percent": 20.0}))
    quantities = [each.quantity for each in verdict.comparisons]
    assert "transition temperature (fluctuation maximum)" in quantities
    assert quantities.count("first peak") == len(grid)
    assert {each.threshold for each in verdict.comparisons if each.quantity == "first peak"} == {20.0}
