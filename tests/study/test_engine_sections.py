"""The sections of a study file that name engines: bounds that stand elsewhere too are the same there."""

import pytest
from pydantic import ValidationError

from llpt.mlp.features.moment_candidates import MOST_FUNCTIONS
from llpt.study.engine_sections import TrainingSection


def test_as_many_functions_of_moments_as_there_are():
    assert TrainingSection(moment_functions=MOST_FUNCTIONS).moment_functions == MOST_FUNCTIONS
    with pytest.raises(ValidationError):
        TrainingSection(moment_functions=MOST_FUNCTIONS + 1)
