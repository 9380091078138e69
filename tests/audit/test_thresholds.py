"""Thresholds are declared once: with unit, default, limit and reason, for the audit and for the study file alike."""

import subprocess
import sys

import pytest

from llpt.audit import Threshold, Thresholds, compared_quantities, thresholds
from llpt.audit.quantities import BUILT_IN
from llpt.audit.thresholds import COMPARISONS, ENTHALPY_CHANGE, JUDGED
from llpt.errors import InputError
from llpt.study.engine_sections import VerdictSection


def test_the_section_of_the_study_file_has_the_same_fields():
    assert VerdictSection.model_fields.keys() == Thresholds.model_fields.keys()
    assert VerdictSection().thresholds() == Thresholds()
    for key, field in Thresholds.model_fields.items():
        assert VerdictSection.explain(key) == field.description


def test_every_threshold_is_the_field_of_its_key():
    declared = [each for each in vars(thresholds).values() if isinstance(each, Threshold)]
    assert sorted(each.key for each in declared) == sorted(each.key for each in COMPARISONS)
    fields = {key: field for key, field in Thresholds.model_fields.items() if "why" in (field.json_schema_extra or {})}
    assert fields.keys() - {"minimum_production_ps", "minimum_atoms"} == {each.key for each in declared}
    for each in declared:
        own, field = each.field(), Thresholds.model_fields[each.key]
        assert (field.default, field.description) == (own.default, own.description)
        assert field.json_schema_extra == own.json_schema_extra
        assert {*own.metadata} <= {*field.metadata}


def test_every_quantity_has_a_threshold_with_a_reason():
    for quantity in compared_quantities():
        assert quantity.threshold.why.endswith(".")
        assert quantity.threshold.unit
        assert Thresholds().value_of(quantity.threshold) > 0.0


def test_a_threshold_that_is_not_given_follows_another():
    offset = next(each.threshold for each in compared_quantities() if each.name == "density offset")
    assert Thresholds(density_percent=2.5).value_of(offset) == 2.5
    assert Thresholds(density_percent=2.5, density_offset_percent=0.5).value_of(offset) == 0.5


@pytest.mark.parametrize(
    "wrong",
    [
        {"density_percent": 0.0},
        {"density_percent": 101.0},
        {"transition_temperature_k": "50"},
        {"confidence": 0.5},
        {"minimum_atoms": 0},
        {"others": {"enthalpy_percent": -1.0}},
        {"density": 1.0},
    ],
)
def test_what_is_out_of_range_is_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        Thresholds(**wrong)


def test_thresholds_are_read_without_the_analysis():
    code = "import sys, llpt.study.file; print([name for name in ('xarray', 'llpt.transition') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_comparison_is_declared_once():
    """Its name, threshold, and whether it is judged stand in one record, which everything else derives from."""
    by_name = {each.quantity: each for each in COMPARISONS}
    assert len(by_name) == len(COMPARISONS)
    own = {each.name: each.threshold for each in BUILT_IN}
    assert own == {**by_name, "enthalpy from F": ENTHALPY_CHANGE}  # held to the threshold of the enthalpy
    assert {each.key for each in COMPARISONS} == {
        key for key, field in Thresholds.model_fields.items() if "unit" in (field.json_schema_extra or {})
    } - {"minimum_production_ps"}
    assert Thresholds().judge == JUDGED == tuple(name for name in own if Thresholds().judges(name) and name in JUDGED)
    shown = {name for name in own if not Thresholds().judges(name)}
    assert shown == {
        "enthalpy", "enthalpy from F", "g(r)", "molecular fraction", "diffusion coefficient", "heat capacity",
        "compressibility",
    }  # fmt: skip
    assert Thresholds(judge=("density",)).judges("pressure")
    assert not Thresholds(judge=("density",)).judges("transition pressure")
