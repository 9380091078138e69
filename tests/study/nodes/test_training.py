"""The training node: its job names what the study holds, and nothing that lies elsewhere."""

import json

from llpt.study import make_plan, parse_study
from llpt.study.inputs import named_inputs

TEXT = """
[study]
name = "trained on its own runs"
[system]
atoms = [32]
[state]
pressures_gpa = [200.0]
temperatures_k = [700, 900]
[dynamics]
ensemble = "npt"
steps = 100
discard = 10
[reference]
engine = "dft"
[surrogate]
engine = "behler-parrinello"
train = "reference"
[surrogate.training]
functions_from = "published/network"
patience = 4
"""


def test_a_potential_whose_functions_are_taken_is_copied_and_the_job_names_the_copy(tmp_path):
    (tmp_path / "published" / "network").mkdir(parents=True)
    study = parse_study(TEXT)
    (copied,) = named_inputs(study, tmp_path)
    training = make_plan(study)["models/behler-parrinello"]
    settings = json.loads(training.job(tmp_path).model_dump_json())["settings"]
    assert copied.path == tmp_path / "published" / "network"
    assert settings["functions_from"] == copied.stored
    assert settings["patience"] == 4
    assert "stress" not in settings
