"""What is on the axes is what came out, with its errors."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_hex

from llpt.audit import Thresholds, compare
from llpt.errors import InputError
from llpt.observables import observe, put_estimate, quantity
from llpt.report import palette, plot
from llpt.report.series import SERIES
from llpt.statistics import Estimate
from llpt.trajectory import StepRecord, System, TrajectoryWriter, open_trajectory
from llpt.transition import Isochore, Isotherm, locate, synthetic_isobar
from llpt.transition.step_criteria import DENSITY_JUMP

pytestmark = pytest.mark.usefixtures("publication_style")

TEMPERATURES = (700, 800, 850, 900, 950, 1000, 1100, 1200)


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@pytest.fixture
def reference():
    return locate(synthetic_isobar(TEMPERATURES, place_k=930.0, width_k=0.0, seed=1, engine="PBE"))


@pytest.fixture
def surrogate():
    return locate(synthetic_isobar(TEMPERATURES, place_k=830.0, width_k=60.0, seed=2, engine="network"))


@pytest.fixture
def trajectory():
    walk = np.cumsum(np.random.default_rng(0).normal(scale=0.1, size=(50, 8, 3)), axis=0)
    return open_trajectory(walk, cell=[6.0] * 3, elements="H", timestep_fs=0.5)


@pytest.fixture
def run_directory(tmp_path):
    """Eleven steps, 1000 K, 1001 K …, without frames."""
    writer = TrajectoryWriter(tmp_path, System(np.ones(4, dtype=int), np.full(4, 1.008), 0.25))
    for step in range(11):
        writer.add(
            StepRecord(
                step=step,
                time_fs=0.25 * step,
                internal_energy_ev=-30.0,
                free_energy_ev=-30.5,
                entropy_ev_per_k=5e-4,
                kinetic_energy_ev=1.0,
                temperature_k=1000.0 + step,
                volume_angstrom3=210.0,
                pressure_gpa=200.0,
                pressure_uncorrected_gpa=195.0,
                conserved_ev=-29.5,
                stress_gpa=np.zeros(6),
            )
        )
    writer.close_segment()
    writer.refresh_master()
    return tmp_path


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_an_isobar_is_its_points_with_their_errors_and_the_criteria_that_read_them(reference):
    ax = plot(reference)
    curve = reference.states.curve("density")
    [(points, _, [bars])] = [container.lines for container in ax.containers]
    assert np.array_equal(points.get_xdata(), TEMPERATURES)
    assert points.get_ydata() == pytest.approx(curve.values)
    halves = [0.5 * (segment[1, 1] - segment[0, 1]) for segment in bars.get_segments()]
    assert halves == pytest.approx(curve.errors)
    jump = reference.criteria[DENSITY_JUMP].place
    assert jump.value in [line.get_xdata()[0] for line in ax.lines]
    assert f"density jump: {jump}" in labels(ax)
    assert ax.get_ylabel() == "density (g/cm³)"
    assert "first-peak loss" not in " ".join(labels(ax))


def test_axes_are_taken_and_returned_and_added_to(reference, surrogate):
    _, ax = plt.subplots()
    assert plot(reference, ax=ax, label="DFT") is ax
    assert plot(surrogate.states, ax=ax) is ax
    assert labels(ax)[:2] == ["DFT", "network, N = 512, 200 GPa"]
    own = plot(reference)
    looks = own.get_legend().get_texts()[0].get_fontsize(), own.get_legend().get_frame_on()
    plot(surrogate, ax=own)
    assert looks == (own.get_legend().get_texts()[0].get_fontsize(), own.get_legend().get_frame_on())
    colours = [to_hex(container.lines[0].get_color()).upper() for container in ax.containers]
    assert colours == list(palette.CYCLE[:2])
    both = plot([reference, surrogate], "enthalpy")
    assert len(both.containers) == 2
    assert any("heat capacity maximum" in text for text in labels(both))


def test_own_axes_have_the_style_of_the_report_and_given_ones_keep_theirs(reference):
    assert plot(reference).xaxis.label.get_size() == 8.0
    with plt.rc_context({"axes.labelsize": 20}):
        _, ax = plt.subplots()
    assert plot(reference, ax=ax).xaxis.label.get_size() == 20.0


def test_observations_are_a_curve_with_a_band():
    r = np.linspace(0.1, 3.0, 30)
    observed = xr.Dataset(
        {"rdf": ("r", np.ones(30)), "rdf_error": ("r", np.full(30, 0.1)), "density": ((), 1.0)},
        coords={"r": r},
        attrs={"temperature_k": 900.0},
    )
    ax = plot(observed)
    assert ax.lines[0].get_ydata() == pytest.approx(np.ones(30))
    [band] = ax.collections
    assert band.get_paths()[0].vertices[:, 1].max() == pytest.approx(1.1)
    assert labels(ax) == ["900 K"]
    with pytest.raises(InputError, match="no curve 'density'") as refused:
        plot(observed, "density")
    assert "rdf" in refused.value.remedy


def test_a_run_is_its_steps_their_mean_and_what_was_held(run_directory):
    found = open_trajectory(run_directory, temperature_k=1005.0)
    ax = plot(found)
    steps, means, held = ax.lines
    assert steps.get_ydata() == pytest.approx(1000.0 + np.arange(11))
    assert steps.get_xdata() == pytest.approx(0.25e-3 * np.arange(11))
    assert np.mean(means.get_ydata()) == pytest.approx(1005.0)
    assert list(held.get_ydata()) == [1005.0, 1005.0]
    assert plot(found, "conserved").lines[0].get_ydata() == pytest.approx(np.zeros(11))
    assert plot(found, "density").lines[0].get_ydata() == pytest.approx(4 * 1.008 * 1.66053906660 / 210.0)


def test_what_a_trajectory_lacks_is_said(trajectory):
    with pytest.raises(InputError, match="does not hold its temperature"):
        plot(trajectory)
    with pytest.raises(InputError, match="no 'colour' to draw"):
        plot(trajectory, "colour")
    assert plot(trajectory, "volume").lines


def test_a_verdict_has_a_row_for_every_comparison_but_not_for_each_state_of_a_curve(reference, surrogate):
    verdict = compare([reference], [surrogate], Thresholds())
    ax = plot(verdict)
    whole = [each for each in verdict.comparisons if not each.of_one_state]
    assert len(whole) < len(verdict.comparisons)
    known = [each for each in whole if np.isfinite(each.difference.value)]
    unknown = [each for each in whole if each.judged and each not in known]
    assert len(ax.get_yticklabels()) == len(known) + len(unknown)
    values = [container.lines[0].get_xdata()[0] for container in ax.containers]
    assert values == pytest.approx([each.difference.value / each.threshold for each in known])
    assert sum(text.get_text() == "not known" for text in ax.texts) == len(unknown)
    assert verdict.value in ax.get_title()


def test_what_cannot_be_drawn_is_refused(reference):
    with pytest.raises(InputError, match=r"\(int\) cannot be drawn"):
        plot(3)
    with pytest.raises(InputError, match="no 'colour'") as refused:
        plot(reference, "colour")
    assert "density" in refused.value.remedy


def line_of(kind, runs):
    return kind.from_summaries(runs, engine="PBE")


def test_numbers_of_every_step_are_called_as_the_records_of_their_observables_say(run_directory):
    found = open_trajectory(run_directory)
    observables = SERIES.keys() - {"conserved"}
    for name in observables:
        words, unit = plot(found, name).get_ylabel().rstrip(")").split(" (")
        assert (words, unit.replace("³", "^3") if name == "density" else unit) == (
            quantity(name).words,
            quantity(name).unit,
        )


def run(temperature, pressure, density, *, held):
    """What a run averaged to; ``held`` says whether its volume was."""
    summary = xr.Dataset(
        attrs={
            "n_atoms": 64,
            "temperature_k": temperature,
            "pressure_gpa": np.nan if held else pressure,
            "constant_volume": int(held),
            "production_fs": 1000.0,
        }
    )
    put_estimate(summary, "density", Estimate(density, 0.0 if held else 0.01, "g/cm^3", 50.0))
    put_estimate(summary, "pressure", Estimate(pressure, 2.0, "GPa", 50.0))
    return summary


def test_isochores_and_isotherms_run_along_what_changes():
    isochore = line_of(Isochore, [run(value, value / 5.0, 1.0, held=True) for value in (600.0, 800.0)])
    ax = plot(isochore)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$T$ (K)", "sampled pressure (GPa)")
    assert labels(ax) == ["PBE, N = 64, 1 g/cm³"]
    isotherm = line_of(Isotherm, [run(900.0, value, value / 200.0, held=False) for value in (150.0, 200.0)])
    ax = plot(isotherm)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$P$ (GPa)", "density (g/cm³)")
    assert list(ax.containers[0].lines[0].get_xdata()) == [150.0, 200.0]
    isotherm = line_of(Isotherm, [run(900.0, value, value / 200.0, held=True) for value in (150.0, 200.0)])
    ax = plot(isotherm)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("density (g/cm³)", "sampled pressure (GPa)")


def test_what_was_observed_is_drawn_and_what_is_absent_says_why(trajectory):
    found = observe(trajectory)
    assert plot(found).lines[0].get_ydata() == pytest.approx(found.rdf.to_numpy())
    with pytest.raises(InputError, match=r"no vdos here\. The trajectory has no velocities"):
        plot(found, "vdos")
