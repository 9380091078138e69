"""``llpt explain``: why surrogate and reference differ, and where the kelvins come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from llpt.campaign.state import words_of_line
from llpt.cli.analysis import bar_of_runs
from llpt.cli.console import PlainTable, known_text, messages, output
from llpt.cli.diagnosing import show_diagnoses
from llpt.cli.exits import EXIT_FAILED
from llpt.cli.places import Directory  # noqa: TC001 - typer reads it

if TYPE_CHECKING:
    from rich.console import Console

    from llpt.audit import Residuals
    from llpt.campaign.explained import (
        CampaignExplanation,
        PlacedBudget,
        PlacedCrossover,
        PlacedExplanation,
        StateDifference,
    )
    from llpt.statistics import Estimate


def explain(
    directory: Directory,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    r"""Say why a surrogate and its reference differ, from the labels that \[bridge] and \[budget] of the study give.

    First what is wrong by name, with its size and its kelvins, and the energy error between the phases; then errors by
    group, free-energy differences of each state, the shift they predict beside the one observed, and what each choice
    behind the reference does, in kelvin.
    """
    from llpt.study import Ledger, StudyDirectory, make_plan  # noqa: PLC0415 - start-up time of the other commands
    from llpt.study.explaining import diagnoses_of, explain_study  # noqa: PLC0415
    from llpt.study.observed_ladders import ladders_of_study  # noqa: PLC0415
    from llpt.study.observing import observe_runs  # noqa: PLC0415

    place = StudyDirectory.open(directory)
    plan = make_plan(place.study)
    with Ledger(place.database) as ledger:
        entries = {entry.path: entry for entry in ledger.entries()}
    with bar_of_runs("averaging") as on_run:
        observed, _ = observe_runs(place, plan, entries, on_run)
    ladders = ladders_of_study(place.study, observed)
    explained = explain_study(place, plan, entries, ladders)
    found = explained[0]
    for path, reason in found.refused.items():
        messages().print(f"[bold red]left out:[/] {path}: {reason}")
    if not found.states and not found.budgets:
        messages().print("There are no labels. Add \\[bridge] or \\[budget] to the study file and run it.")
        raise typer.Exit(EXIT_FAILED)
    if as_json:
        typer.echo(found.to_json())
        return
    show_diagnoses(output(), diagnoses_of(place, plan, entries, ladders, explained))
    _show(found)


def _show(found: CampaignExplanation) -> None:
    console = output()
    if found.residuals is not None:
        _show_residuals(console, found.residuals)
    if found.states:
        _show_states(console, found.states)
    for shift in found.shifts:
        _show_shift(console, shift)
    for crossover in found.crossovers:
        _show_crossover(console, crossover)
    for budget in found.budgets:
        _show_budget(console, budget)


def _show_residuals(console: Console, residuals: Residuals) -> None:
    bias = residuals.accuracy.phase_bias
    if bias.molecular_mev_per_atom is None:
        console.print("Energy error between the phases: not determined by these configurations.\n")
    else:
        value = f"{bias.molecular_mev_per_atom:.1f} ± {bias.error_mev_per_atom:.1f} meV/atom"
        console.print(f"Energy error, molecular less atomic at one density: {value}\n")
    table = PlainTable("by", "group", "frames >", "energy (meV/atom) >", "pressure (GPa) >", "forces (eV/Å) >", "of >")
    for row in residuals.groups:
        forces = (f"{row.force_error_ev_per_angstrom:.3g}", f"{row.force_ev_per_angstrom:.3g}")
        table.add_row(
            row.grouping, row.group, str(row.frames), known_text(row.energy), known_text(row.pressure), *forces
        )
    console.print(table)
    if residuals.missing:
        console.print(residuals.missing)
    near = residuals.neighbours
    if near.share > 0.0:
        console.print(
            f"Force error of the {100.0 * near.share:.2g} % of ions whose nearest neighbour is at 0.85-1.0 Å: "
            f"{near.inside_ev_per_angstrom:.3g} eV/Å, of the others {near.outside_ev_per_angstrom:.3g}."
        )
    console.print()


def _show_states(console: Console, states: tuple[StateDifference, ...]) -> None:
    table = PlainTable(
        "line", "N >", "T (K) >", "runs", "ΔG (meV/atom) >", "bracket (meV/atom) >", "J per atom >", "method"
    )
    for state in states:
        phase = state.difference
        ends = [1000.0 * end.value / phase.atoms for end in (phase.lower, phase.upper)]
        table.add_row(
            state.place.line,
            str(state.place.atoms),
            f"{state.place.temperature_k:g}",
            str(state.test),
            known_text(phase.per_atom_mev),
            f"{ends[0]:.4g} … {ends[1]:.4g}",
            known_text(phase.jeffreys_per_atom),
            str(phase.method),
        )
    console.print(table)
    console.print()


def _show_shift(console: Console, placed: PlacedExplanation) -> None:
    place, found = placed.place, placed.explanation
    console.print(
        f"{words_of_line(place.line)}, {place.atoms} atoms, both phases at {place.temperature_k:g} K:", markup=False
    )
    bias = known_text(found.temperature.difference_mev_per_atom, "meV/atom")
    console.print(f"  free-energy difference, phase above less phase below: {bias}")
    console.print(f"  T* of the reference less that of the surrogate: {known_text(found.temperature.value, 'K')}")
    console.print(f"  P* likewise, at fixed temperature: {known_text(found.pressure.value, 'GPa')}")
    console.print(f"  {found.finding}: {found.sentence}", markup=False)
    console.print(f"  {placed.region}", markup=False)
    if found.labels is not None:
        console.print(f"  25 K take {found.labels} independent labels in each phase and ensemble.")
    console.print()


def _show_crossover(console: Console, placed: PlacedCrossover) -> None:
    found = placed.crossover
    console.print(
        f"{words_of_line(placed.line)}, {placed.atoms} atoms, cells that go to and fro across {found.region}: p is the "
        "share of the region stable above the transition.",
        markup=False,
    )
    table = PlainTable(
        "T (K) >",
        "surrogate: ln p/(1-p) >",
        "D (meV/atom) >",
        "overlap >",
        "method below, above",
        "reference foretold >",
        "reference's runs >",
    )
    reference = {each.temperature_k: each for each in found.reference_visits}
    labels = {each.temperature_k: each for each in found.differences}
    surrogate = {each.temperature_k: each for each in found.surrogate_visits}
    for temperature in sorted({*reference, *labels, *surrogate}):
        own, labelled, seen = surrogate.get(temperature), labels.get(temperature), reference.get(temperature)
        table.add_row(
            f"{temperature:g}",
            "" if own is None else known_text(own.log_ratio),
            "" if labelled is None else known_text(labelled.difference_mev_per_atom),
            "" if labelled is None else f"{labelled.overlap:.2g}",
            "" if labelled is None else f"{labelled.low}, {labelled.high}",
            "" if labelled is None else known_text(labelled.predicted),
            "" if seen is None else known_text(seen.log_ratio),
        )
    console.print(table)
    for name, place in (
        ("surrogate's runs", found.surrogate),
        ("reference's runs", found.reference),
        ("reference, foretold", found.predicted),
    ):
        console.print(
            f"  T* of the {name}: {_kelvin(place.temperature)}, step of the cell's enthalpy "
            f"{known_text(place.enthalpy, 'eV')}, chi-squared {place.chi_squared:.2g} of {place.degrees_of_freedom}",
            markup=False,
        )
    console.print(f"  shift, reference less surrogate, by the labels: {_kelvin(found.predicted_shift)}")
    console.print(f"  by both sides' runs: {_kelvin(found.observed_shift)}")
    console.print(f"  {found.finding}: {found.sentence}", markup=False)
    console.print()


def _kelvin(value: Estimate) -> str:
    return str(value) if value.resolved else "not known"


def _show_budget(console: Console, placed: PlacedBudget) -> None:
    place = placed.place
    console.print(
        f"Where the kelvins come from: {words_of_line(place.line)}, {place.atoms} atoms, {place.temperature_k:g} K"
    )
    table = PlainTable(
        "choice", "T* (K) >", "phases (meV/atom) >", "density below (%) >", "density above (%) >", "what came of it"
    )
    for row in placed.rows:
        table.add_row(
            row.choice,
            known_text(row.shift.value),
            known_text(row.shift.difference_mev_per_atom),
            known_text(row.density_low),
            known_text(row.density_high),
            row.sentence,
        )
    console.print(table)
    console.print(placed.region, markup=False)
    console.print()
