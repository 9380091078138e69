"""Recipes: structures, exploration, labels and generations, with a pair potential as the reference."""

import signal
from contextlib import closing
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from ase.io import read

from llpt.cli.recipes import recipe_settings
from llpt.dynamics import run_md
from llpt.engines import evaluate, make_engine
from llpt.errors import InputError
from llpt.learning import Recipe, RecipeSettings, run_recipe
from llpt.learning.exploration import choose_frames
from llpt.learning.following import follow_reference, measure_ensemble_shift
from llpt.learning.starting_cells import draw_start, is_apart, rattled
from llpt.mlp import TrainingSettings, read_card
from llpt.structure import label_of
from llpt.units import BOHR_TO_ANGSTROM, HARTREE_TO_EV, volume_per_atom_angstrom3

MORSE = {"epsilon": 4.0, "rho0": 1.5, "r0": 0.74, "rcut1": 2.0, "rcut2": 2.6}
TRAINING = TrainingSettings(
    hidden_nodes=(6,),
    symmetry_functions=12,
    largest_cutoff_bohr=5.0,
    forces_per_frame=6,
    iterations=6,
    members=2,
    force_limit_ev_per_angstrom=60.0,
)


def small_settings(recipe, **changes):
    base = {
        "generations": 1,
        "first_frames": 16,
        "frames_per_generation": 6,
        "first_atoms": (8, 10),
        "fewest_atoms": 8,
        "most_atoms": 10,
        "runs_per_generation": 3,
        "run_steps": 40,
        "reference_steps": 4,
        "reference_every": 2,
        "pressures_gpa": (80.0, 120.0),
        "training": TRAINING,
    }
    return RecipeSettings.of(recipe, **(base | changes))


class Counting:
    """Counts the single points that a reference is asked for."""

    def __init__(self, engine):
        self.engine, self.calls = engine, 0

    def __getattr__(self, name):
        return getattr(self.engine, name)

    def calculate(self, *arguments, **named):
        self.calls += 1
        return self.engine.calculate(*arguments, **named)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    directory = tmp_path_factory.mktemp("recipe") / "active"
    with closing(make_engine("ase:ase.calculators.morse.MorsePotential", MORSE)) as engine:
        reference = Counting(engine)
        history = run_recipe(directory, reference, small_settings(Recipe.ACTIVE))
    return directory, history, reference.calls


def test_each_generation_is_kept_with_its_errors(finished):
    directory, history, calls = finished
    assert [entry.generation for entry in history] == [0, 1]
    assert calls == 16  # the single points; dynamics do not pass through the counter
    assert history[0].new_frames is None
    assert history[1].new_frames.overall.frames + history[1].labels_failed <= 6
    assert history[1].new_frames.overall.force_rmse_ev_per_angstrom > 0.0
    for number, entry in enumerate(history):
        folder = directory / f"generation-{number}"
        assert (folder / "errors.json").read_text() == entry.model_dump_json(indent=1)
        card = read_card(folder / "model" / "member-1")
        assert sum(data.frames for data in card.datasets.values()) + card.outliers + card.duplicates == entry.frames
    labels = read(directory / "generation-1" / "labels.extxyz", ":")
    assert {frame.info["block"].split("/")[0] for frame in labels} == {"generation-1"}
    # Each of the two chosen frames, and what the reference's own dynamics make of it.
    assert [int(frame.info["step"]) for frame in labels] == [0, 2, 4, 0, 2, 4]
    chosen = read(directory / "generation-1" / "structures.extxyz", ":")
    np.testing.assert_allclose(labels[3].positions, chosen[1].positions, atol=1e-6)
    assert np.abs(labels[4].positions - chosen[1].positions).max() > 1e-3
    with closing(make_engine("ase:ase.calculators.morse.MorsePotential", MORSE)) as engine:
        [again] = evaluate([labels[5]], engine)
    np.testing.assert_allclose(labels[5].get_forces(), again.get_forces(), atol=1e-6)
    assert (directory / "model" / "member-2" / "weights.001.data").exists()


def test_the_ensemble_shift_is_the_mean_change_of_the_energy_error_along_runs(tmp_path):
    soft = make_engine("ase:ase.calculators.morse.MorsePotential", MORSE)
    settings = small_settings(Recipe.ACTIVE, reference_steps=40, reference_every=20)
    random = np.random.default_rng(3)
    starts = [draw_start(settings, random).atoms for _ in range(4)]
    for number, start in enumerate(starts):
        start.info = {"block": f"run-{number}", "temperature_target_k": 1500.0}
    with closing(soft):
        frames, failed = follow_reference(starts, soft, tmp_path / "labels.extxyz", settings, seed=1)
    assert (len(frames), failed) == (12, 0)
    # What is there is not done again, not even by an engine that could not.
    again, failed = follow_reference(starts, None, tmp_path / "labels.extxyz", settings, seed=1)
    assert (len(again), failed) == (12, 0)

    class Shifted:
        """The reference's own energies, and 2 meV/atom more with each step."""

        def evaluate(self, positions, _cell):
            frame = next(f for f in frames if np.allclose(f.positions, positions * BOHR_TO_ANGSTROM, atol=1e-9))
            extra = 0.002 * frame.info["step"] * len(frame) + 0.001 * frame.info["start"] * (frame.info["step"] > 0)
            return SimpleNamespace(energy_ha=(label_of(frame, "free_energy") + extra) / HARTREE_TO_EV)

    shift = measure_ensemble_shift(Shifted(), frames)
    sizes = np.array([len(start) for start in starts])
    expected = 80.0 + np.arange(4) / sizes
    assert shift.mev_per_atom == pytest.approx(expected.mean(), abs=1e-6)
    assert shift.error_mev_per_atom == pytest.approx(expected.std(ddof=1) / 2.0, abs=1e-6)
    assert (shift.runs, shift.steps) == (4, 40)
    assert measure_ensemble_shift(Shifted(), frames[:6]) is None


def test_a_finished_recipe_is_not_done_again_and_another_is_refused(finished):
    directory, history, _ = finished
    with closing(make_engine("ase:ase.calculators.morse.MorsePotential", MORSE)) as engine:
        reference = Counting(engine)
        again = run_recipe(directory, reference, small_settings(Recipe.ACTIVE))
        assert again == history
        assert reference.calls == 0
        with pytest.raises(InputError, match="other settings"):
            run_recipe(directory, reference, small_settings(Recipe.ACTIVE, seed=2))


def test_an_interrupted_recipe_goes_on(finished, tmp_path):
    directory, history, _ = finished

    class KilledError(Exception):
        pass

    def kill(stage, done, _total):
        if stage == "generation 1: dynamics of the reference" and done == 1:
            raise KilledError

    with closing(make_engine("ase:ase.calculators.morse.MorsePotential", MORSE)) as engine:
        reference = Counting(engine)
        with pytest.raises(KilledError):
            run_recipe(tmp_path / "r", reference, small_settings(Recipe.ACTIVE), on_progress=kill)
        done = tmp_path / "r" / "generation-1" / "reference" / "run-001"
        before = {path: path.stat().st_mtime_ns for path in done.rglob("*.h5")}
        assert before
        again = run_recipe(tmp_path / "r", reference, small_settings(Recipe.ACTIVE))
    assert reference.calls == 16
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert again == history
    for name in ("weights.001.data", "scaling.data"):
        path = f"model/member-1/{name}"
        assert (directory / path).read_bytes() == (tmp_path / "r" / path).read_bytes()


def test_a_signal_during_exploration_stops_the_recipe_and_it_goes_on(finished, tmp_path, monkeypatch):
    directory, history, _ = finished
    place = tmp_path / "r"
    (place / "generation-0").mkdir(parents=True)
    for name in ("recipe.json", "generation-0/structures.extxyz", "generation-0/labels.extxyz"):
        (place / name).write_bytes((directory / name).read_bytes())

    sent = []

    def stop_once(_progress):
        if not sent:
            sent.append(signal.SIGTERM)
            signal.raise_signal(signal.SIGTERM)

    with closing(make_engine("ase:ase.calculators.morse.MorsePotential", MORSE)) as engine:
        with monkeypatch.context() as patched:
            patched.setattr("llpt.learning.short_runs.run_md", partial(run_md, on_progress=stop_once))
            with pytest.raises(KeyboardInterrupt):
                run_recipe(place, engine, small_settings(Recipe.ACTIVE))
        assert not (place / "generation-1" / "structures.extxyz").exists()
        assert run_recipe(place, engine, small_settings(Recipe.ACTIVE)) == history


def test_small_cells_are_small_sheared_and_within_the_density_of_the_conditions():
    settings = RecipeSettings.of(Recipe.SMALL_CELLS)
    random = np.random.default_rng(5)
    starts = [draw_start(settings, random) for _ in range(12)]
    assert {len(start.atoms) for start in starts} <= set(range(8, 25, 2))
    assert len({len(start.atoms) for start in starts}) > 3
    for start in starts:
        volume = start.atoms.get_volume() / len(start.atoms)
        assert volume_per_atom_angstrom3(1.22) < volume < volume_per_atom_angstrom3(1.68)
        assert settings.temperatures_k[0] <= start.temperature_k <= settings.temperatures_k[1]
        assert is_apart(start.atoms, settings.closest_angstrom)
        moved = rattled(start.atoms, random, closest_angstrom=settings.closest_angstrom)
        assert is_apart(moved, settings.closest_angstrom)
    assert any(abs(start.atoms.cell.array[0, 1]) > 0.1 for start in starts)
    active = RecipeSettings.of(Recipe.ACTIVE)
    assert {len(draw_start(active, random, first=True).atoms) for _ in range(12)} <= set(range(8, 25, 2))
    assert len(draw_start(active, random).atoms) == 32


def test_active_takes_the_frames_of_largest_spread_and_small_cells_take_them_evenly():
    random = np.random.default_rng(1)
    start = draw_start(small_settings(Recipe.ACTIVE), random).atoms
    runs = []
    for run in range(3):
        frames = []
        for step in range(10, 401, 10):
            frame = start.copy()
            frame.info = {"block": f"run-{run}", "step": step, "force_spread": float(random.random())}
            frames.append(frame)
        runs.append(frames)
    settings = small_settings(Recipe.ACTIVE, run_steps=400, reference_steps=0)
    chosen = choose_frames(runs, settings)
    spreads = [frame.info["force_spread"] for frame in chosen]
    assert len(chosen) == 6
    assert max(frame.info["force_spread"] for run in runs for frame in run) == spreads[0]
    assert min(spreads) > np.quantile([frame.info["force_spread"] for run in runs for frame in run], 0.85)
    for one in chosen:
        for other in chosen:
            if one is not other and one.info["block"] == other.info["block"]:
                assert abs(one.info["step"] - other.info["step"]) >= 20
    # A run that leaves physics is followed up to there, and no run gives more than twice its share.
    for frame in runs[0]:
        frame.info["force_spread"] += 0.9
    runs[1][4].info["force_spread"] = 5.0
    chosen = choose_frames(runs, settings)
    assert chosen[0] is runs[1][4]
    assert sum(frame.info["block"] == "run-0" for frame in chosen) == 4
    assert all(frame.info["step"] <= 50 for frame in chosen if frame.info["block"] == "run-1")
    even = choose_frames([*runs, []], small_settings(Recipe.SMALL_CELLS, reference_steps=0))
    assert [frame.info["block"] for frame in even] == ["run-0", "run-0", "run-1", "run-1", "run-2", "run-2"]
    assert [frame.info["step"] for frame in even[:2]] == [210, 400]


def test_settings_from_text_and_refusals():
    settings = recipe_settings("active", {"generations": "2", "pressures_gpa": "150,250", "iterations": "9"})
    assert settings.pressures_gpa == (150.0, 250.0)
    assert settings.training.iterations == 9
    assert settings.training.members == 3
    assert recipe_settings("small-cells", {}).training.members == 1
    with pytest.raises(InputError, match="no recipe"):
        recipe_settings("passive", {})
    with pytest.raises(InputError, match="committee"):
        recipe_settings("active", {"members": "1"})
    with pytest.raises(InputError, match="pressures_gpa"):
        recipe_settings("active", {"pressures_gpa": "300,100"})
    assert (
        recipe_settings("active", {"reference_steps": "30", "frames_per_generation": "54"}).starts_per_generation == 18
    )
    with pytest.raises(InputError, match="first_atoms"):
        recipe_settings("active", {"first_atoms": "24,8"})
    with pytest.raises(InputError, match="no option 'epochs'"):
        recipe_settings("active", {"epochs": "3"})
