"""Settings that a person makes, and options that text is turned into: what is wrong is told in a sentence."""

from pathlib import Path

import pytest
from pydantic import BaseModel, Field, ValidationError

import llpt
from llpt.dft.settings import KohnShamSettings
from llpt.dynamics import MultipleTimeSteps
from llpt.errors import InputError
from llpt.learning import Recipe, RecipeSettings
from llpt.options import Options, parse_options

RUN = {"ensemble": "npt", "temperature_k": 900, "pressure_gpa": 200, "steps": 10, "seed": 1}


class Oven(Options):
    heat_c: float = Field(gt=0.0, description="how hot, above 0")
    name: str = Field(default="own", description="what it is called")


@pytest.mark.parametrize(
    ("make", "cause", "remedy"),
    [
        (
            lambda: llpt.RunSettings(**RUN | {"temperature_k": -5}),
            "Setting temperature_k=-5 of RunSettings is not allowed: it must be greater than 0.",
            "Correct the value.",
        ),
        (
            lambda: llpt.RunSettings(**RUN | {"pressure_gpa": float("nan")}),
            "Setting pressure_gpa=nan of RunSettings is not allowed: it must be a finite number.",
            "Correct the value.",
        ),
        (
            lambda: llpt.RunSettings(**RUN | {"ensemble": "nph"}),
            "Setting ensemble='nph' of RunSettings is not allowed: it must be 'nve', 'nvt' or 'npt'.",
            "Correct the value.",
        ),
        (
            lambda: llpt.RunSettings(**RUN | {"temprature_k": 900}),
            "RunSettings has no setting 'temprature_k'.",
            "Did you mean 'temperature_k'?",
        ),
        (
            lambda: llpt.RunSettings(ensemble="nvt", temperature_k=900, steps=10),
            "RunSettings needs the setting seed.",
            "Give seed.",
        ),
        (
            lambda: llpt.RunSettings(**RUN | {"ensemble": "nvt"}),
            "Settings of RunSettings do not go together: pressure_gpa is needed for the npt ensemble and only there.",
            "Correct the settings.",
        ),
        (
            lambda: llpt.RunSettings(**RUN | {"multiple_time_steps": {"inner_steps": 0}}),
            (
                "Setting multiple_time_steps.inner_steps=0 of RunSettings is not allowed: it must be greater than or "
                "equal to 2."
            ),
            "Correct the value.",
        ),
        (
            lambda: llpt.RunSettings(**RUN | {"multiple_time_steps": {"inner_steps": 2, "inner": 1}}),
            "Setting multiple_time_steps.inner=1 of RunSettings is not allowed: there is no such key.",
            "Correct the value.",
        ),
        (
            lambda: llpt.RunSettings(**RUN | {"timestep_fs": "quick"}),
            "Setting timestep_fs='quick' of RunSettings is not allowed: it must be a number or 'auto'.",
            "Correct the value.",
        ),
        (
            lambda: MultipleTimeSteps(inner_steps=21),
            "Setting inner_steps=21 of MultipleTimeSteps is not allowed: it must be less than or equal to 20.",
            "Correct the value.",
        ),
        (
            lambda: llpt.Thresholds(density_percent=-1.0),
            "Setting density_percent=-1.0 of Thresholds is not allowed: it must be greater than 0.",
            "density_percent: the largest difference of density",
        ),
        (
            lambda: llpt.Thresholds(minimum_atoms="many"),
            "Setting minimum_atoms='many' of Thresholds is not allowed: it must be a whole number.",
            "minimum_atoms: atoms below which nothing is decided; at least 1.",
        ),
        (
            lambda: llpt.TrainingSettings(epochs=3),
            "TrainingSettings has no setting 'epochs'.",
            "Its settings are: hidden_nodes,",
        ),
        (
            lambda: llpt.TrainingSettings.quick(prior=-1),
            "Setting prior=-1 of TrainingSettings is not allowed: it must be greater than or equal to 0.",
            "prior: the weight of the squared weights, 0 or more.",
        ),
        (
            lambda: RecipeSettings.of(Recipe.ACTIVE, first_frames=1),
            "Setting first_frames=1 of RecipeSettings is not allowed: it must be greater than or equal to 6.",
            "Correct the value.",
        ),
        (
            lambda: KohnShamSettings(ecut_ry=-1.0),
            "Setting ecut_ry=-1.0 of KohnShamSettings is not allowed: it must be greater than or equal to 5.",
            "ecut_ry: ",
        ),
    ],
)
def test_settings_that_are_not_allowed_are_told_in_a_sentence(make, cause, remedy):
    with pytest.raises(InputError) as refused:
        make()
    assert refused.value.cause == cause
    assert refused.value.remedy.startswith(remedy)


@pytest.mark.parametrize("settings", [llpt.RunSettings(**RUN), llpt.TrainingSettings(), llpt.Thresholds()])
def test_settings_once_made_do_not_change(settings):
    name = next(iter(type(settings).model_fields))
    with pytest.raises(InputError, match="does not change once it is made"):
        setattr(settings, name, 1)


def test_settings_within_another_model_keep_their_place_among_its_errors():
    class Study(BaseModel):
        oven: Oven

    with pytest.raises(ValidationError) as refused:
        Study.model_validate({"oven": {"heat_c": -1}})
    assert refused.value.errors()[0]["loc"] == ("oven", "heat_c")


@pytest.mark.parametrize(
    ("given", "cause", "remedy"),
    [
        ({"heat": "3"}, "The oven has no option 'heat'.", "Did you mean 'heat_c'? Its options are: heat_c, name."),
        ({"name": "a"}, "The oven needs the option heat_c.", "heat_c: how hot, above 0."),
        (
            {"heat_c": "-3"},
            "Option heat_c='-3' of the oven is not allowed: it must be greater than 0.",
            "heat_c: how hot, above 0.",
        ),
        ({"heat_c": "hot"}, "Option heat_c='hot' of the oven is not allowed: it must be a number", "heat_c: how hot"),
    ],
)
def test_options_that_are_not_allowed_are_told_in_a_sentence(given, cause, remedy):
    with pytest.raises(InputError) as refused:
        parse_options(Oven, given, owner="the oven")
    assert refused.value.cause.startswith(cause)
    assert refused.value.remedy.startswith(remedy)


def test_text_is_read_as_what_the_option_is():
    assert parse_options(Oven, {"heat_c": "180"}, owner="the oven") == Oven(heat_c=180.0)
    assert llpt.TrainingSettings(functions_from="net").functions_from == Path("net")
