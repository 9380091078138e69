"""The three files of n2p2: round trips and refusals."""

import numpy as np
import pytest

from llpt.errors import InputError
from llpt.mlp import Activation, BehlerParrinello, CutoffType, ScalingKind


@pytest.fixture
def saved(make_definition, tmp_path):
    BehlerParrinello(make_definition()).save(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", list(ScalingKind))
def test_round_trip(make_definition, make_fluid, tmp_path, kind):
    activations = (Activation.SOFTPLUS, Activation.REVERSE_LOGISTIC, Activation.GAUSSIAN, Activation.LINEAR)
    definition = make_definition(
        kind=kind,
        activations=activations,
        cutoff_type=CutoffType.POLYNOMIAL_2,
        inner_fraction=0.25,
        normalise_nodes=True,
    )
    model = BehlerParrinello(definition)
    model.save(tmp_path)
    first = model.evaluate(*make_fluid())
    second = BehlerParrinello.load(tmp_path).evaluate(*make_fluid())
    assert first.energy_ha == second.energy_ha
    np.testing.assert_array_equal(first.forces, second.forces)


def test_comments_and_blank_lines_mean_nothing(saved, make_fluid):
    before = BehlerParrinello.load(saved).evaluate(*make_fluid())
    path = saved / "input.nn"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(["! a remark", "", *(f"  {line} # {line}" for line in reversed(lines))]))
    after = BehlerParrinello.load(saved).evaluate(*make_fluid())
    assert before.energy_ha == after.energy_ha


def test_atom_energy_and_conversion(saved, make_fluid):
    before = BehlerParrinello.load(saved).evaluate(*make_fluid())
    with (saved / "input.nn").open("a") as handle:
        handle.write("atom_energy H -0.5\nmean_energy -0.25\nconv_energy 2.0\nconv_length 1.0\n")
    after = BehlerParrinello.load(saved).evaluate(*make_fluid())
    assert after.energy_ha == pytest.approx(0.5 * before.energy_ha - 0.75 * len(before.forces), abs=1e-12)
    np.testing.assert_allclose(after.forces, 0.5 * before.forces, atol=1e-14)
    BehlerParrinello.load(saved).save(saved)
    assert BehlerParrinello.load(saved).evaluate(*make_fluid()).energy_ha == after.energy_ha


def edited(name, old, new):
    def damage(directory):
        path = directory / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return damage


def cut(name, keep):
    def damage(directory):
        path = directory / name
        path.write_text(path.read_text()[: int(keep * path.stat().st_size)])

    return damage


def removed(name):
    return lambda directory: (directory / name).unlink()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (removed("input.nn"), "missing"),
        (removed("scaling.data"), "missing"),
        (removed("weights.001.data"), "missing"),
        (cut("weights.001.data", 0.5), "weights"),
        (cut("scaling.data", 0.5), "scaling.data"),
        (cut("input.nn", 0.5), "missing|symfunction|describes"),
        (edited("input.nn", "elements H", "elements He"), "for H, not He"),
        (edited("input.nn", "elements H", "elements H O"), "2 elements"),
        (edited("input.nn", "cutoff_type 2", "cutoff_type 11"), "cutoff_type"),
        (edited("input.nn", "cutoff_type 2", ""), "cutoff_type is missing"),
        (edited("input.nn", "symfunction_short H 2 H", "symfunction_short H 22 H"), "type"),
        (edited("input.nn", "symfunction_short H 2 H", "symfunction_short H 2 H 1.0"), "wrong arguments"),
        (edited("input.nn", "symfunction_short H 2 H", "symfunction_short H 2 O"), "for O, not H"),
        (edited("input.nn", "global_activation_short t t l", "global_activation_short t q l"), "malformed"),
        (edited("input.nn", "global_hidden_layers_short 2", "global_hidden_layers_short 3"), "3 hidden layers"),
        (edited("input.nn", "scale_min_short -0.5", "scale_min_short low"), "not a number"),
        (edited("weights.001.data", " a ", " b "), "order"),
        (edited("scaling.data", " 2 ", " 5 "), "number"),
    ],
)
def test_damaged_files_are_refused(saved, damage, words):
    damage(saved)
    with pytest.raises(InputError, match=words):
        BehlerParrinello.load(saved)


def test_weights_that_are_not_numbers_are_refused(saved):
    path = saved / "weights.001.data"
    lines = path.read_text().splitlines()
    lines[5] = "nan " + " ".join(lines[5].split()[1:])
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match="not a finite number"):
        BehlerParrinello.load(saved)


def test_functions_that_do_not_vary_are_refused(saved):
    path = saved / "scaling.data"
    lines = path.read_text().splitlines()
    words = lines[1].split()
    lines[1] = " ".join([*words[:3], words[2], *words[4:]])
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match="Symmetry function 1 does not vary"):
        BehlerParrinello.load(saved)


def test_a_place_that_is_no_directory_is_refused(tmp_path):
    with pytest.raises(InputError, match="no potential"):
        BehlerParrinello.load(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("name", "begins", "word", "becomes"),
    [
        ("input.nn", "symfunction_short", -1, "abc"),
        ("input.nn", "symfunction_short", 2, "77"),
        ("input.nn", "symfunction_short", 1, "He"),
        ("input.nn", "cutoff_type", 1, "99"),
        ("input.nn", "global_nodes_short", 1, "x"),
        ("input.nn", "global_activation_short", 1, "x"),
        ("input.nn", "scale_min_short", 1, "x"),
        ("scaling.data", "", 3, "x"),
        ("weights.001.data", "", 0, "x"),
        ("weights.001.data", "", 2, "x"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(saved, name, begins, word, becomes):
    path = saved / name
    lines = path.read_text().splitlines()
    number = max(i for i, line in enumerate(lines) if line.strip().startswith(begins) and not line.startswith("#"))
    words = lines[number].split()
    words[word] = becomes
    lines[number] = " ".join(words)
    path.write_text("\n".join(lines))
    with pytest.raises(InputError) as caught:
        BehlerParrinello.load(saved)
    assert f"{path}, line {number + 1}" in caught.value.cause
