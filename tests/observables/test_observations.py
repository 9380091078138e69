"""What a notebook gets of one trajectory: numbers, curves, and a reason for whatever is absent."""

import copy
import math
import pickle

import numpy as np
import pytest
import xarray as xr
from ase import Atoms

from llpt.errors import InputError
from llpt.observables import FrameSource, estimate_of, observe, summarise_run
from llpt.statistics import Estimate
from llpt.trajectory import open_trajectory
from llpt.transition import Isobar

EDGE = 8.0

NO_TIMES = "The frames have no times: the time step is not known, or they were sampled by Monte Carlo."


def frames(count=60, *, velocities=False, energies=False, element="H"):
    random = np.random.default_rng(5)
    positions = random.uniform(0.0, EDGE, (64, 3)) + np.cumsum(random.normal(scale=0.03, size=(count, 64, 3)), axis=0)
    made = []
    for place in positions:
        atoms = Atoms(f"{element}64", positions=place, cell=[EDGE] * 3, pbc=True)
        if velocities:
            atoms.set_velocities(0.1 * random.normal(size=(64, 3)))
        if energies:
            atoms.info |= {"energy": -10.0 + random.normal()}
        made.append(atoms)
    return made


def test_numbers_are_estimates_and_curves_are_labelled():
    found = observe(open_trajectory(frames(), timestep_fs=0.5))
    assert isinstance(found.density, Estimate)
    assert found.density == found["density"] == estimate_of(found.summary, "density")
    assert found.density.unit == "g/cm^3"
    assert found.rdf.dims == ("r",)
    assert found.rdf["r"].attrs["unit"] == "Å"
    assert found["rdf_error"].shape == found["rdf_effective_samples"].shape == found.rdf.shape
    assert found["msd_effective_samples"].shape == found.msd.shape
    assert isinstance(found.rdf_peak_position, float)
    assert {"density", "rdf", "diffusion", "molecular_fraction"} <= set(found) <= set(dir(found))
    assert len(found) == len(list(found))
    for name in found:
        value = found[name]
        if isinstance(value, Estimate):
            assert math.isfinite(value.value), name
        elif isinstance(value, xr.DataArray):
            assert np.isfinite(value).any(), name


@pytest.mark.parametrize(
    ("options", "opened", "absent"),
    [
        (
            {},
            {},
            {
                "diffusion": NO_TIMES,
                "vdos": NO_TIMES,
                "coordination_running": NO_TIMES,
                "molecular_fraction_lifetime": NO_TIMES,
                "temperature": "The trajectory has no kinetic energy and no velocities.",
                "enthalpy": "The pressure is not known: it was not given, and the trajectory has none.",
                "free_energy": "The trajectory has no free energy F.",
                "heat_capacity": "The temperature is not known: it was not given, and there are no velocities to take "
                "it from.",
                "compressibility": "The volume is constant.",
            },
        ),
        (
            {"velocities": True, "element": "Ar"},
            {"timestep_fs": 1.0, "despite": "timestep"},
            {
                "molecular_fraction": "Not all atoms are hydrogen.",
                "heat_capacity": "The trajectory has no internal energy E.",
                "viscosity": "The stress of this run is not known at every step.",
                "diffusion_infinite": "No viscosity. The stress of this run is not known at every step.",
                "vdos": "There are fewer than 200 frames with velocities, 200 fs.",
                "pressure": "The trajectory has no pressure and no stress.",
            },
        ),
        (
            {"velocities": True},
            {"timestep_fs": 5.0},
            {"vacf": "The frames are 5 fs apart; at more than 4 fs fast vibrations look slow."},
        ),
    ],
)
def test_what_the_trajectory_lacks_is_absent_with_a_reason(options, opened, absent):
    found = observe(open_trajectory(frames(**options), **opened))
    assert {name: found.absent.get(name) for name in absent} == absent
    assert not set(found) & set(found.absent)
    assert "density" in found
    assert all(why.endswith(".") for why in found.absent.values())
    with pytest.raises(AttributeError, match=r"There is no compressibility here\. The volume is constant\."):
        _ = found.compressibility
    with pytest.raises(KeyError, match="no observable called g_of_r"):
        found["g_of_r"]


def test_temperature_is_what_is_given_or_what_is_said_or_what_the_velocities_give():
    moving = frames(velocities=True)
    kinetic = np.mean([atoms.get_kinetic_energy() for atoms in moving]) / (1.5 * 63 * 8.617333e-5)
    only = {"only": ["temperature"]}
    assert observe(open_trajectory(moving), **only).summary.attrs["temperature_k"] == pytest.approx(kinetic, rel=1e-6)
    said = open_trajectory(moving, temperature_k=300.0, pressure_gpa=2.0, despite="temperature")
    assert observe(said, **only).summary.attrs["temperature_k"] == 300.0
    assert observe(said, **only).summary.attrs["pressure_gpa"] == 2.0
    assert observe(said, temperature_k=310.0, **only).summary.attrs["temperature_k"] == 310.0
    assert math.isnan(observe(open_trajectory(frames()), only=["density"]).summary.attrs["temperature_k"])


def test_the_discarded_part_is_steps_or_picoseconds():
    trajectory = open_trajectory(frames(), timestep_fs=0.5)
    late = observe(trajectory, discard_steps=20, only=["rdf_peak_height"])
    assert observe(trajectory, discard_ps=0.01, only=["rdf_peak_height"]).rdf_peak_height == late.rdf_peak_height
    assert late.summary.attrs["production_fs"] == pytest.approx(19.5)
    with pytest.raises(InputError, match="both given"):
        observe(trajectory, discard_steps=1, discard_ps=0.1)
    with pytest.raises(InputError, match="needs the time step"):
        observe(open_trajectory(frames()), discard_ps=0.1)
    with pytest.raises(InputError, match="before the 60 steps"):
        observe(trajectory, discard_steps=60)
    with pytest.raises(InputError, match=r"\(list\) is no trajectory"):
        observe(frames())


def test_only_what_is_asked_for_is_averaged(make_trajectory):
    class Scalars(type(make_trajectory(np.zeros((2, 1, 3)), 5.0))):
        def blocks(self, *_, **__):
            raise AssertionError("no frame is needed")

    template = make_trajectory(np.zeros((40, 8, 3)), 5.0 + 0.01 * np.random.default_rng(1).normal(size=40))
    found = observe(Scalars(template.positions, template.cells), only=("density", "volume"))
    assert list(found) == ["density", "volume"]
    assert not found.absent
    assert list(observe(open_trajectory(frames()), only="density")) == ["density"]
    found = observe(open_trajectory(frames(), timestep_fs=0.5), only=("diffusion_infinite", "rdf"))
    assert list(found) == ["rdf"]
    assert set(found.absent) == {"diffusion_infinite"}
    with pytest.raises(AttributeError, match="diffusion was not asked for"):
        _ = found.diffusion


def test_it_is_shown_as_a_short_table():
    found = observe(open_trajectory(frames(), timestep_fs=0.5), discard_steps=10)
    text = repr(found)
    assert "64 atoms, 0.0245 ps after 10 discarded steps" in text
    assert "diffusion coefficient" in text
    assert "no thermal_expansion, compressibility" in text
    assert text.count("\n") < 60
    page = found._repr_html_()
    assert "<code>density</code>" in page
    assert f"{len(found.absent)} absent" in page
    assert pickle.loads(pickle.dumps(found)).density == copy.copy(found).density == found.density


def test_a_study_and_a_notebook_say_the_same(make_trajectory):
    random = np.random.default_rng(6)
    run = make_trajectory(random.uniform(size=(60, 32, 3)) * 6.0, 6.0 + 0.02 * random.normal(size=60))
    source: FrameSource = run
    summary = summarise_run(source, discard_steps=5, temperature_k=900.0, pressure_gpa=200.0)
    found = observe(source, discard_steps=5, temperature_k=900.0, pressure_gpa=200.0)
    xr.testing.assert_allclose(found.summary, summary)
    assert list(found.summary.data_vars) == list(summary.data_vars)
    isobar = Isobar.from_summaries([found.summary], engine="any")
    assert isobar.curve("density").values[0] == found.density.value
    assert isobar.curve("viscosity").unit == "Pa s"
