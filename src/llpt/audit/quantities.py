"""Every quantity that a verdict compares.

A quantity is declared once, in a module of its own; it is compared once it is in ``BUILT_IN``, or once a package names
it as an entry point of the group ``llpt.comparisons``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.audit.compared import ComparedQuantity, Contrast
from llpt.audit.curves import (
    COMPRESSIBILITY_COMPARISON,
    DIFFUSION_COMPARISON,
    FIRST_PEAK_COMPARISON,
    HEAT_CAPACITY_COMPARISON,
    MOLECULES_COMPARISON,
    PRESSURE_COMPARISON,
)
from llpt.audit.density import DENSITY_COMPARISON, DENSITY_OFFSET_COMPARISON
from llpt.audit.enthalpy import ENTHALPY_COMPARISON, ENTHALPY_FROM_F_COMPARISON, ENTHALPY_STEP_COMPARISON
from llpt.audit.radial import RADIAL
from llpt.audit.thresholds import Thresholds
from llpt.audit.transition_order import TRANSITION_ORDER
from llpt.audit.transition_temperature import (
    PLACES,
    TRANSITION_DENSITY,
    TRANSITION_PRESSURE,
    TRANSITION_PRESSURE_WIDTH,
    TRANSITION_TEMPERATURE,
    TRANSITION_WIDTH,
)
from llpt.errors import InputError, unsuitable
from llpt.plugins import read_plugins
from llpt.transition import all_criteria, deciding, plugin_criteria

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.audit.pairing import Pair
    from llpt.audit.verdict import Comparison
    from llpt.errors import PluginError
    from llpt.plugins import Plugins
    from llpt.transition import Criterion

BUILT_IN = (
    TRANSITION_TEMPERATURE,
    TRANSITION_PRESSURE,
    TRANSITION_DENSITY,
    TRANSITION_WIDTH,
    TRANSITION_PRESSURE_WIDTH,
    TRANSITION_ORDER,
    PRESSURE_COMPARISON,
    DENSITY_OFFSET_COMPARISON,
    DENSITY_COMPARISON,
    ENTHALPY_STEP_COMPARISON,
    ENTHALPY_COMPARISON,
    ENTHALPY_FROM_F_COMPARISON,
    FIRST_PEAK_COMPARISON,
    RADIAL,
    MOLECULES_COMPARISON,
    DIFFUSION_COMPARISON,
    HEAT_CAPACITY_COMPARISON,
    COMPRESSIBILITY_COMPARISON,
)
GROUP = "llpt.comparisons"


def plugin_quantities() -> Plugins[ComparedQuantity]:
    """Return the quantities of other packages, and why some of them cannot be used."""
    return read_plugins(GROUP, ComparedQuantity, taken=[quantity.name for quantity in BUILT_IN])


def compared_quantities() -> tuple[ComparedQuantity, ...]:
    """Return every quantity there is, those of other packages last; which of them count the thresholds say."""
    return (*BUILT_IN, *plugin_quantities().records.values())


def contrasts_of(quantity: ComparedQuantity, pair: Pair, thresholds: Thresholds) -> list[Contrast]:
    """Return the differences of one quantity; one that is open where there are none and it has to be there.

    It has to be there where the study asks for it, and where it is judged and one side alone has what both can have.

    Args:
        quantity: what is compared.
        pair: of lines of states, without solid points.
        thresholds: of the study.
    """
    contrasts = (
        list(quantity.contrasts(pair, thresholds)) if quantity in BUILT_IN else _of_plugin(quantity, pair, thresholds)
    )
    if contrasts:
        return contrasts
    missing = f"There is no {quantity} of both sides to compare"
    if quantity.name in thresholds.also_judge:
        return [quantity.open_because(missing)]
    lacking = _lacking(quantity, pair, thresholds)
    if len(lacking) == 1:
        left_out = "left out of [verdict] judge it would not count"
        return [quantity.open_because(f"{missing}: {lacking[0]} has none ({left_out})")]
    return []


def missing_in(pair: Pair, thresholds: Thresholds) -> str:
    """Return what is judged and cannot be compared because neither side has it; empty where there is nothing.

    Args:
        pair: of lines of states, without solid points.
        thresholds: of the study.
    """
    names = [each.name for each in compared_quantities() if len(_lacking(each, pair, thresholds)) > 1]
    return f"Not compared, since neither side has it: {', '.join(names)}" if names else ""


def _lacking(quantity: ComparedQuantity, pair: Pair, thresholds: Thresholds) -> list[str]:
    """Return the engines without a judged quantity that runs of any engine can have."""
    if quantity.is_in is None or not thresholds.judges(quantity.name):
        return []
    sides = (pair.reference.states, pair.surrogate.states)
    return [states.engine for states in sides if not quantity.is_in(states)]


def _of_plugin(quantity: ComparedQuantity, pair: Pair, thresholds: Thresholds) -> list[Contrast]:
    """Return the differences of another package's quantity; what goes wrong in it leaves it open, and no more."""
    unit = quantity.threshold.unit
    try:
        contrasts = list(quantity.contrasts(pair, thresholds))
    except Exception as error:  # noqa: BLE001 - a plug-in raises whatever it likes
        return [quantity.open_because(f"The comparison of {quantity} failed with {type(error).__name__}: {error}")]
    if any(each.difference.unit != unit for each in contrasts):
        return [quantity.open_because(f"The comparison of {quantity} gave differences that are not in {unit}")]
    return contrasts


def is_only_reported(comparison: Comparison, thresholds: Thresholds) -> bool:
    """Whether a comparison of a verdict is of a kind that is shown, and that these thresholds do not ask to judge."""
    names = {each.name for each in compared_quantities() if each not in PLACES and not thresholds.judges(each.name)}
    kinds = {
        f"{place} ({each})"
        for place in PLACES
        for each in all_criteria()
        if not _may_be_judged(place, each, thresholds)
    }
    text = comparison.quantity
    return text in kinds or any(text == name or text.startswith(f"{name} (") for name in names)


def _may_be_judged(place: ComparedQuantity, criterion: Criterion, thresholds: Thresholds) -> bool:
    first = any(criterion in deciding(kind) for kind in PLACES[place]) and thresholds.judges(place.name)
    return first or thresholds.judges(criterion.name)


def is_built_in(comparison: Comparison) -> bool:
    """Whether a comparison of a verdict is of a quantity, and by a criterion, that come with this program."""
    text = comparison.quantity
    own = {each.name for each in all_criteria()} - plugin_criteria().records.keys()
    for quantity in BUILT_IN:
        if text == quantity.name:
            return True
        if text.startswith(f"{quantity} (") and text.endswith(")"):
            kind = text[len(quantity.name) + 2 : -1]
            return quantity not in PLACES or kind in own
    return False


def check_asked(thresholds: Thresholds) -> None:
    """Check that every name in ``judge`` and ``also_judge`` and every key in ``others`` is known.

    Raises:
        InputError: one is not.
        PluginError: one belongs to a package that cannot be used.
    """
    quantities = compared_quantities()
    names = [*(each.name for each in all_criteria()), *(each.name for each in quantities)]
    if not isinstance(thresholds, Thresholds):
        raise unsuitable(thresholds, "is no set of thresholds", "Give llpt.Thresholds(...); all have defaults.")
    faults = {**plugin_criteria().faults, **plugin_quantities().faults}
    for key in ("judge", "also_judge"):
        for name in getattr(thresholds, key):
            _check(f"verdict.{key} names", name, names, faults)
    keys = [each.threshold.key for each in quantities if each.threshold.key not in Thresholds.model_fields]
    for key in thresholds.others:
        _check("verdict.others has the threshold", key, keys, {})


def _check(where: str, name: str, known: list[str], faults: Mapping[str, PluginError]) -> None:
    if name in faults:
        raise faults[name]
    if name not in known:
        raise InputError(
            f"{where} {name!r}, which this program does not know.",
            f"Install the package that adds it, or correct the name; known are: {', '.join(known) or 'none'}.",
        )
