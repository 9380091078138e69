"""``llpt audit transfer``: potentials on labelled frames, inside and outside of what they were trained on."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llpt.cli.bars import bar
from llpt.cli.console import PlainTable, known_text, output
from llpt.cli.evaluation import EngineOptions, split_options
from llpt.cli.overwriting import Overwrite, check_directory
from llpt.errors import InputError
from llpt.json_values import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ase import Atoms
    from rich.console import Console

    from llpt.audit import SpreadCalibration, TrainedQuantity, TransferErrors

RECORD, TABLE, FIGURE = "transfer.json", "transfer.csv", "calibration"
OWN = (RECORD, TABLE, f"{FIGURE}.*")
MOST_GROUPS = 10


def transfer(  # noqa: PLR0917 - typer takes arguments by position
    frames: Annotated[
        list[Path],
        typer.Argument(metavar="FRAMES...", help="Labelled frames that no training saw.", show_default=False),
    ],
    engine: Annotated[
        list[str],
        typer.Option("--engine", "-e", metavar="SPEC", help="A potential, as often as needed:", show_default=False),
    ],
    trained: Annotated[
        list[Path] | None,
        typer.Option(
            "--trained",
            metavar="FILE",
            help="What it was trained on: sizes, densities, temperatures.",
            show_default=False,
        ),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--range",
            metavar="WHAT=LOW:HIGH",
            help="A trained range in the place of that of the files: atoms, density (g/cm³) or temperature (K).",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where the results go.", show_default=False)
    ] = Path("transfer"),
    option: EngineOptions = None,
    *,
    committee: Annotated[
        bool, typer.Option("--committee", help="The potentials given are the members of one committee.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Say what potentials are worth outside of their training, and whether a committee knows its error.

    Errors below, inside and above the trained sizes, densities and temperatures, for each potential; of a committee,
    the true error by the disagreement of its members, as a curve. Two potentials, one trained on small cells and one on
    large ones, are two --engine.
    """
    from llpt.audit import committee_calibration, label_with_answers, transfer_errors  # noqa: PLC0415 - start-up time of the other commands
    from llpt.engines import member_specs, read_evaluated  # noqa: PLC0415
    from llpt.files import make_directory, write_atomically  # noqa: PLC0415
    from llpt.report import calibration_figure, draw  # noqa: PLC0415

    check_directory(out, OWN, overwrite=overwrite)
    ranges = _ranges(trained or [], given or [])
    labelled = [frame for path in frames for frame in read_evaluated(path)]
    if not labelled:
        raise InputError("There are no labelled frames.", "Give frames with an energy and forces.")
    potentials = {"committee": tuple(engine)} if committee else {spec: member_specs(spec) for spec in engine}
    rows: dict[str, tuple[TransferErrors, ...]] = {}
    calibrations: dict[str, dict[str, SpreadCalibration]] = {}
    for name, members in potentials.items():
        answers = [_answers(member, split_options(option), labelled) for member in members]
        rows[name] = transfer_errors(label_with_answers(labelled, answers), ranges)
        if len(members) > 1:
            calibrations[name] = committee_calibration(labelled, answers, groups=MOST_GROUPS)
    make_directory(out)
    write_atomically(out / TABLE, _as_csv(rows))
    write_atomically(out / RECORD, _as_json(rows, calibrations))
    console = output()
    _show_rows(console, rows)
    for name, found in calibrations.items():
        _show_calibration(console, name, found)
    if calibrations:
        drawn = {
            f"{what}, {name}" if len(calibrations) > 1 else what: each
            for name, found in calibrations.items()
            for what, each in found.items()
        }
        draw(calibration_figure(drawn), out)
    console.print(f"Results: {out}", markup=False)


def _ranges(files: Sequence[Path], given: Sequence[str]) -> dict[TrainedQuantity, tuple[float, float]]:
    """Return the trained ranges: of the files, those given by hand in their place."""
    from llpt.audit import TrainedQuantity, trained_ranges  # noqa: PLC0415 - start-up time
    from llpt.structure import read_structures  # noqa: PLC0415

    frames = [frame for path in files for frame in read_structures(path)]
    found = dict(trained_ranges(frames)) if frames else {}
    names = {each.value.partition(" ")[0]: each for each in TrainedQuantity}
    for text in given:
        name, _, ends = text.partition("=")
        try:
            low, high = (float(end) for end in ends.split(":"))
        except ValueError:
            low = high = math.nan
        if name not in names or not low <= high:
            raise InputError(
                f"--range {text} is no range.", f"Write {', '.join(names)}, then =LOW:HIGH, e.g. --range atoms=8:100."
            )
        found[names[name]] = low, high
    if not found:
        raise InputError(
            "The training data of the potential are not given.",
            "Give --trained FILE, or --range atoms=8:100 and the like.",
        )
    return found


def _answers(spec: str, options: Mapping[str, str], frames: Sequence[Atoms]) -> list[Atoms]:
    from llpt.engines import evaluate, make_engine  # noqa: PLC0415 - start-up time

    calculator = make_engine(spec, options)
    try:
        with bar(spec, len(frames)) as advance:
            return evaluate(frames, calculator, on_frame=advance)
    finally:
        calculator.close()


def _as_csv(rows: Mapping[str, Sequence[TransferErrors]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            *("potential", "range of", "place", "frames", "energy less that inside (meV/atom)", "its error"),
            *("pressure error (GPa)", "its error", "force error (eV/Å)", "force (eV/Å)"),
        ]
    )
    for name, found in rows.items():
        for row in found:
            writer.writerow(
                [
                    *(name, row.quantity, row.place, row.frames, row.energy.value, row.energy.error),
                    *(row.pressure.value, row.pressure.error),
                    *(row.force_error_ev_per_angstrom, row.force_ev_per_angstrom),
                ]
            )
    return text.getvalue()


def _as_json(
    rows: Mapping[str, Sequence[TransferErrors]], calibrations: Mapping[str, Mapping[str, SpreadCalibration]]
) -> str:
    """Return everything; a number that is not known is null."""
    content = {name: {"transfer": found, "calibration": calibrations.get(name, {})} for name, found in rows.items()}
    return json.dumps(plain(content), indent=1) + "\n"


def _show_rows(console: Console, rows: Mapping[str, Sequence[TransferErrors]]) -> None:
    table = PlainTable(
        "potential",
        "range of",
        "place",
        "frames >",
        "energy (meV/atom) >",
        "pressure (GPa) >",
        "forces (eV/Å) >",
        "of >",
    )
    for name, found in rows.items():
        for row in found:
            forces = (f"{row.force_error_ev_per_angstrom:.3g}", f"{row.force_ev_per_angstrom:.3g}")
            energy, pressure = known_text(row.energy), known_text(row.pressure)
            table.add_row(name, str(row.quantity), str(row.place), str(row.frames), energy, pressure, *forces)
    console.print(table)
    console.print("Energies less the mean of the frames inside the range; potential less label.\n")


def _show_calibration(console: Console, name: str, found: Mapping[str, SpreadCalibration]) -> None:
    for what, each in found.items():
        unit = f"({each.unit})"
        console.print(
            f"{name}, {what}: true error over disagreement {known_text(each.factor)}, {each.blocks} blocks",
            markup=False,
        )
        console.print(f"  rank correlation of disagreement and error {known_text(each.rank_correlation)}", markup=False)
        table = PlainTable(f"disagreement {unit} >", f"rms error {unit} >")
        for spread, error in zip(each.spreads, each.errors, strict=True):
            table.add_row(f"{spread:.3g}", known_text(error))
        console.print(table)
