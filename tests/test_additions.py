"""How many files of the package one thing more takes, counted from the files as they are.

For each kind CONTRIBUTING.md says how it is added; here its examples are looked for. A file counts if it had to be
written or changed for the example: if its code knows the example's name or record.
"""

import re
from pathlib import Path

import pytest

import llpt

SOURCE = Path(llpt.__file__).parent
READERS_OF_FILES = ("trajectory/foreign/", "cli/importing.py", "study/imported.py")
"""They know the files that LAMMPS, VASP and pw.x write, and no engine."""
PROSE = re.compile(r'"""[\s\S]*?"""|#[^\n]*')
"""Comments and docstrings: nobody has to write them to make the thing work."""


def files_that_know(pattern):
    known = re.compile(pattern)
    return [
        path.relative_to(SOURCE).as_posix()
        for path in sorted(SOURCE.rglob("*"))
        if path.suffix in {".py", ".toml", ".json", ".html"}
        and known.search(PROSE.sub("", path.read_text(encoding="utf-8")))
    ]


def check(files, most, expected):
    assert set(expected) <= set(files)
    assert len(files) <= most, files


@pytest.mark.parametrize(
    ("word", "symbol"),
    [("mace", "MACE"), ("lammps", "LAMMPS"), ("vasp", "VASP"), ("quantum-espresso", "QUANTUM_ESPRESSO")],
)
def test_an_engine_takes_four_files_at_most(word, symbol):
    """Of an engine that is one folder (``espresso``) the files inside count each."""
    found = files_that_know(rf"""["']{re.escape(word)}["':]|\b{symbol}\b""")
    files = [path for path in found if not path.startswith(READERS_OF_FILES)]
    check(files, 4, ["engines/registry.py"])


def test_an_observable_takes_three_files_at_most():
    files = files_that_know(r"\bNEAREST_NEIGHBOUR\b|\bNearestNeighbour\b|nearest_neighbour_distance")
    check(files, 3, ["observables/nearest_neighbour.py", "observables/registry.py"])


def test_a_functional_takes_three_files_at_most():
    files = files_that_know(r"(?i)pbesol")
    check(files, 3, ["dft/functionals/pbe.py", "dft/functionals/catalogue.py"])


def test_a_criterion_takes_two_files_at_most():
    files = files_that_know(r"\bCOMPRESSIBILITY_MAXIMUM\b|compressibility maximum")
    check(files, 2, ["transition/extremum_criteria.py", "transition/criteria.py"])


def test_a_comparison_takes_three_files_at_most():
    """The enthalpy of heating; a latent heat in the same unit is an argument of others, and no key."""
    names = r"""\bENTHALPY_CHANGE\b|audit\.enthalpy\b|\benthalpy_contrasts\b|["'.]enthalpy_ev_per_atom\b"""
    files = files_that_know(names)
    check(files, 3, ["audit/enthalpy.py", "audit/thresholds.py", "audit/quantities.py"])
