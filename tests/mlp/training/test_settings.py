"""Settings of a training: how texts and lone values are read, what is refused, and what each says it is."""

import pytest
from pydantic import ValidationError

from llpt.mlp import StressLabels, TrainingSettings
from llpt.mlp.features.moment_candidates import MOST_FUNCTIONS


@pytest.mark.parametrize(("given", "read"), [("20,15", (20, 15)), ("8", (8,)), (12, (12,)), ([5, 6], (5, 6))])
def test_nodes_are_a_list_a_text_with_commas_or_one_number(given, read):
    assert TrainingSettings(hidden_nodes=given).hidden_nodes == read


@pytest.mark.parametrize("key", ["phase_bias_scale_ev_per_atom", "max_seconds", "functions_from"])
def test_the_word_none_stands_for_what_a_text_cannot_say(key):
    assert getattr(TrainingSettings.model_validate({key: "none"}), key) is None


def test_stress_labels_have_a_none_of_their_own():
    assert TrainingSettings.model_validate({"stress": "none"}).stress is StressLabels.NONE


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hidden_nodes", ()),
        ("hidden_nodes", (1025,)),
        ("symmetry_functions", 1001),
        ("moment_functions", MOST_FUNCTIONS + 1),
        ("members", 65),
        ("energy_scale_ev_per_atom", float("nan")),
        ("phase_bias_scale_ev_per_atom", 0.0),
        ("iteration", 3),
    ],
)
def test_values_out_of_range_are_refused(key, value):
    with pytest.raises(ValidationError):
        TrainingSettings.model_validate({key: value})


def test_every_setting_says_what_is_allowed():
    assert all(field.description for field in TrainingSettings.model_fields.values())
