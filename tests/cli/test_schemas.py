"""The JSON schemas let pass what the program reads, and refuse what they can tell is wrong, in an editor too."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from llpt.audit import Thresholds, compare
from llpt.cli.schemas import SCHEMA_FILE, Described, schema_of
from llpt.errors import InputError, NewerFormatError
from llpt.json_schema import to_draft_4
from llpt.mlp.training.card import read_card
from llpt.study import parse_study
from llpt.study.file import STUDY_FILE_FORMAT
from llpt.study.importing import study_of_imported_runs
from llpt.study.template import study_template
from llpt.transition import locate, synthetic_isobar

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = study_template()
EXAMPLES = [path for path in ROOT.glob("examples/**/*.toml") if path.name != "pyproject.toml"]
STUDIES = sorted([*EXAMPLES, *ROOT.glob("tests/data/*.toml")])
KEYWORDS = {
    *("$schema", "title", "description", "default", "type", "enum", "allOf", "anyOf", "oneOf", "not"),
    *("properties", "patternProperties", "additionalProperties", "required", "dependencies"),
    *("items", "additionalItems", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "pattern"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
REMARKS = {"x-format", "unit", "why"}
"""What our models say beside, which readers of a schema overlook."""
TAPLO = shutil.which("taplo") or shutil.which("taplo", path=Path(sys.executable).parent)
with_taplo = pytest.mark.skipif(TAPLO is None, reason="taplo is not installed: pip install taplo")


@pytest.fixture(scope="module")
def validators():
    return {kind: Draft4Validator(schema_of(kind)) for kind in Described}


def keywords(schema):
    """Return every keyword of a schema; the names of properties are none."""
    for key, value in schema.items():
        yield key, value
        inner = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
        if key in {"properties", "patternProperties"}:
            inner = value.values()
        elif key in {"default", "enum", "required", "dependencies"}:
            inner = []
        for each in inner:
            if isinstance(each, dict):
                yield from keywords(each)


@pytest.mark.parametrize("kind", Described)
def test_a_schema_is_of_draft_4_and_says_its_format(kind):
    schema = schema_of(kind)
    Draft4Validator.check_schema(schema)
    found = list(keywords(schema))
    assert {key for key, _ in found} <= KEYWORDS | REMARKS
    assert all(isinstance(value, bool) for key, value in found if key.startswith("exclusive"))
    assert schema["x-format"] >= 1
    assert "format" in schema["properties"]


@pytest.mark.parametrize("kind", Described)
def test_nothing_is_referred_to(kind):
    """Taplo's language server, which editors run, overflows its stack on a reference inside ``allOf``."""
    assert "$ref" not in json.dumps(schema_of(kind))


@pytest.mark.parametrize("kind", Described)
def test_every_key_says_what_it_holds(kind):
    for key, value in keywords(schema_of(kind)):
        if key == "properties":
            assert all(each.get("description") for each in value.values()), value


def test_later_words_become_those_of_draft_4():
    later = {
        "$defs": {"Pair": {"prefixItems": [{"type": "string"}, {"const": 1}], "minItems": 2, "maxItems": 2}},
        "properties": {"const": {"exclusiveMinimum": 0, "exclusiveMaximum": 5}, "pair": {"$ref": "#/$defs/Pair"}},
        "dependentRequired": {"pair": ["const"]},
    }
    check = Draft4Validator(to_draft_4(later)).is_valid
    assert check({"const": 1, "pair": ["a", 1]})
    for wrong in ({"const": 0}, {"const": 5}, {"pair": ["a", 1]}, {"const": 1, "pair": ["a", 2]}):
        assert not check(wrong)


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.name)
def test_every_example_is_a_study_by_the_schema(path, validators):
    validators[Described.STUDY].validate(tomllib.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("pressures_gpa = [200.0]", "pressures_gpa = 200"),
        ("size = true", "size = false"),
        ("cooling = true", "cooling = false"),
        ("cooling = true", "cooling = { temperatures_k = [800.5, 700] }"),
        ("temperature_k = 800, atoms = [512]", "temperature_k = 800, atoms = 512"),
        ("{ temperature_k = 800, atoms = [512] }", "800"),
        ('timestep_fs = "auto"', "timestep_fs = 0.5"),
        ("ecut_ry = 60", "ecut_ry = 60.5\nbands = 40"),
        ("[tests]", '[surrogate.training]\nphase_bias_scale_ev_per_atom = "none"\nhidden_nodes = 20\n[tests]'),
        ("[tests]", "[surrogate.training]\nphase_bias_scale_ev_per_atom = 0.01\nhidden_nodes = [20, 10]\n[tests]"),
        ("density_percent = 1", 'density_percent = 1\nalso_judge = ["density maximum"]'),
        ("format = 1", ""),
    ],
)
def test_what_is_read_passes(old, new, validators):
    text = TEMPLATE.replace(old, new)
    parse_study(text)
    validators[Described.STUDY].validate(tomllib.loads(text))


def test_a_study_of_imported_runs_passes(validators):
    validators[Described.STUDY].validate(tomllib.loads(study_of_imported_runs("runs made elsewhere")))


WRONG = [
    ("seed = 1 ", 'seed = "1" '),
    ("seed = 1 ", "seed = -1 "),
    ("seed = 1 ", "seed = 1.5 "),
    ("seed = 1 ", "sead = 1 "),
    ("[200.0]", "[0.0]"),
    ("[200.0]", "[]"),
    ("[200.0]", '["200"]'),
    ("steps = 7000\ndiscard", "discard"),
    ("steps = 7000\n", "steps = 0\n"),
    ('ladder = "heating"', 'ladder = "up"'),
    ("ecut_ry = 60", "ecut_ry = 2"),
    ("ecut_ry = 60", 'ecut_ry = "60"'),
    ("size = true", "size = 1"),
    ("cooling = true", 'cooling = "yes"'),
    ("repeats = 6", "repeats = 1"),
    ("[execution]", "[executions]"),
    ("density_percent = 1", "density_percent = 0"),
    ("density_percent = 1", "confidence = 1.0"),
    ("[dynamics]", "[dynamic]"),
    ("format = 1 ", "format = 2 "),
    ("format = 1 ", "format = 0 "),
]


@pytest.mark.parametrize(("old", "new"), WRONG)
def test_what_is_wrong_is_refused_by_schema_and_program_alike(old, new, validators):
    assert old in TEMPLATE
    text = TEMPLATE.replace(old, new)
    assert not validators[Described.STUDY].is_valid(tomllib.loads(text))
    with pytest.raises(InputError):
        parse_study(text)


def verdicts():
    old = (ROOT / "tests/audit/verdict-format-1-statistics-1.json").read_text(encoding="utf-8")
    grid = (700.0, 800.0, 850.0, 900.0, 950.0, 1000.0)
    sides = [[locate(synthetic_isobar(grid, place_k=875.0, width_k=20.0, seed=seed))] for seed in (1, 2)]
    one = [[locate(synthetic_isobar((900.0, 950.0), place_k=875.0, width_k=20.0, seed=seed))] for seed in (1, 2)]
    return [old, *(compare(*pair, Thresholds(also_judge=("enthalpy",))).to_json() for pair in (sides, one))]


def test_verdicts_pass_those_with_unknown_numbers_too(validators):
    texts = verdicts()
    assert any('"NaN"' in text for text in texts)
    for text in texts:
        document = json.loads(text)
        validators[Described.VERDICT].validate(document)
        for change in ({"value": "unsure"}, {"reasons": "none"}, {"opinion": 1}, {"comparisons": [{}]}):
            assert not validators[Described.VERDICT].is_valid(document | change)


def test_a_model_card_passes(validators):
    document = json.loads((ROOT / "examples/own-potential/card.json").read_text(encoding="utf-8"))
    written = json.loads(read_card(ROOT / "examples/own-potential").model_dump_json())
    assert "format" not in document
    assert written["format"] == 1
    for card in (document, written):
        validators[Described.MODEL_CARD].validate(card)
        for change in ({"iterations": "many"}, {"settings": {"patience": 0}}, {"history": [1]}):
            assert not validators[Described.MODEL_CARD].is_valid(card | change)


def test_a_file_of_a_later_format_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(NewerFormatError, match=r"has format 2; this program reads format 1\. Update llpt"):
        parse_study(
            TEMPLATE.replace(f"format = {STUDY_FILE_FORMAT} ", f"format = {STUDY_FILE_FORMAT + 1} \nsomething = 1")
        )
    card = json.loads((ROOT / "examples/own-potential/card.json").read_text(encoding="utf-8"))
    (tmp_path / "card.json").write_text(json.dumps({"format": 2, "network": card}))
    with pytest.raises(NewerFormatError, match=r"has format 2; this program reads format 1\. Update llpt"):
        read_card(tmp_path)


def test_the_command_prints_each_schema(command):
    for arguments, kind in (((), Described.STUDY), *(((kind,), kind) for kind in Described)):
        code, out, _ = command("schema", *arguments)
        assert code == 0
        assert json.loads(out) == schema_of(kind)


@pytest.fixture
def started(tmp_path, command):
    """The study file of ``llpt init``, and a function that has Taplo check a text in its place."""
    path = tmp_path / "study.toml"
    assert command("init", path)[0] == 0

    def lint(text):
        path.write_text(text)
        return subprocess.run([TAPLO, "lint", str(path)], cwd=tmp_path, capture_output=True, text=True, check=False)

    return path, lint


def test_the_study_of_init_names_its_schema(started):
    path, _ = started
    first = path.read_text(encoding="utf-8").splitlines()[0]
    named = re.fullmatch(r"#:schema (\S+)", first)
    schema = json.loads((path.parent / named[1]).read_text(encoding="utf-8"))
    assert (path.parent / named[1]).name == SCHEMA_FILE
    assert schema == schema_of(Described.STUDY)


@with_taplo
def test_taplo_passes_the_study_of_init(started):
    path, lint = started
    assert lint(path.read_text(encoding="utf-8")).returncode == 0


@with_taplo
@pytest.mark.parametrize(("old", "new"), WRONG)
def test_taplo_refuses_what_is_wrong(started, old, new):
    _, lint = started
    done = lint(TEMPLATE.replace(old, new))
    assert done.returncode != 0
    assert "error: " in done.stderr


@with_taplo
@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.name)
def test_taplo_passes_every_example(started, path):
    _, lint = started
    done = lint(f"#:schema ./{SCHEMA_FILE}\n{path.read_text(encoding='utf-8')}")
    assert done.returncode == 0, done.stderr
