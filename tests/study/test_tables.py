"""A table of numbers against the one made anew."""

import pytest

from llpt.study.tables import difference_of_tables

STORED = "run,density (g/cm^3),solid\nT900,0.98765432,no\nT1000,,\n"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("", "", ""),
        ("0.98765432", "0.98765433", ""),
        ("0.98765432", "0.98766432", "row 1 (T900), density (g/cm^3): 0.98765432, 0.98766432 made anew"),
        ("T1000,,", "T1000,0.9,", "row 2 (T1000), density (g/cm^3): nothing, 0.9 made anew"),
        ("no", "yes", "row 1 (T900), solid: no, yes made anew"),
        ("T1000,,\n", "", "2 rows, 1 when made anew"),
    ],
)
def test_the_first_difference_is_named(old, new, says):
    assert difference_of_tables(STORED, STORED.replace(old, new) if old else STORED) == says


def test_a_column_of_another_version_is_passed_over():
    assert not difference_of_tables(STORED, "run,density (g/cm^3),solid,more\nT900,0.98765432,no,1\nT1000,,,2\n")


def test_a_table_without_its_names_is_none():
    assert difference_of_tables("density\n1\n", "run,density\nT900,1\n") == "column run is missing"
