"""Each engine is declared once: its record says all that the rest of the program knows of it."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import llpt
from llpt.engines import (
    BUILT_IN,
    TRAINED_HERE,
    Argument,
    EngineRecord,
    engine_folder,
    engine_label,
    find_engine,
)
from llpt.errors import InputError

SOURCE = Path(llpt.__file__).parent


@pytest.mark.parametrize("record", BUILT_IN.values(), ids=lambda record: record.name)
def test_a_record_names_what_is_there(record):
    for path in filter(None, (record.maker, record.probe)):
        module, _, name = path.partition(":")
        assert callable(getattr(import_module(module), name))
    if record.options is not None:
        for name, field in record.options.model_fields.items():
            assert field.description, name
        assert ("electronic_temperature_k" in record.options.model_fields) == record.thermal
        assert set(record.trial or {}) <= set(record.options.model_fields)


def test_facts_of_engines():
    thermal = {name for name, record in BUILT_IN.items() if record.thermal}
    assert thermal == {"dft", "quantum-espresso", "abinit", "cp2k", "vasp"}
    assert {name for name, record in BUILT_IN.items() if record.copied} == {"n2p2", "model", "mace"}
    assert {name for name, record in BUILT_IN.items() if record.elements == {"H"}} == {*thermal, "n2p2", "model"}
    assert all(TRAINED_HERE[name].engine in BUILT_IN for name in TRAINED_HERE)
    assert TRAINED_HERE["behler-parrinello"].spec("models/it") == "n2p2:models/it"


def test_names_in_paths_and_for_people():
    assert engine_folder("behler-parrinello") == "behler-parrinello"
    assert engine_folder("ase:engines_for_tests.Soft") == "soft"
    assert engine_label("soft") == "soft"
    assert engine_label("n2p2") == "n2p2 potential"
    with pytest.raises(InputError, match="There is no engine 'dftt'"):
        engine_folder("dftt")


def test_speeds_grow_as_they_should():
    dft = find_engine("dft").speed
    assert dft.seconds(64) == pytest.approx(0.004 + 0.022 + 0.026 + 0.0102)
    assert dft.seconds(128, plane_waves=2.0) == pytest.approx(0.004 + 2.0 * (2 * 0.022 + 4 * 0.026 + 8 * 0.0102))
    assert dft.seconds(64, kpoints=4) == pytest.approx(0.004 + 0.016 + 4 * (0.006 + 0.026 + 0.0102))
    assert find_engine("n2p2").speed.seconds(128, plane_waves=7.0) == pytest.approx(0.003 + 2 * 0.015)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"name": "My Engine"}, "no name of an engine"),
        ({"name": "a:b"}, "no name of an engine"),
        ({"maker": "somewhere"}, "no import path"),
        ({"probe": "a.b.c"}, "no import path"),
        ({"copied": True}, "no file that could be copied"),
        ({"copied": True, "argument": Argument.CLASS}, "no file that could be copied"),
        ({"thermal": True}, "without an option electronic_temperature_k"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(changed, says):
    with pytest.raises(ValueError, match=says):
        EngineRecord(**({"name": "mine", "label": "Mine", "maker": "mine:make"} | changed))


def test_asking_for_engines_and_options_imports_no_engine():
    code = """
import sys
from llpt.engines import engine_records, grammar
grammar()
assert all(record.options is None or record.options.model_json_schema() for record in engine_records().values())
print([m for m in ("torch", "mace", "lammps", "numba", "ase.calculators.vasp") if m in sys.modules])
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
