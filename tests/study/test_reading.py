"""A study file is read as a whole; what is wrong with it is one sentence that names key, value and what is allowed."""

import tomllib

import pytest

from llpt.errors import InputError
from llpt.study import parse_study, read_study
from llpt.study.lines import key_lines

GOOD = """
[study]
name = "test"
[system]
atoms = [256, 512]
[state]
pressures_gpa = [200.0]
temperatures_k = [700, 800]
[dynamics]
steps = 7000
[reference]
engine = "dft"
[surrogate]
engine = "behler-parrinello"
train = "reference"
[tests]
size = true
duration = { repeats = 6, steps = 7000 }
cooling = true
fixed_electronic_temperature = 800
"""


def refused(change: str, by: str) -> InputError:
    assert change in GOOD
    with pytest.raises(InputError) as caught:
        parse_study(GOOD.replace(change, by), name="study.toml")
    error = caught.value
    assert "\n" not in error.cause
    assert "\n" not in error.remedy
    assert error.cause.startswith("study.toml")
    assert error.remedy
    return error


def test_a_good_file_is_read():
    study = parse_study(GOOD)
    assert study.system.atoms == (256, 512)
    assert study.state.lines()[0].pressure_gpa == 200.0
    assert study.reference.electronic_temperature == "ionic"
    assert study.tests.fixed_electronic_temperature.temperature_k == 800
    assert study.tests.cooling is not None
    assert study.tests.start is None


def test_a_lone_value_is_a_list_of_one():
    study = parse_study(GOOD.replace("[256, 512]", "256").replace("size = true", "size = false"))
    assert study.system.atoms == (256,)


@pytest.mark.parametrize(
    ("change", "by", "key", "hint"),
    [
        ("pressures_gpa = [", "pressures = [", "pressures in [state]", "Did you mean pressures_gpa?"),
        ("steps = 7000\n[ref", "stepz = 7000\n[ref", "stepz in [dynamics]", "Did you mean steps?"),
        ("[dynamics]", "[dynamix]", "no key dynamix", "Did you mean dynamics?"),
        ('engine = "dft"', 'engine = "dft"\nelectronic_temperatur = 1', "electronic_temperatur in", "Did you mean"),
        ("repeats = 6", "repets = 6", "repets in [tests.duration]", "Did you mean repeats?"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_known_one(change, by, key, hint):
    error = refused(change, by)
    assert key in error.cause
    assert hint in error.remedy


@pytest.mark.parametrize(
    ("change", "by", "key", "allowed"),
    [
        ("[700, 800]", "[700, -800]", "state.temperatures_k[1] = -800", "above 0"),
        ("[700, 800]", "[0, 800]", "state.temperatures_k[0] = 0", "above 0"),
        ("[700, 800]", "[700, nan]", "state.temperatures_k[1] = NaN", "temperatures in K"),
        ("[700, 800]", "[]", "state.temperatures_k = []", "temperatures in K"),
        ("[700, 800]", '["700 K", 800]', 'state.temperatures_k[0] = "700 K"', "temperatures in K"),
        ("[200.0]", '["200 GPa"]', 'state.pressures_gpa[0] = "200 GPa"', "pressures in GPa"),
        ("[200.0]", "[2e5]", "state.pressures_gpa[0] = 200000.0", "at most 10000"),
        ("[256, 512]", "[256, 0]", "system.atoms[1] = 0", "at least 2"),
        ("steps = 7000\n[ref", "steps = 0.5\n[ref", "dynamics.steps = 0.5", "number of MD steps"),
        ("steps = 7000\n[ref", "steps = 7000\ntimestep_fs = 25\n[ref", "dynamics.timestep_fs = 25", '"auto"'),
        ("steps = 7000\n[ref", 'steps = 7000\nensemble = "npz"\n[ref', 'dynamics.ensemble = "npz"', '"npt"'),
        ('engine = "dft"', 'engine = "dft"\necut_ry = 1', "reference.ecut_ry = 1", "from 5 to 1000"),
        ('engine = "dft"', 'engine = "dft"\nelectronic_temperature = -1', "electronic_temperature = -1", "ionic"),
        ("cooling = true", "cooling = 7", "tests.cooling = 7", "true, false, or a table"),
        ("repeats = 6", "repeats = 1", "tests.duration.repeats = 1", "2 to 1000"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(change, by, key, allowed):
    error = refused(change, by)
    assert key in error.cause
    assert allowed in error.remedy


@pytest.mark.parametrize(
    ("change", "by", "said"),
    [
        ("steps = 7000\n[ref", "steps = 700\n[ref", "leaves nothing to average"),
        ("[256, 512]", "256", "compares sizes"),
        ("cooling = true", "cooling = { atoms = 64 }", "tests.cooling.atoms the value 64"),
        ("cooling = true", "cooling = { pressures_gpa = 150 }", "tests.cooling.pressures_gpa the value 150"),
        ("steps = 7000\n[ref", 'steps = 7000\nensemble = "nvt"\n[ref', "of another kind"),
        ("pressures_gpa = [200.0]", "pressures_gpa = [200.0, 200]", "twice"),
        ("[700, 800]", "[700, 700.0]", "twice"),
        ("pressures_gpa = [200.0]", "pressures_gpa = [200.0]\nrs = [1.4]", "pressures_gpa and rs"),
        ('train = "reference"', 'train = "reference"\npath = "x"', "both train and path"),
        ('train = "reference"', "", "does not say where the potential"),
        ('[reference]\nengine = "dft"', "", "no reference"),
        ('engine = "dft"', 'engine = "ase:ase.calculators.lj.LennardJones"', "have no temperature"),
        ('engine = "dft"', 'engine = "dftt"', '[reference.engine] asks for engine "dftt", which there is not'),
        ('"behler-parrinello"\ntrain = "reference"', '"behler"', '[surrogate.engine] asks for engine "behler"'),
        ("size = true", 'engine = [{ engine = "abinit" }, { engine = "abinit", atoms = 256 }]', "abinit twice"),
        ("size = true", 'engine = { engine = "dft" }', "which is the reference's"),
        ("size = true", 'engine = { engine = "espresso" }', '[tests.engine] asks for engine "espresso"'),
    ],
)
def test_what_cannot_both_hold_is_refused(change, by, said):
    assert said in refused(change, by).cause


@pytest.mark.parametrize("character", ["\\n", "\\r", "\\t", "\\u001b[31m", "\\u0085", "\\u2028"])
def test_a_name_is_a_sentence_on_one_line(character):
    error = refused('name = "test"', f'name = "a{character}b"')
    assert error.cause == "study.toml, line 3: [study.name] holds a line break or another control character."
    assert error.remedy == "Give a sentence on one line."


def test_a_name_may_hold_what_any_line_holds():
    name = "Wasserstoff bei 100\N{NO-BREAK SPACE}GPa, 水素, naïve, [bold]x[/], \N{WOMAN}\N{ZERO WIDTH JOINER}"
    assert parse_study(GOOD.replace('name = "test"', f'name = "{name}"')).study.name == name


def test_a_missing_key_is_named():
    error = refused('name = "test"', "")
    assert "[study] lacks name" in error.cause
    assert error.cause.startswith("study.toml, line 2: ")


@pytest.mark.parametrize(
    ("change", "by", "line"),
    [
        ("repeats = 6", "repets = 6", 18),
        ("[700, 800]", "[\n 700, # first\n\n -800,\n]", 11),
        ("[256, 512]", "[[\n256], 512]", 6),
        ("steps = 7000\n[ref", "steps = 700\n[ref", 9),
        ("cooling = true", "cooling = { atoms = 64 }", 19),
        ("cooling = true", "cooling.atoms = 64", 19),
        ('name = "test"', 'name = """\na\nb"""\nsede = 1', 6),
        (
            "[state]\npressures_gpa = [200.0]",
            "[[state.isobars]]\npressure_gpa = 1\ntemperatures_k = 7\n[[state.isobars]]\npressure_gpa = -7",
            10,
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(change, by, line):
    assert refused(change, by).cause.startswith(f"study.toml, line {line}: ")


def test_toml_that_is_none_is_refused_with_the_line(tmp_path):
    assert "line 3" in refused('name = "test"', "name = test").cause
    with pytest.raises(InputError, match="does not exist"):
        read_study(tmp_path / "none.toml")


def test_isobars_may_have_their_own_temperatures_and_sizes():
    text = GOOD.replace(
        "pressures_gpa = [200.0]\ntemperatures_k = [700, 800]",
        """[[state.isobars]]
pressure_gpa = 200.0
temperatures_k = [700, 800]
[[state.isobars]]
pressure_gpa = 300.0
temperatures_k = [500, 600, 700]
atoms = [256]""",
    )
    study = parse_study(text)
    first, second = study.state.lines()
    assert study.sizes(first) == (256, 512)
    assert study.sizes(second) == (256,)
    assert second.temperatures_k == (500.0, 600.0, 700.0)


def test_lines_of_a_long_array_are_found_without_reading_it_again_for_each(monkeypatch):
    parsed = []
    loads = tomllib.loads
    monkeypatch.setattr("llpt.study.lines.tomllib.loads", lambda text: parsed.append(len(text)) or loads(text))
    many = "".join(f" [{number}, 2], # ]\n" for number in range(200))
    text = f'a = 1\nb = [\n "], #",\n{many}]\nc = """\n[\n"""\nd = {{ e = [1] }}\n'
    lines = key_lines(text)
    assert (lines["b", 0], lines["b", 200], lines["c",], lines["d", "e", 0]) == (3, 203, 205, 208)
    assert sum(parsed) < 2 * len(text)
