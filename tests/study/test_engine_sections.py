"""``[surrogate.training]``: the fit's own settings as keys, and jobs that read as they always did."""

import json

import pytest
from pydantic import ValidationError

from llpt.mlp import StressLabels, TrainingSettings
from llpt.study.engine_sections import TrainingSection

OF_THE_STUDY = {"frames", "rattled"}


def section(**keys):
    return TrainingSection.model_validate_json(json.dumps(keys))


def test_the_keys_are_the_settings_of_the_fit():
    keys = set(TrainingSection.model_fields)
    assert keys == set(TrainingSettings.model_fields) - {"seed"} | OF_THE_STUDY
    for key in keys - OF_THE_STUDY:
        assert TrainingSection.model_fields[key].description == TrainingSettings.model_fields[key].description


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("moment_functions", 81),
        ("members", 65),
        ("symmetry_functions", 3),
        ("patience", 0),
        ("stress", "some"),
        ("hidden_nodes", []),
        ("prior", -1.0),
        ("iterations", "60"),
        ("seed", 3),
    ],
)
def test_what_the_fit_refuses_the_section_refuses(key, value):
    with pytest.raises(ValidationError):
        section(**{key: value})


def test_what_is_left_out_is_the_fit_s_own():
    assert section().fit_settings(seed=7) == TrainingSettings(seed=7)
    assert TrainingSection().fit_settings(seed=7) == TrainingSettings(seed=7)


def test_what_is_given_reaches_the_fit():
    given = section(frames=60, hidden_nodes=[10, 12], stress="all", patience=3, phase_bias_scale_ev_per_atom="none")
    assert given.fit_settings(seed=1) == TrainingSettings(
        hidden_nodes=(10, 12), stress=StressLabels.ALL, patience=3, phase_bias_scale_ev_per_atom=None
    )
    assert section(hidden_nodes=9).fit_settings(seed=1).hidden_nodes == (9,)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"frames": 60, "members": 2, "hidden_nodes": [8]},
        {"phase_bias_scale_ev_per_atom": "none", "functions_from": "inputs/functions/other", "stress": "none"},
        {"mix_electronic_temperatures": True, "max_seconds": 20.0},
    ],
)
def test_a_job_gives_back_the_settings_it_was_written_from(keys):
    first = section(**keys)
    again = TrainingSection.model_validate_json(first.model_dump_json())
    assert again.fit_settings(seed=5) == first.fit_settings(seed=5)
    assert again.frames == first.frames


def test_jobs_of_studies_that_use_no_newer_key_read_as_they_always_did():
    assert json.loads(section(members=2).model_dump_json()) == {
        "frames": 400,
        "rattled": 40,
        "hidden_nodes": None,
        "symmetry_functions": None,
        "moment_functions": None,
        "largest_cutoff_bohr": None,
        "validation_fraction": None,
        "test_fraction": None,
        "energy_scale_ev_per_atom": None,
        "force_scale_ev_per_angstrom": None,
        "stress_scale_gpa": None,
        "forces_per_frame": None,
        "iterations": None,
        "max_seconds": None,
        "members": 2,
    }
