"""Entry points of other packages: found, checked, and told apart from those that cannot be used."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from llpt.errors import PluginError
from llpt.plugins import read_plugins

GROUP = "llpt.fruit"


@dataclass(frozen=True)
class Fruit:
    name: str


RECORD = """
from types import SimpleNamespace
{name} = SimpleNamespace(name="{name}", colour="{colour}")
"""


def test_nobody_adds_anything():
    found = read_plugins(GROUP, Fruit)
    assert (dict(found.records), dict(found.faults)) == ({}, {})


def test_records_of_two_packages(install_package):
    install_package("orchard_a", RECORD.format(name="pear", colour="green"), {GROUP: {"pear": "orchard_a:pear"}})
    install_package("orchard_b", RECORD.format(name="plum", colour="blue"), {GROUP: {"plum": "orchard_b:plum"}})
    found = read_plugins(GROUP, SimpleNamespace, taken=("apple",))
    assert {name: record.colour for name, record in found.records.items()} == {"pear": "green", "plum": "blue"}
    assert not found.faults
    assert read_plugins(GROUP, SimpleNamespace, taken=("apple",)) is found  # read once


@pytest.mark.parametrize(
    ("source", "entry", "value", "says"),
    [
        ("import no_such_module", "fig", "bad:fig", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise ValueError", "fig", "bad:fig", r"cannot be loaded from bad:fig: ValueError: ValueError\."),
        ("", "fig", "bad:fig", "AttributeError"),
        ("fig = 'a fruit'", "fig", "bad:fig", "bad:fig is of type str, not SimpleNamespace"),
        (RECORD.format(name="fig", colour="blue"), "apple", "bad:fig", "taken by llpt itself"),
        (RECORD.format(name="fig", colour="blue"), "date", "bad:fig", "calls itself 'fig'"),
    ],
)
def test_a_broken_one_says_so_and_leaves_the_others(install_package, source, entry, value, says):
    install_package("good", RECORD.format(name="pear", colour="green"), {GROUP: {"pear": "good:pear"}})
    install_package("bad", source, {GROUP: {entry: value}})
    found = read_plugins(GROUP, SimpleNamespace, taken=("apple",))
    assert list(found.records) == ["pear"]
    with pytest.raises(PluginError, match=says) as caught:
        raise found.faults[entry]
    assert f"Plug-in '{entry}' ({GROUP}) of package bad" in caught.value.cause
    assert "\n" not in caught.value.cause
    assert caught.value.remedy


def test_two_packages_of_one_name(install_package):
    for name in ("one", "two"):
        install_package(name, RECORD.format(name="pear", colour="green"), {GROUP: {"pear": f"{name}:pear"}})
    found = read_plugins(GROUP, SimpleNamespace)
    assert not found.records
    assert "comes from package one and package two" in found.faults["pear"].cause
