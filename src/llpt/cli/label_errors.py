"""Errors of an engine on labelled frames as a table, which several commands print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from llpt.cli.console import PlainTable, output

if TYPE_CHECKING:
    from llpt.mlp import Accuracy
    from llpt.mlp.quality.accuracy import BiasSummary, ErrorSummary


def show_label_errors(accuracy: Accuracy) -> None:
    """Print the phase-differential bias, then errors over all frames, by data set and by phase."""
    console = output()
    console.print(phase_bias_sentence(accuracy.phase_bias), markup=False)
    table = PlainTable(
        "frames of",
        "number >",
        "energy (meV/atom) >",
        "force (eV/Å) >",
        "of rms force (%) >",
        "pressure (GPa) >",
    )
    table.add_row("all", *_cells(accuracy.overall))
    if len(accuracy.by_dataset) > 1:
        for name, errors in accuracy.by_dataset.items():
            table.add_row(escape(f"data set {name}"), *_cells(errors))
    for name, errors in accuracy.by_phase.items():
        table.add_row(f"{name} fluid", *_cells(errors))
    console.print(table)
    console.print("Root mean squares; the energy after the mean error of each data set in the row is taken off.")


def phase_bias_sentence(bias: BiasSummary) -> str:
    """Say the phase-differential bias, or why it is not known.

    Args:
        bias: of the accuracy.
    """
    low, high = bias.fraction_range
    span = f"molecular fractions {low:.2f} to {high:.2f}"
    if bias.molecular_mev_per_atom is None:
        return (
            f"Phase-differential bias: not determined by these frames ({span}; it needs frames of both phases, from "
            "several stretches of trajectory)."
        )
    return (
        f"Phase-differential bias: {bias.molecular_mev_per_atom:+.2f} ± {bias.error_mev_per_atom:.2f} meV/atom, "
        f"molecular less atomic at one density ({span}, {bias.blocks} stretches of trajectory)."
    )


def _cells(errors: ErrorSummary) -> list[str]:
    force, rms = errors.force_rmse_ev_per_angstrom, errors.force_rms_ev_per_angstrom
    return [
        str(errors.frames),
        f"{errors.energy_rmse_mev_per_atom:.3g}",
        f"{force:.3g}",
        f"{100.0 * force / rms:.3g}" if rms else "",
        "not available" if errors.pressure_rmse_gpa is None else f"{errors.pressure_rmse_gpa:.3g}",
    ]
