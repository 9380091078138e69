"""Summaries that were kept: what in them is still as today's observables have it, and how the rest is renewed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from llpt.observables.record import ERROR, SAMPLES, FileObservable
from llpt.observables.registry import all_observables
from llpt.observables.summary import FAILED, STATISTICS_VERSION, SUMMARY_FORMAT, VERSIONS
from llpt.statistics import STATISTICS

ROUNDING = 1e-6
"""Largest relative difference that counts as rounding: g(r) and order parameters are computed in single precision."""


@dataclass(frozen=True)
class KeptComparison:
    """A kept summary against one that was made anew from the same run; names of variables.

    Args:
        compared: those that agree, or differ no more than rounding explains.
        differing: those that do not, and those that one of the two lacks without a reason.
        new: those of observables that the kept one was never asked for.
        old: those of observables whose version, or whose statistics, is another today; they cannot be compared.
        unknown: those of observables that are not known here, of packages that are not installed.
    """

    compared: tuple[str, ...]
    differing: tuple[str, ...]
    new: tuple[str, ...]
    old: tuple[str, ...]
    unknown: tuple[str, ...]


def versions_in(summary: xr.Dataset) -> dict[str, int]:
    """Return the version of each observable that a summary was asked for; empty where it does not say."""
    versions = str(summary.attrs.get(VERSIONS, ""))
    return {name: int(version) for name, _, version in (each.rpartition(" ") for each in versions.split(", ") if each)}


def statistics_of(summary: xr.Dataset) -> int:
    """Return the version of the statistics that a summary's errors come from; 1 where it does not say."""
    return int(summary.attrs.get(STATISTICS_VERSION, 1))


def outdated(summary: xr.Dataset) -> set[str] | None:
    """Return the observables that a kept summary lacks or holds in another version; None where that holds for all.

    Args:
        summary: of a run, as it was kept.
    """
    same = summary.attrs.get("format") == SUMMARY_FORMAT and statistics_of(summary) == STATISTICS
    if not same or VERSIONS not in summary.attrs:
        return None
    kept = versions_in(summary)
    observables = all_observables()
    known = [each for each in observables if not isinstance(each, FileObservable)]
    old = {each.name for each in known if kept.get(each.name) != each.version}
    return old | observables.made_from(old)


def renewed(kept: xr.Dataset, fresh: xr.Dataset) -> xr.Dataset:
    """Return a kept summary in which the observables of a fresh one stand in the place of their former selves.

    An observable that only the kept one knows, of a package that is gone, stays as it was.

    Args:
        kept: a summary of the run.
        fresh: another of the same run, of some observables only.
    """
    anew = versions_in(fresh)
    chosen = {str(name): kept[name] for name in kept.data_vars if _giver(str(name)) not in anew}
    chosen |= {str(name): fresh[name] for name in fresh.data_vars if _giver(str(name)) in anew}
    place = {name: number for number, name in enumerate(all_observables().quantities)}

    def rank(name: str) -> tuple[bool, int]:
        """Arrays and plain numbers first, then sampled numbers, each in the registry's order."""
        quantity = _quantity(name)
        counts = chosen.get(f"{quantity}{SAMPLES}")
        return counts is not None and not counts.dims, place.get(quantity, len(place))

    attributes = kept.attrs | fresh.attrs
    attributes[VERSIONS] = ", ".join(f"{name} {number}" for name, number in (versions_in(kept) | anew).items())
    if FAILED not in fresh.attrs:
        attributes.pop(FAILED, None)
    return xr.Dataset({name: chosen[name] for name in sorted(chosen, key=rank)}, attrs=attributes)


def compare_kept(kept: xr.Dataset, fresh: xr.Dataset) -> KeptComparison:
    """Hold a kept summary against one made anew: only what the kept one was asked for, in the versions of today.

    Args:
        kept: as it was stored.
        fresh: of the same run.
    """
    asked, today = versions_in(kept), versions_in(fresh)
    other_errors = statistics_of(kept) != statistics_of(fresh)
    quantities = all_observables().quantities
    found: dict[str, list[str]] = {"compared": [], "differing": [], "new": [], "old": [], "unknown": []}
    for name in (str(each) for each in {**fresh.data_vars, **kept.data_vars}):
        giver = _giver(name)
        if other_errors or (giver in asked and giver in today and asked[giver] != today[giver]):
            found["old"].append(name)
        elif name not in fresh:
            gone = giver == "" and not asked.keys() <= today.keys()
            found["unknown" if gone else "differing"].append(name)
        elif name not in kept:
            found["differing" if giver in asked else "new"].append(name)
        elif quantities[_quantity(name)].reproducible:
            found["compared" if _agree(fresh[name], kept[name]) else "differing"].append(name)
    return KeptComparison(**{key: tuple(names) for key, names in found.items()})


def _quantity(variable: str) -> str:
    """Return the name of the quantity that a variable belongs to; its own where no observable is known to give it."""
    known = all_observables().quantities
    ways = (variable, variable.removesuffix(SAMPLES), variable.removesuffix(ERROR))
    return next((name for name in ways if name in known), ways[1] if ways[1] != variable else ways[2])


def _giver(variable: str) -> str:
    """Return the name of the observable that gives a variable; empty where none is known."""
    giver = all_observables().givers.get(_quantity(variable))
    return giver.name if giver is not None else ""


def _agree(one: xr.DataArray, other: xr.DataArray) -> bool:
    """Whether two variables agree within rounding of their largest value."""
    left, right = one.to_numpy().astype(float), other.to_numpy().astype(float)
    if left.shape != right.shape:
        return False
    scale = float(np.abs(right[np.isfinite(right)]).max(initial=0.0))
    return bool(np.allclose(left, right, rtol=ROUNDING, atol=ROUNDING * scale, equal_nan=True))
