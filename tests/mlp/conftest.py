"""Small potentials and fluids that the tests of this floor share."""

import numpy as np
import pytest
import torch

from llpt.mlp import (
    Activation,
    CutoffType,
    FunctionType,
    Layer,
    Network,
    PotentialDefinition,
    Scaling,
    ScalingKind,
    SymmetryFunction,
    in_order,
)
from llpt.mlp.fitting.residuals import FeatureBatch
from llpt.mlp.potential.moments import Bump, MomentField, MomentFunctions, Sum


def build_definition(
    *,
    cutoff_type=CutoffType.TANH3,
    kind=ScalingKind.RANGE_CENTRE,
    activations=(Activation.TANH, Activation.TANH, Activation.LINEAR),
    inner_fraction=0.0,
    normalise_nodes=False,
    moments=None,
    seed=7,
):
    functions = in_order(
        [
            SymmetryFunction(FunctionType.RADIAL, eta=0.4, shift=0.0, cutoff=6.0),
            SymmetryFunction(FunctionType.RADIAL, eta=4.0, shift=1.4, cutoff=4.5),
            SymmetryFunction(FunctionType.RADIAL, eta=1.0, shift=3.0, cutoff=6.0),
            SymmetryFunction(FunctionType.NARROW, eta=0.03, shift=0.0, cutoff=6.0, lam=1.0, zeta=1.0),
            SymmetryFunction(FunctionType.NARROW, eta=1.9, shift=0.2, cutoff=4.5, lam=-1.0, zeta=4.0),
            SymmetryFunction(FunctionType.WIDE, eta=0.05, shift=0.0, cutoff=5.0, lam=1.0, zeta=1.0),
            SymmetryFunction(FunctionType.WIDE, eta=0.05, shift=0.0, cutoff=5.0, lam=-1.0, zeta=2.0),
            SymmetryFunction(FunctionType.WIDE, eta=0.05, shift=0.0, cutoff=5.0, lam=-1.0, zeta=8.0),
            SymmetryFunction(FunctionType.WIDE, eta=0.08, shift=0.5, cutoff=4.5, lam=1.0, zeta=16.0),
            SymmetryFunction(FunctionType.WIDE, eta=0.08, shift=0.0, cutoff=4.5, lam=0.5, zeta=2.5),
        ]
    )
    random = np.random.default_rng(seed)
    n = len(functions) + (0 if moments is None else len(moments))
    minimum = random.uniform(0.0, 0.1, n)
    scaling = Scaling(
        kind=kind,
        minimum=minimum,
        maximum=minimum + random.uniform(1.0, 3.0, n),
        mean=minimum + random.uniform(0.2, 0.6, n),
        sigma=random.uniform(0.5, 1.0, n),
        lower=-0.5,
        upper=1.5,
    )
    sizes = [n, *([7] * (len(activations) - 1)), 1]
    layers = tuple(
        Layer(
            weights=random.normal(0.0, 0.6, (below, here)),
            biases=random.normal(0.0, 0.3, here),
            activation=activation,
        )
        for below, here, activation in zip(sizes[:-1], sizes[1:], activations, strict=True)
    )
    return PotentialDefinition(
        element="H",
        functions=functions,
        cutoff_type=cutoff_type,
        inner_fraction=inner_fraction,
        scaling=scaling,
        network=Network(layers=layers, normalise_nodes=normalise_nodes),
        moments=moments,
    )


def build_moments(*, reach=5.5):
    """One function of every scalar field, and every field twice or more in products."""
    shells = (Bump(1.4, 0.35), Bump(2.3, 0.5), Bump(3.4, 0.6))
    fields = tuple(MomentField)
    functions = [(Sum(field, place % 3),) for place, field in enumerate(fields) if field.components == 1]
    for kind in (3, 6):
        alike = [field for field in fields if field.components == kind]
        for place, field in enumerate(alike):
            functions.append((Sum(field, place % 3), Sum(alike[place - 1], (place + 1) % 3)))
            functions.append((Sum(field, (place + 2) % 3), Sum(field, (place + 2) % 3)))
    return MomentFunctions(bond=Bump(1.4, 0.6), bond_reach=3.2, shells=shells, reach=reach, functions=tuple(functions))


def build_fluid(n_atoms=12, *, seed=3, edge=None, skew=0.6, closest=1.1):
    """Random atoms no closer than ``closest`` (bohr) in a skewed cell at about r_s = 1.5."""
    random = np.random.default_rng(seed)
    edge = edge or (n_atoms * 4.0 / 3.0 * np.pi * 1.5**3) ** (1.0 / 3.0)
    cell = np.array([[edge, 0.0, 0.0], [skew, edge, 0.0], [-0.5 * skew, 0.7 * skew, edge]])
    shifts = np.array([[i, j, k] for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1)]) @ cell
    chosen = np.zeros((0, 3))
    while len(chosen) < n_atoms:
        trial = random.uniform(0.0, 1.0, 3) @ cell
        gaps = np.linalg.norm(chosen[:, None, :] + shifts - trial, axis=-1)
        if gaps.size == 0 or gaps.min() > closest:
            chosen = np.vstack([chosen, trial])
    return chosen, cell


@pytest.fixture(scope="session")
def make_definition():
    return build_definition


@pytest.fixture(scope="session")
def make_moments():
    return build_moments


@pytest.fixture(scope="session")
def make_fluid():
    return build_fluid


def morse(positions, cell, *, depth=0.15, width=1.1, bond=1.4, cutoff=5.5):
    """Energy (Ha), forces and strain slope (Voigt, Ha) of a Morse pair potential that ends smoothly; bohr."""
    reach = np.arange(-2, 3)
    shifts = np.array([[i, j, k] for i in reach for j in reach for k in reach]) @ cell
    vectors = positions[None, :, None] + shifts - positions[:, None, None]
    r = np.linalg.norm(vectors, axis=-1)
    inside = (r > 1e-9) & (r < cutoff)
    r = np.where(inside, r, 1.0)
    well, fade = np.exp(-width * (r - bond)), (1.0 - (r / cutoff) ** 2) ** 3
    value = depth * (well**2 - 2.0 * well)
    slope = (
        -2.0 * depth * width * (well**2 - well) * fade - 6.0 * value * (1.0 - (r / cutoff) ** 2) ** 2 * r / cutoff**2
    )
    pull = np.where(inside, slope / r, 0.0)[..., None] * vectors
    strain = 0.5 * np.einsum("ijsa,ijsb->ab", pull, vectors)
    energy = 0.5 * np.where(inside, value * fade, 0.0).sum()
    return energy, pull.sum(axis=(1, 2)), strain[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]


@pytest.fixture(scope="session")
def make_labelled():
    """Return ASE frames labelled by the Morse potential: ten random fluids per block."""
    from ase import Atoms

    from llpt.units import BOHR_TO_ANGSTROM, HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM, HARTREE_TO_EV

    def make(
        blocks=6,
        *,
        n_atoms=10,
        stress=True,
        dataset="morse",
        shift_ev=0.0,
        seed=0,
        key="free_energy",
        closest=1.25,
        rattle=0.08,
    ):
        random = np.random.default_rng(seed)
        frames = []
        for block in range(blocks):
            for number in range(10):
                start, cell = build_fluid(n_atoms, seed=1000 * seed + 10 * block + number, skew=0.3, closest=closest)
                scale = random.uniform(0.95, 1.1)
                positions = scale * start + random.normal(0.0, rattle, start.shape)
                energy, forces, strain = morse(positions, scale * cell)
                atoms = Atoms(
                    f"H{n_atoms}",
                    positions=positions * BOHR_TO_ANGSTROM,
                    cell=scale * cell * BOHR_TO_ANGSTROM,
                    pbc=True,
                )
                atoms.info[key] = energy * HARTREE_TO_EV + shift_ev * n_atoms
                atoms.arrays["forces"] = forces * HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM
                if stress:
                    atoms.info["stress"] = strain * HARTREE_TO_EV / atoms.get_volume()
                atoms.info.update(dataset=dataset, block=f"{dataset}-{block}", electronic_temperature_k=1000.0)
                frames.append(atoms)
        return frames

    return make


@pytest.fixture(scope="session")
def make_batch():
    """Return a maker of batches of random features and targets for a layout of weights, double precision."""

    def make_batch(layout, *, frames=3, atoms=4, columns=5, seed=0):
        random = torch.Generator().manual_seed(seed)

        def normal(*shape):
            return torch.randn(*shape, generator=random, dtype=torch.float64)

        return FeatureBatch(
            features=normal(frames, atoms, layout.sizes[0]),
            slopes=normal(frames, atoms, columns, layout.sizes[0]),
            energies=normal(frames),
            targets=normal(frames, columns),
            column_weights=normal(columns).abs() + 0.1,
            energy_weights=normal(frames).abs() + 0.1,
            datasets=torch.tensor([0, 1, 0][:frames]),
            bias_weights=normal(frames),
        )

    return make_batch


@pytest.fixture(scope="session")
def assert_slopes():
    """Return a check of a feature maker's slopes, strain included, against finite differences of its values."""

    def check(maker, positions, cell, *, moved, positions_atol, strain_atol, step=1e-4):
        _, slopes = maker.slopes(positions, cell, moved=np.array(moved), strained=True)
        for place, atom in enumerate(moved):
            for axis in range(3):
                shift = np.zeros_like(positions)
                shift[atom, axis] = step
                change = maker.values(positions + shift, cell) - maker.values(positions - shift, cell)
                expected = change / (2.0 * step)
                np.testing.assert_allclose(slopes[:, 3 * place + axis], expected, atol=positions_atol, rtol=1e-4)
        for column, (a, b) in enumerate(((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))):
            strain = np.zeros((3, 3))
            strain[a, b] += 0.5 * step
            strain[b, a] += 0.5 * step
            plus, minus = np.eye(3) + strain, np.eye(3) - strain
            change = maker.values(positions @ plus, cell @ plus) - maker.values(positions @ minus, cell @ minus)
            expected = change / (2.0 * step)
            np.testing.assert_allclose(slopes[:, 3 * len(moved) + column], expected, atol=strain_atol, rtol=1e-4)

    return check
