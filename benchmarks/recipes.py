"""Compare training recipes on held-out liquids: the errors of each generation as JSON, and a figure.

    llpt train --recipe small-cells -o SMALL  --held-out LIQUIDS --option kpoints=spacing:0.74
    llpt train --recipe active      -o ACTIVE --held-out LIQUIDS --option kpoints=spacing:0.74
    python benchmarks/recipes.py SMALL ACTIVE [--figure docs/figures/recipes.png]

``LIQUIDS`` are labelled frames of the same reference that neither recipe sees, e.g. from its molecular dynamics.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from llpt.learning import GenerationErrors

if TYPE_CHECKING:
    from collections.abc import Sequence


def read_history(directory: Path) -> list[GenerationErrors]:
    paths = sorted(directory.glob("generation-*/errors.json"), key=lambda path: int(path.parent.name.split("-")[1]))
    return [GenerationErrors.model_validate_json(path.read_text(encoding="utf-8")) for path in paths]


def name_of(directory: Path) -> str:
    """Return the recipe, and whether its active kind took frames of the potential's dynamics alone."""
    settings = json.loads((directory / "recipe.json").read_text(encoding="utf-8"))["settings"]
    alone = settings["recipe"] == "active" and not settings.get("reference_steps", 0)
    return f"{settings['recipe']}, reference_steps=0" if alone else str(settings["recipe"])


def rows(history: Sequence[GenerationErrors]) -> list[dict[str, float | int | None]]:
    table: list[dict[str, float | int | None]] = []
    for entry in history:
        row: dict[str, float | int | None] = {"generation": entry.generation, "frames": entry.frames}
        row["atoms"] = entry.atoms
        for name, accuracy in (("held_out", entry.held_out), ("new_frames", entry.new_frames)):
            if accuracy is not None:
                row[f"{name}_force_ev_per_angstrom"] = accuracy.overall.force_rmse_ev_per_angstrom
                row[f"{name}_energy_mev_per_atom"] = accuracy.overall.energy_rmse_mev_per_atom
                row[f"{name}_pressure_gpa"] = accuracy.overall.pressure_rmse_gpa
                row[f"{name}_phase_bias_mev_per_atom"] = accuracy.phase_bias.molecular_mev_per_atom
        if entry.ensemble_shift is not None:
            row["ensemble_shift_mev_per_atom"] = entry.ensemble_shift.mev_per_atom
            row["ensemble_shift_error_mev_per_atom"] = entry.ensemble_shift.error_mev_per_atom
        table.append(row)
    return table


def draw(histories: dict[str, list[GenerationErrors]], path: Path) -> None:
    import matplotlib.pyplot as plt  # noqa: PLC0415 - only where a figure is asked for

    figure, panels = plt.subplots(1, 2, figsize=(7.0, 2.8), constrained_layout=True)
    for (name, history), marker in zip(histories.items(), "os^v", strict=False):
        known = [entry for entry in history if entry.held_out is not None]
        atoms = [entry.atoms for entry in known]
        errors = [entry.held_out.overall for entry in known if entry.held_out is not None]
        panels[0].plot(atoms, [error.force_rmse_ev_per_angstrom for error in errors], marker=marker, label=name)
        panels[1].plot(atoms, [error.energy_rmse_mev_per_atom for error in errors], marker=marker, label=name)
    for panel, label in zip(panels, ("force error (eV/Å)", "energy error (meV/atom)"), strict=True):
        panel.set_xlabel("labelled atoms")
        panel.set_ylabel(label)
        panel.set_ylim(bottom=0.0)
    panels[0].legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=160)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", type=Path, nargs="+")
    parser.add_argument("--figure", type=Path)
    options = parser.parse_args()
    histories = {name_of(directory): read_history(directory) for directory in options.recipes}
    print(json.dumps({name: rows(history) for name, history in histories.items()}, indent=1))
    if options.figure is not None:
        draw(histories, options.figure)


if __name__ == "__main__":
    main()
