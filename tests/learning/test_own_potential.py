"""The network that comes with the project: its card, its errors, and that it carries dynamics where it claims to."""

from pathlib import Path

import numpy as np
import pytest

from llpt.dynamics import Ensemble, RunSettings, RunState, run_md
from llpt.engines import Purpose, make_engine, read_evaluated
from llpt.mlp import BehlerParrinello, measure_accuracy, read_card, read_labels
from llpt.mlp.training.card import hash_network
from llpt.structure import closest_pair, molecular_fluid, starting_density_g_per_cm3
from llpt.trajectory import Trajectory

DIRECTORY = Path(__file__).parents[2] / "examples" / "own-potential"


def test_the_card_belongs_to_the_files_and_reports_errors_by_phase():
    card = read_card(DIRECTORY)
    assert card.network_hash == hash_network(DIRECTORY)
    assert card.labels == ("free energy", "forces", "pressure")
    assert card.electronic_temperatures_k == (1000.0,)
    assert card.test is not None
    assert {"molecular", "atomic"} <= set(card.test.by_phase) | set(card.validation.by_phase)
    assert card.test.overall.force_rmse_ev_per_angstrom <= 0.28
    # Its energies are not as good as its forces, and the card says so before anything else.
    assert card.test.phase_bias.molecular_mev_per_atom is not None


def test_the_errors_of_the_card_are_found_again_on_the_held_out_liquids():
    card = read_card(DIRECTORY)
    labelled, _ = read_labels(read_evaluated(DIRECTORY / "liquids.extxyz.gz"))
    every = labelled[::5]  # one of each of the eight conditions
    accuracy = measure_accuracy(BehlerParrinello.load(DIRECTORY), every)
    assert accuracy.overall.frames == 8
    expected = card.test.overall
    assert accuracy.overall.force_rmse_ev_per_angstrom == pytest.approx(expected.force_rmse_ev_per_angstrom, rel=0.1)
    assert accuracy.overall.pressure_rmse_gpa == pytest.approx(expected.pressure_rmse_gpa, rel=0.3)


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [600.0, 1500.0])
def test_dynamics_at_200_gpa_stays_physical(tmp_path, temperature):
    start = molecular_fluid(
        atoms=64, seed=3, density_g_per_cm3=starting_density_g_per_cm3(200.0, min(temperature, 1000.0))
    )
    engine = make_engine(f"n2p2:{DIRECTORY}", {"threads": 1}, purpose=Purpose.CONSTANT_PRESSURE)
    settings = RunSettings(
        ensemble=Ensemble.NPT,
        temperature_k=temperature,
        pressure_gpa=200.0,
        steps=800,
        seed=4,
        thermostat_time_fs=20.0,  # so that half of the run knows its temperature
        positions_every=10,
    )
    outcome = run_md(start, engine, settings, tmp_path / "run")
    assert outcome.state is RunState.DONE, outcome.reason
    trajectory = Trajectory.open(tmp_path / "run")
    scalars = trajectory.scalars()
    volume = scalars["volume_angstrom3"].values / 64
    # The published PBE potential gives 1.75 Å³ at 600 K and 1.7–1.8 at 1500 K; an explosion is far outside.
    assert np.all((volume > 1.3) & (volume < 2.4))
    late = scalars["temperature_k"].values[400:]
    assert abs(late.mean() / temperature - 1.0) < 0.15
    for index in range(0, len(trajectory.frame_steps), 5):
        atoms = trajectory.atoms(index)
        assert closest_pair(atoms, within_angstrom=1.2)[2] > 0.5
