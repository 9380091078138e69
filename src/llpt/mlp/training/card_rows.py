"""What a reader must know of a trained network, as rows of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llpt.mlp.quality.accuracy import ErrorSummary
    from llpt.mlp.training.card import ModelCard


def card_rows(card: ModelCard) -> dict[str, str]:
    """Return what a reader must know of a trained network, the phase-differential bias first."""
    rows: dict[str, str] = {}
    accuracy = card.test or card.validation
    if accuracy is not None:
        bias = accuracy.phase_bias
        if bias.molecular_mev_per_atom is not None:
            error = "unknown" if bias.error_mev_per_atom is None else f"{bias.error_mev_per_atom:.2g}"
            text = f"{bias.molecular_mev_per_atom:.3g} meV/atom, error {error}, from {bias.blocks} blocks"
        else:
            low, high = bias.fraction_range
            text = f"not determined: the molecular fraction spans {low:.2f} to {high:.2f} in {bias.blocks} blocks"
        rows["phase-differential bias (energy error, molecular minus atomic)"] = text
        rows["errors on frames held out"] = _errors(accuracy.overall)
        rows |= {f"of these, {phase}": _errors(errors) for phase, errors in accuracy.by_phase.items() if errors.frames}
    if card.training is not None:
        rows["errors on training frames"] = _errors(card.training.overall)
    data = card.datasets.values()
    counts = [sum(getattr(each, part) for each in data) for part in ("training", "validation", "test")]
    rows["frames for training, validation, test"] = ", ".join(str(count) for count in counts)
    rows["labels"] = ", ".join(card.labels)
    known = [value for value in card.electronic_temperatures_k if value is not None]
    rows["electronic temperature of the labels"] = (
        f"{', '.join(f'{value:g}' for value in known)} K" if known else "none"
    )
    if card.mixed_electronic_temperatures:
        rows["mixed on purpose"] = "labels of several electronic temperatures, which the potential cannot tell apart"
    rows["network"] = f"{card.symmetry_functions} symmetry functions, {card.weights} weights"
    rows["fit"] = f"{card.iterations} iterations, best at {card.best_iteration}, {card.seconds:.0f} s; {card.stopped}"
    rows["SHA-256 of the network"] = f"{card.network_hash[:16]}…"
    return rows


def _errors(errors: ErrorSummary) -> str:
    share = 100.0 * errors.force_rmse_ev_per_angstrom / errors.force_rms_ev_per_angstrom
    stress = "" if errors.stress_rmse_gpa is None else f", stress {errors.stress_rmse_gpa:.3g} GPa"
    return (
        f"force {errors.force_rmse_ev_per_angstrom:.3g} eV/Å ({share:.0f} % of rms), "
        f"energy {errors.energy_rmse_mev_per_atom:.3g} meV/atom{stress} ({errors.frames} frames)"
    )
