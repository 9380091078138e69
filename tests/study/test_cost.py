"""What a step is thought to cost follows the engine's record: its k-points, cutoff and threads."""

from dataclasses import dataclass, field
from types import MappingProxyType

import pytest

from llpt.campaign import ThermodynamicState
from llpt.engines import find_engine
from llpt.study.cost import seconds_per_step, single_point_steps, tight_point_steps


@dataclass(frozen=True)
class Run:
    """A run of 64 atoms at the density that engines were timed at."""

    options: dict = field(default_factory=dict)
    engine: str = "dft"
    threads: int = 0
    atoms: int = 64
    steps: int = 1
    beads: int = 1
    path: str = "runs/x"
    state: ThermodynamicState = field(default_factory=lambda: ThermodynamicState.at_density(1.12, 1000.0))

    @property
    def speed(self):
        return find_engine(self.engine).speed

    def option(self, name):
        return find_engine(self.engine).option(name, MappingProxyType(self.options))


@pytest.mark.parametrize(
    ("kpoints", "count"),
    [("mean-value", 1), ("gamma", 1), ("2x2x2", 4), ("3x3x3", 14), ("0,0,0;0.5,0,0", 2), ("spacing:0.9", 4)],
)
def test_each_kpoint_costs_the_same_and_the_density_once(kpoints, count):
    speed = find_engine("dft").speed
    one = seconds_per_step(Run()) - speed.floor - speed.once
    assert seconds_per_step(Run({"kpoints": kpoints})) - speed.floor - speed.once == pytest.approx(count * one)


def test_kpoints_of_an_engine_without_plane_waves_cost_the_same_too():
    floor = find_engine("cp2k").speed.floor
    one = seconds_per_step(Run({"kpoints": "gamma"}, engine="cp2k")) - floor
    assert seconds_per_step(Run({"kpoints": "2x2x2"}, engine="cp2k")) - floor == pytest.approx(4 * one)


def test_defaults_cutoff_and_threads_are_those_of_the_record():
    speed = find_engine("dft").speed
    assert seconds_per_step(Run()) == pytest.approx(speed.seconds(64))
    assert seconds_per_step(Run({"ecut_ry": 240.0})) == pytest.approx(speed.seconds(64, plane_waves=8.0))
    assert seconds_per_step(Run(threads=1)) == pytest.approx(speed.on_one_thread * speed.seconds(64))
    assert seconds_per_step(Run({"kpoints": "in words of its own"})) == seconds_per_step(Run())
    assert seconds_per_step(Run(engine="vasp", options={"kpoints": "2x2x2"})) > seconds_per_step(Run(engine="vasp"))


@pytest.mark.parametrize(
    ("atoms", "mesh", "took"), [(16, "2x2x2", 1.6), (32, "2x2x2", 2.6), (64, "2x2x2", 2.8), (32, "3x3x3", 6.6)]
)
def test_a_mesh_costs_as_many_times_one_kpoint_as_was_measured(atoms, mesh, took):
    """docs/results/planned-cost.json, PBE at 45 Ry and 200 GPa."""
    mean_value, several = (
        seconds_per_step(Run({"kpoints": kpoints, "ecut_ry": 45.0}, atoms=atoms)) for kpoints in ("mean-value", mesh)
    )
    assert several / mean_value == pytest.approx(took, rel=0.3)


@pytest.mark.parametrize(
    ("engine", "took"), [("quantum-espresso", (0.086, 0.176, 0.426)), ("abinit", (0.34, 0.54, 1.10))]
)
def test_one_size_of_another_program_tells_of_others(engine, took):
    """docs/results/planned-cost.json, 8, 16 and 32 atoms at 20 Ry."""
    planned = [seconds_per_step(Run({"ecut_ry": 20.0}, engine=engine, atoms=atoms)) for atoms in (8, 16, 32)]
    for each, seconds in zip(planned, took, strict=True):
        assert [other / each * seconds for other in planned] == pytest.approx(took, rel=0.3)


def test_a_functional_of_the_laplacian_costs_several_times_as_much():
    assert 4.0 < seconds_per_step(Run({"xc": "scan-l"})) / seconds_per_step(Run()) < 9.0


SINGLE_POINTS = [
    (16, "mean-value", 2.2, 5.4),
    (16, "2x2x2", 2.8, 8.0),
    (32, "mean-value", 2.7, 8.5),
    (32, "2x2x2", 3.4, 11.2),
    (64, "mean-value", 3.7, 13.1),
    (64, "2x2x2", 3.7, 17.2),
]
"""Atoms, k-points, and how many steps of dynamics (in single precision) a label took in single and in double precision:
docs/results/planned-cost.json, PBE at 55 Ry and 200 GPa."""


@pytest.mark.parametrize(("atoms", "mesh", "single", "double"), SINGLE_POINTS)
def test_a_single_point_costs_as_many_steps_as_was_measured(atoms, mesh, single, double):
    """More with more atoms, whose electrons take more cycles, and with more k-points, whose orbitals are dearer."""
    step, precise = (
        Run({"kpoints": mesh, "ecut_ry": 55.0, "precision": precision}, atoms=atoms)
        for precision in ("single", "double")
    )
    assert single_point_steps(step) == pytest.approx(single, rel=0.3)
    dearer = seconds_per_step(precise) / seconds_per_step(step)
    assert dearer * single_point_steps(precise) == pytest.approx(double, rel=0.3)


@pytest.mark.parametrize(
    ("atoms", "mesh", "took"),
    [
        (16, "mean-value", 6.6),
        (16, "2x2x2", 9.4),
        (32, "mean-value", 11.4),
        (32, "2x2x2", 15.3),
        (64, "mean-value", 20.3),
        (64, "2x2x2", 24.6),
    ],
)
def test_a_structure_alone_costs_as_many_steps_as_was_measured(atoms, mesh, took):
    """In steps in single precision; docs/results/planned-cost.json."""
    step, precise = (
        Run({"kpoints": mesh, "ecut_ry": 55.0, "precision": precision}, atoms=atoms)
        for precision in ("single", "double")
    )
    dearer = seconds_per_step(precise) / seconds_per_step(step)
    assert dearer * tight_point_steps(precise, followed=0) == pytest.approx(took, rel=0.3)
    assert tight_point_steps(precise, followed=1) < 1.5 * tight_point_steps(precise, followed=0)


def test_a_single_point_of_an_engine_without_electrons_costs_a_step():
    assert single_point_steps(Run(engine="n2p2:DIR")) == 1.0
    assert single_point_steps(Run(atoms=2)) >= 1.0
    assert tight_point_steps(Run(engine="n2p2:DIR"), followed=3) == 4.0
