"""Training end to end on a known potential: accuracy, files, card, resuming, committees, refusals."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from llpt.errors import InputError
from llpt.mlp import BehlerParrinello, TrainingSettings, measure_accuracy, read_card, read_labels, train
from llpt.mlp.fitting.checkpoint import read_checkpoint, write_checkpoint
from llpt.mlp.fitting.levenberg_marquardt import FitState, start_vector
from llpt.mlp.fitting.residuals import WeightLayout

SETTINGS = TrainingSettings(
    hidden_nodes=(8, 8),
    symmetry_functions=48,
    largest_cutoff_bohr=6.0,
    iterations=40,
    patience=20,
    test_fraction=0.15,
    energy_scale_ev_per_atom=0.004,
)


# Fluids in which no two atoms start closer than this (bohr) and none is moved far: what a fit to wilder ones comes to
# hangs on its seed and on rounding.
GENTLE = {"closest": 1.7, "rattle": 0.05}


@pytest.fixture(scope="module")
def gentle(make_labelled):
    return make_labelled(20, **GENTLE)


@pytest.fixture(scope="module")
def trained(gentle, tmp_path_factory):
    directory = tmp_path_factory.mktemp("trained") / "model"
    return train(gentle, directory, SETTINGS), directory


def test_a_known_potential_is_learnt(trained, make_labelled):
    outcome, directory = trained
    card = outcome.cards[0]
    assert card.test is not None
    test = card.test.overall
    assert test.force_rmse_ev_per_angstrom < 0.08 * test.force_rms_ev_per_angstrom
    assert test.energy_rmse_mev_per_atom < 4.0
    assert test.pressure_rmse_gpa is not None
    assert test.pressure_rmse_gpa < 5.0
    fresh, _ = read_labels(make_labelled(3, seed=500, **GENTLE))
    again = measure_accuracy(BehlerParrinello.load(directory), fresh)
    assert again.overall.force_rmse_ev_per_angstrom < 0.1 * again.overall.force_rms_ev_per_angstrom
    # The absolute energy of the labels is in the network, not only differences.
    result = outcome.potentials[0].evaluate(fresh[0].positions, fresh[0].cell)
    assert abs(result.energy_ha - fresh[0].energy) / fresh[0].n_atoms < 2e-3
    losses = [step.training_loss for step in card.history]
    assert losses == sorted(losses, reverse=True)


def test_the_card_tells_the_training(trained):
    outcome, directory = trained
    card = read_card(directory)
    assert card == outcome.cards[0]
    assert card.labels == ("free energy", "forces", "pressure")
    assert card.electronic_temperatures_k == (1000.0,)
    assert not card.mixed_electronic_temperatures
    assert card.symmetry_functions == 48
    data = card.datasets["morse"]
    assert data.training + data.validation + data.test == data.frames == 200
    assert json.loads((directory / "card.json").read_text())["settings"]["seed"] == SETTINGS.seed
    assert sorted(path.name for path in directory.iterdir()) == [
        "card.json",
        "input.nn",
        "scaling.data",
        "weights.001.data",
    ]


def test_training_again_returns_what_is_there_and_refuses_what_is_not(trained, gentle, tmp_path):
    outcome, original = trained
    directory = shutil.copytree(original, tmp_path / "copy")
    stamp = (directory / "weights.001.data").stat().st_mtime_ns
    again = train(gentle, directory, SETTINGS)
    assert again.cards == outcome.cards
    assert (directory / "weights.001.data").stat().st_mtime_ns == stamp
    with pytest.raises(InputError, match="other frames or with other settings"):
        train(gentle, directory, SETTINGS.model_copy(update={"seed": 5}))
    (directory / "card.json").unlink()
    with pytest.raises(InputError, match="without a model card"):
        train(gentle, directory, SETTINGS)


class KilledError(Exception):
    """Stands for a kill."""


def test_an_interrupted_training_goes_on(make_labelled, tmp_path):
    frames, settings = make_labelled(6, **GENTLE), SETTINGS.model_copy(update={"iterations": 12})
    outcome = train(frames, tmp_path / "whole", settings)
    assert len(outcome.cards[0].history) > 8  # it went on after what is killed below

    def kill(progress):
        if progress.stage == "fit" and progress.done == 6:
            raise KilledError

    with pytest.raises(KilledError):
        train(frames, tmp_path / "again", settings, on_progress=kill)
    assert (tmp_path / "again" / "checkpoint.npz").exists()
    kept = (tmp_path / "again" / "checkpoint.npz").read_bytes()
    with pytest.raises(InputError, match="unfinished training on other frames"):
        train(make_labelled(6, seed=7, **GENTLE), tmp_path / "again", settings)
    assert (tmp_path / "again" / "checkpoint.npz").read_bytes() == kept
    steps = []
    resumed = train(frames, tmp_path / "again", settings, on_progress=lambda p: steps.append((p.stage, p.done)))
    assert min(done for stage, done in steps if stage == "fit") == 7
    assert resumed.cards[0].network_hash == outcome.cards[0].network_hash


def test_constants_of_data_sets_are_free(make_labelled, tmp_path):
    frames = [*make_labelled(6), *make_labelled(4, dataset="shifted", shift_ev=3.5, seed=40)]
    card = train(frames, tmp_path / "model", SETTINGS).cards[0]
    assert card.datasets["morse"].constant_ev_per_atom == 0.0
    assert card.datasets["shifted"].constant_ev_per_atom == pytest.approx(3.5, abs=0.05)


def test_a_committee_has_members_that_differ(make_labelled, tmp_path):
    settings = SETTINGS.model_copy(update={"members": 2, "iterations": 6})
    frames = make_labelled(5)
    outcome = train(frames, tmp_path / "committee", settings)
    assert [card.seed for card in outcome.cards] == [1, 2]
    first, second = (BehlerParrinello.load(tmp_path / "committee" / f"member-{k}") for k in (1, 2))
    labelled, _ = read_labels(frames[:1])
    results = [model.evaluate(labelled[0].positions, labelled[0].cell) for model in (first, second)]
    assert not np.allclose(results[0].forces, results[1].forces)


def test_functions_can_come_from_a_potential(trained, make_labelled, tmp_path):
    _, directory = trained
    settings = SETTINGS.model_copy(update={"functions_from": directory, "iterations": 3})
    outcome = train(make_labelled(5), tmp_path / "second", settings)
    expected = BehlerParrinello.load(directory).definition.functions
    assert outcome.potentials[0].definition.functions == expected


def test_functions_of_moments_are_trained_and_taken_over(make_labelled, tmp_path):
    settings = SETTINGS.model_copy(update={"moment_functions": 8, "iterations": 6})
    outcome = train(make_labelled(8, **GENTLE), tmp_path / "first", settings)
    history = outcome.cards[0].history
    assert history[-1].training_loss < 0.5 * history[0].training_loss
    definition = outcome.potentials[0].definition
    assert len(definition.moments) == 8
    assert outcome.cards[0].symmetry_functions == len(definition.functions) + 8
    again = SETTINGS.model_copy(update={"functions_from": tmp_path / "first", "iterations": 2})
    second = train(make_labelled(5), tmp_path / "second", again)
    assert second.potentials[0].definition.moments == definition.moments


def test_limits_of_time_and_memory(make_labelled, tmp_path):
    hurried = SETTINGS.model_copy(update={"max_seconds": 0.01})
    with pytest.raises(InputError, match="before the first step"):
        train(make_labelled(4), tmp_path / "hurried", hurried)
    assert not (tmp_path / "hurried" / "input.nn").exists()
    tiny = SETTINGS.model_copy(update={"memory_limit_gib": 1e-6})
    with pytest.raises(InputError, match="GiB"):
        train(make_labelled(4), tmp_path / "tiny", tiny)


def test_a_damaged_checkpoint_is_not_used_and_that_of_another_fit_is_kept(tmp_path):
    layout = WeightLayout(sizes=(3, 2, 1), n_datasets=1)
    write_checkpoint(tmp_path, "this", FitState(start_vector(layout, seed=0)))
    assert read_checkpoint(tmp_path, "this") is not None
    with pytest.raises(InputError, match="unfinished training on other frames"):
        read_checkpoint(tmp_path, "other")
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(path.read_bytes()[:100])
    assert read_checkpoint(tmp_path, "this") is None


def test_settings_are_checked():
    with pytest.raises(InputError, match="symmetry_functions=0"):
        TrainingSettings(symmetry_functions=0)
    with pytest.raises(InputError, match="no setting 'epochs'"):
        TrainingSettings(epochs=3)
    assert TrainingSettings.quick(seed=9).seed == 9


def test_nothing_of_ours_bounds_a_training_by_the_clock():
    examples = Path(__file__).parents[3] / "examples"
    found = [path for path in examples.rglob("*.toml") if "max_seconds" in path.read_text(encoding="utf-8")]
    assert not found
    assert TrainingSettings().max_seconds is TrainingSettings.quick().max_seconds is None


def test_a_card_that_is_missing_or_damaged_is_refused(tmp_path):
    with pytest.raises(InputError, match="no model card"):
        read_card(tmp_path)
    (tmp_path / "card.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        read_card(tmp_path)
