"""Functions of the moments of bonds: their definition, derivatives, symmetries, files and refusals."""

from dataclasses import replace

import numpy as np
import pytest

from llpt.errors import InputError
from llpt.mlp import BehlerParrinello, CutoffType, Precision
from llpt.mlp.features.maker import FeatureMaker
from llpt.mlp.features.moment_candidates import MOST_FUNCTIONS, hydrogen_moments
from llpt.mlp.potential.moment_files import parse_function
from llpt.mlp.potential.moments import Bump, MomentField, MomentFunctions, Sum


def images(positions, cell, reach):
    """Return the vectors to all neighbours of each atom within a reach, with their atoms."""
    n = int(np.ceil(reach / np.linalg.svd(cell, compute_uv=False).min())) + 1
    shifts = np.array([[i, j, k] for i in range(-n, n + 1) for j in range(-n, n + 1) for k in range(-n, n + 1)]) @ cell
    for centre in positions:
        vectors = positions[None] + shifts[:, None] - centre
        r = np.linalg.norm(vectors, axis=-1)
        inside = (r > 1e-9) & (r < reach)
        yield vectors[inside], np.broadcast_to(np.arange(len(positions)), r.shape)[inside]


def fading(r, bump, reach):
    return np.exp(-0.5 * ((r - bump.centre) / bump.width) ** 2) * (1.0 - (r / reach) ** 2) ** 3


def by_definition(functions, positions, cell):
    """The formulas of ``llpt.mlp.potential.moments`` with plain vectors and matrices."""
    third = np.eye(3) / 3.0
    s, d, q = [], [], []
    for vectors, _ in images(positions, cell, functions.bond_reach):
        r = np.linalg.norm(vectors, axis=1)
        b, u = fading(r, functions.bond, functions.bond_reach), vectors / r[:, None]
        s.append(b.sum())
        d.append(b @ u)
        q.append(np.einsum("k,ka,kb->ab", b, u, u) - b.sum() * third)

    def field(name, u, j):
        spread, pull = np.outer(u, u) - third, q[j] @ u
        return {
            MomentField.DIRECTION: u,
            MomentField.COUNT_DIRECTION: s[j] * u,
            MomentField.AXIS_PULL: pull,
            MomentField.AXIS_DIRECTION: (u @ pull) * u,
            MomentField.BOND: d[j],
            MomentField.BOND_DIRECTION: (d[j] @ u) * u,
            MomentField.SPREAD: spread,
            MomentField.COUNT_SPREAD: s[j] * spread,
            MomentField.AXIS: q[j],
            MomentField.AXIS_TURN: 0.5 * (np.outer(u, pull) + np.outer(pull, u)),
            MomentField.AXIS_SPREAD: (u @ pull) * spread,
            MomentField.COUNT: s[j],
            MomentField.AXIS_ALONG: u @ pull,
            MomentField.BOND_ALONG: d[j] @ u,
        }[name]

    values = np.zeros((len(positions), len(functions)))
    for i, (vectors, atoms) in enumerate(images(positions, cell, functions.reach)):
        for f, parts in enumerate(functions.functions):
            sums = [
                sum(
                    fading(np.linalg.norm(v), functions.shells[part.shell], functions.reach)
                    * field(part.field, v / np.linalg.norm(v), j)
                    for v, j in zip(vectors, atoms, strict=True)
                )
                for part in parts
            ]
            values[i, f] = sums[0] if len(sums) == 1 else np.sum(sums[0] * sums[1])
    return values


@pytest.fixture
def maker(make_definition, make_moments):
    functions = make_definition().functions
    return FeatureMaker(functions, cutoff_type=CutoffType.TANH3, moments=make_moments())


@pytest.mark.parametrize(("n_atoms", "edge"), [(7, None), (3, 3.0)])
def test_values_are_those_of_the_definition(make_definition, make_moments, make_fluid, n_atoms, edge):
    moments = make_moments()
    positions, cell = make_fluid(n_atoms, edge=edge, skew=0.3)
    symmetry = make_definition().functions
    values = FeatureMaker(symmetry, cutoff_type=CutoffType.TANH3, moments=moments).values(positions, cell)
    expected = by_definition(moments, positions, cell)
    assert np.abs(expected).max() > 1.0
    np.testing.assert_allclose(values[:, len(symmetry) :], expected, atol=1e-12 * np.abs(expected).max())


def test_slopes_are_derivatives(maker, make_fluid, assert_slopes):
    positions, cell = make_fluid(6, edge=4.4, skew=0.5)
    values, _ = maker.slopes(positions, cell, moved=np.array([0, 5]), strained=True)
    np.testing.assert_allclose(values, maker.values(positions, cell), rtol=1e-5, atol=1e-6)
    assert_slopes(maker, positions, cell, moved=(0, 5), positions_atol=2e-4, strain_atol=5e-4)


def test_moments_that_reach_farther_than_the_symmetry_functions(make_definition, make_moments, make_fluid):
    far = make_moments(reach=7.5)
    positions, cell = make_fluid(5)
    symmetry = make_definition().functions
    values = FeatureMaker(symmetry, cutoff_type=CutoffType.TANH3, moments=far).values(positions, cell)
    plain = FeatureMaker(symmetry, cutoff_type=CutoffType.TANH3).values(positions, cell)
    np.testing.assert_allclose(values[:, : len(symmetry)], plain, atol=1e-12)
    expected = by_definition(far, positions, cell)
    np.testing.assert_allclose(values[:, len(symmetry) :], expected, atol=1e-12 * np.abs(expected).max())
    assert BehlerParrinello(make_definition(moments=far)).cutoff_bohr == pytest.approx(10.7)


def test_single_precision_is_close(make_definition, make_moments, make_fluid):
    definition = make_definition(moments=make_moments())
    positions, cell = make_fluid(24)
    double = BehlerParrinello(definition).evaluate(positions, cell)
    single = BehlerParrinello(definition, precision=Precision.SINGLE).evaluate(positions, cell)
    np.testing.assert_allclose(single.forces, double.forces, atol=2e-6 * np.abs(double.forces).max())


def test_the_functions_for_hydrogen():
    assert hydrogen_moments(0) is None
    for count in (1, MOST_FUNCTIONS):
        moments = hydrogen_moments(count)
        assert len(moments) == count == len(set(moments.functions))


def test_round_trip(make_definition, make_moments, make_fluid, tmp_path):
    model = BehlerParrinello(make_definition(moments=make_moments()))
    model.save(tmp_path)
    again = BehlerParrinello.load(tmp_path)
    assert again.definition.moments == model.definition.moments
    np.testing.assert_array_equal(again.evaluate(*make_fluid()).forces, model.evaluate(*make_fluid()).forces)


@pytest.fixture
def saved(make_definition, make_moments, tmp_path):
    BehlerParrinello(make_definition(moments=make_moments())).save(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("bond_moments H 1.4", "bond_moments H", "wrong arguments"),
        ("bond_moments H", "bond_moments He", "not for H"),
        ("moment_reach", "# moment_reach", "given once"),
        ("moment_shell H 1.4 0.35", "moment_shell H 1.4 -0.35", "width"),
        ("moment_shell H 1.4 0.35", "", "does not exist"),
        ("moment_function H count 3", "moment_function H number 3", "is unknown"),
        ("moment_function H count 3", "moment_function H count", "is unknown"),
        ("moment_function H count 3", "moment_function H count 0", "does not exist"),
        ("moment_function H count 3", "moment_function H direction 1 axis 1", "no scalar"),
        ("moment_function H count 3", "", "scaling.data describes"),
    ],
)
def test_bad_lines_are_refused(saved, old, new, words):
    path = saved / "input.nn"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=words):
        BehlerParrinello.load(saved)


def test_what_makes_no_function_is_refused(make_moments):
    moments = make_moments()
    for wrong in ({"reach": 0.0}, {"bond_reach": float("nan")}, {"functions": ()}):
        with pytest.raises(InputError):
            replace(moments, **wrong)
    with pytest.raises(InputError, match="no scalar"):
        replace(moments, functions=((Sum(MomentField.DIRECTION, 0),),))
    with pytest.raises(InputError, match="width"):
        Bump(1.0, 0.0)
    with pytest.raises(InputError, match="direction"):
        parse_function(["direction"])
    assert isinstance(moments, MomentFunctions)
