import numpy as np
import pytest

from llpt.errors import InputError
from llpt.transition import criteria, locate, separations, synthetic_isobar

GRID_K = tuple(np.arange(700.0, 1101.0, 25.0))


def test_the_criteria_are_those_of_the_fluid_part():
    solid = np.arange(len(GRID_K)) < 4
    isobar = synthetic_isobar(GRID_K, place_k=905.0, width_k=0.0, seed=1, solid=solid)
    located = locate(isobar)
    fluid = located.fluid()
    assert located.criteria == criteria(isobar) == criteria(isobar.fluid())
    assert fluid.states == isobar.fluid()
    assert fluid.criteria is located.criteria
    assert located.separations == tuple(separations(located.criteria))
    assert located.separations


def test_what_one_criterion_found_has_its_name():
    located = locate(synthetic_isobar(GRID_K, place_k=905.0, width_k=0.0, seed=1))
    assert located["density jump"] is next(iter(located.criteria.values()))
    assert located["density jump"].criterion.name == "density jump"
    with pytest.raises(InputError, match=r"No criterion .jump. is read on this line\. Known are: density jump"):
        located["jump"]


def test_solids_have_no_fluid_part():
    located = locate(synthetic_isobar(GRID_K, place_k=905.0, width_k=0.0, seed=1, solid=[True] * len(GRID_K)))
    assert located.fluid() is None
    assert not any(result.resolved for result in located.criteria.values())


def test_the_way_the_density_goes_is_kept():
    boiling = synthetic_isobar(GRID_K, place_k=905.0, width_k=0.0, seed=1, jump=-0.05)
    assert locate(boiling, density_rises=False).density_rises is False
    assert locate(boiling, density_rises=False).criteria == criteria(boiling, density_rises=False)
