"""Fermi-Dirac filling."""

import numpy as np
import pytest
import torch

from llpt.dft.occupations import fermi_dirac
from llpt.errors import EngineError


def test_electrons_are_counted_and_entropy_is_a_derivative():
    levels = (torch.linspace(-1, 2, 30, dtype=torch.float64), torch.linspace(-0.8, 2.1, 30, dtype=torch.float64))
    weights = (0.25, 0.75)

    def grand(temperature):
        occupied = fermi_dirac(levels, weights, electrons=14.0, temperature=temperature)
        counted = sum(w * float(f.sum()) for w, f in zip(weights, occupied.numbers, strict=True))
        assert counted == pytest.approx(14.0, abs=1e-11)
        band = sum(w * float((f * e).sum()) for w, f, e in zip(weights, occupied.numbers, levels, strict=True))
        return band - occupied.entropy_energy, occupied.entropy_energy

    free_plus, _ = grand(0.101)
    free_minus, _ = grand(0.099)
    _, entropy_energy = grand(0.1)
    assert entropy_energy / 0.1 == pytest.approx(-(free_plus - free_minus) / 0.002, rel=1e-4)


def test_cold_electrons_fill_from_below():
    levels = (torch.tensor([-1.0, -0.5, 0.3], dtype=torch.float64),)
    occupied = fermi_dirac(levels, (1.0,), electrons=4.0, temperature=1e-5)
    assert occupied.numbers[0].numpy() == pytest.approx(np.array([2.0, 2.0, 0.0]), abs=1e-12)
    assert occupied.entropy_energy == pytest.approx(0.0, abs=1e-12)


def test_too_few_bands_are_refused():
    with pytest.raises(EngineError, match="cannot hold"):
        fermi_dirac((torch.zeros(2, dtype=torch.float64),), (1.0,), electrons=5.0, temperature=0.01)
