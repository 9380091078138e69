import math

import numpy as np
import pytest

from llpt.observables import Reasoned, corrected_diffusion, extrapolated_diffusion, yeh_hummer
from llpt.statistics import Estimate

WATER = Reasoned(Estimate(0.729e-3, 0.05e-3, "Pa s", 40.0), "")


def diffusion(value, error=0.01e-5):
    return Estimate(value, error, "cm^2/s", 10.0)


def test_yeh_hummer_correction_of_spc_water():
    """512 SPC/E waters at 298 K: Yeh and Hummer's equation 10, done by hand."""
    viscosity = Estimate(0.729e-3, 0.0, "Pa s", math.inf)
    found = yeh_hummer(diffusion(2.35e-5), temperature_k=298.0, viscosity_pa_s=viscosity, box_length_angstrom=24.83)
    by_hand = 2.837297 * 1.380649e-23 * 298.0 / (6.0 * math.pi * 0.729e-3 * 24.83e-10) * 1e4
    assert found.value == pytest.approx(2.35e-5 + by_hand)
    assert by_hand == pytest.approx(0.342e-5, rel=0.01)
    assert found.error == pytest.approx(0.01e-5)


def test_the_error_of_the_viscosity_is_part_of_that_of_the_corrected_coefficient():
    found = corrected_diffusion(diffusion(2.35e-5), WATER, temperature_k=298.0, cell_angstrom=np.eye(3) * 24.83)
    assert found.reason == ""
    assert found.estimate.error == pytest.approx(math.hypot(0.01e-5, 0.342e-5 * 0.05 / 0.729), rel=0.01)


@pytest.mark.parametrize(
    ("found", "viscosity", "cell", "said"),
    [
        (diffusion(2e-5), WATER, np.diag([20.0, 20.0, 25.0]), "not cubic"),
        (diffusion(2e-5, math.nan), WATER, np.eye(3) * 20.0, "too short for a diffusion"),
        (
            diffusion(2e-5),
            Reasoned.unknown("Pa s", "The run is too short."),
            np.eye(3) * 20.0,
            "No viscosity. The run",
        ),
    ],
)
def test_what_cannot_be_corrected_is_said(found, viscosity, cell, said):
    corrected = corrected_diffusion(found, viscosity, temperature_k=298.0, cell_angstrom=cell)
    assert said in corrected.reason
    assert math.isnan(corrected.estimate.value)


def test_sizes_are_extrapolated_along_one_over_the_edge():
    sizes = {edge: diffusion(3e-5 - 8e-5 / edge) for edge in (8.0, 12.0, 16.0)}
    found = extrapolated_diffusion(sizes)
    assert found.estimate.value == pytest.approx(3e-5)
    two = extrapolated_diffusion({edge: sizes[edge] for edge in (8.0, 16.0)})
    slope = (sizes[16.0].value - sizes[8.0].value) / (1.0 / 16.0 - 1.0 / 8.0)
    assert two.estimate.value == pytest.approx(sizes[16.0].value - slope / 16.0)
    assert two.estimate.error == pytest.approx(0.01e-5 * math.hypot(2.0, 1.0))  # D_inf = 2 D(16) - D(8)
    assert "two whose edges differ" in extrapolated_diffusion({8.0: sizes[8.0], 9.0: diffusion(2e-5)}).reason
    assert "1 sizes" in extrapolated_diffusion({8.0: sizes[8.0], 16.0: diffusion(2e-5, math.nan)}).reason


def test_sizes_that_do_not_lie_on_a_line_have_a_larger_error():
    scattered = {8.0: diffusion(1e-5), 12.0: diffusion(3e-5), 16.0: diffusion(2e-5)}
    straight = {edge: diffusion(2e-5) for edge in scattered}
    assert extrapolated_diffusion(scattered).estimate.error > 10.0 * extrapolated_diffusion(straight).estimate.error
