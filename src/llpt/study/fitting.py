"""The study file that fits what is there: runs made elsewhere, a potential, or both."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from llpt.engines import BUILT_IN, DEFAULT_REFERENCE, find_engine, make_engine
from llpt.engines.face import EngineCalculator
from llpt.errors import InputError
from llpt.study.model_study import spec_of
from llpt.study.sections import DynamicsSection, on_one_line
from llpt.study.template import as_toml, study_template, with_defaults
from llpt.trajectory.foreign.vasp_theory import VaspTheory
from llpt.units import RYDBERG_TO_EV

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llpt.study.existing_runs import ExistingRun, ExistingRuns

HYDROGEN = frozenset({"H"})
SAME_T = 0.01
"""Electrons whose temperature is that of the atoms to this share follow it."""
TEXT = """#:schema ./llpt-study.schema.json
# {origin}
# Those runs can take the place of the reference's:  {instead}
#   llpt plan @file@     what it means and what it will cost
#   llpt run  @file@     does it; Ctrl-C and the same command again go on where it was
# Every key is explained in docs/study-file.md.
{notes}
format = @default@

[study]
name = {name}
seed = @default@                    # every random number follows from it

[system]
atoms = {atoms}
start = @default@                   # or "atomic", or a structure file

[state]
{state}
[dynamics]
ensemble = "{ensemble}"
timestep_fs = {timestep}
steps = {steps}                     # as the longest run there
discard = {discard}                 # left out of every average
ladder = @default@                  # each temperature starts from its lower neighbour; or "cooling", "none"

[reference]
{reference}
[surrogate]
{surrogate}
[verdict]                           # thresholds fixed before the runs, kept in the verdict
transition_temperature_k = @default@
density_percent = @default@

[execution]
where = @default@                   # or "slurm", "pbs", "kubernetes" with [execution.provider]
"""
TRAINED = """engine = "behler-parrinello"        # or an engine with its potential, e.g. "n2p2:DIR"
train = "reference"                 # fit to this study's reference runs; or path = "DIR" of an existing potential
"""


def is_model(source: str) -> bool:
    """Whether a word is a potential: its SPEC, or a file or directory that shows its kind; else it is runs."""
    if not Path(source).expanduser().exists():
        return ":" in source
    try:
        spec_of(source)
    except InputError:
        return False
    return True


def study_for_model(model: str, path: Path, atoms: Sequence[int] = ()) -> str:
    """Return the commented study file of ``llpt init`` with a potential that exists as its surrogate.

    Args:
        model: its SPEC, or its file or directory where that shows its kind.
        path: where the study file will lie.
        atoms: sizes of the cells; none leaves those of the file.

    Raises:
        InputError: it is no model, cannot be read, or does not know hydrogen.
    """
    section = _surrogate(model, path.parent)
    text = study_template(atoms, name=path.name)
    return re.sub(r'(?m)^engine = "behler-parrinello".*\n^train = .*\n', lambda _: section, text, count=1)


def study_for_runs(
    found: ExistingRuns, folder: Path, path: Path, *, model: str | None = None, atoms: Sequence[int] = ()
) -> str:
    """Return the study file whose reference does what runs made elsewhere did.

    Args:
        found: the runs.
        folder: where they are.
        path: where the study file will lie.
        model: a potential that exists; without one a network is trained on the reference.
        atoms: sizes of the cells in the place of those of the runs.

    Raises:
        InputError: they hold other elements than hydrogen, or the model is none.
    """
    others = frozenset().union(*(run.elements for run in found.runs)) - HYDROGEN
    if others:
        raise InputError(
            f"The runs hold {', '.join(sorted(others))}; the runs that a study makes are of hydrogen.",
            "Take them in as they are, with llpt import or llpt audit-model.",
        )
    held = [run for run in found.runs if run.pressure_gpa is not None]
    free = [run for run in found.runs if run.pressure_gpa is None]
    runs, left = (held, free) if len(held) >= len(free) else (free, held)
    notes = [f"Left out: {sentence}" for sentence in found.left_out]
    if left:
        kind = "constant volume" if runs is held else "constant pressure"
        notes.append(f"Left out: {len(left)} runs at {kind}, which need a study of their own.")
    steps = max(run.steps for run in runs)
    default_discard = int(DynamicsSection.model_fields["discard"].default)
    where = os.path.relpath(folder, path.parent)
    instead = f"llpt import {where} -o study --role reference --label LABEL"
    if model is not None:
        instead = f"llpt audit-model {model} {where} -o audit"
    programs = ", ".join(sorted({run.program for run in found.runs}))
    text = TEXT.format(
        origin=on_one_line(f"From {len(runs)} run{'s' if len(runs) > 1 else ''} of {programs} in {where}."),
        instead=on_one_line(instead),
        notes="".join(f"# {' '.join(note.split())}\n" for note in notes),
        name=as_toml(on_one_line(folder.resolve().name)),
        atoms=list(atoms) or sorted({run.atoms for run in runs}),
        state=_state(runs, sizes=not atoms),
        ensemble="npt" if runs is held else "nvt",
        timestep=_timestep(runs),
        steps=steps,
        discard=min(default_discard, steps // 4),
        reference=_reference(runs),
        surrogate=TRAINED if model is None else _surrogate(model, path.parent),
    )
    return with_defaults(text, name=path.name)


def _state(runs: Sequence[ExistingRun], *, sizes: bool) -> str:
    """Return the body of [state]: one list where all lines have the same temperatures and sizes, else line by line."""
    kind, key, many = "isobars", "pressure_gpa", "pressures_gpa"
    if runs[0].pressure_gpa is None:
        kind, key, many = "isochores", "density_gcc", "densities_gcc"
    lines: dict[float, list[ExistingRun]] = {}
    for run in runs:
        value = run.density_gcc if run.pressure_gpa is None else run.pressure_gpa
        lines.setdefault(float(f"{value:.4g}"), []).append(run)
    points = {
        value: (sorted({run.temperature_k for run in own}), sorted({run.atoms for run in own}))
        for value, own in sorted(lines.items())
    }
    if len({(tuple(temperatures), tuple(atoms)) for temperatures, atoms in points.values()}) == 1:
        temperatures, _ = next(iter(points.values()))
        return f"{many} = {_numbers(points)}\ntemperatures_k = {_numbers(temperatures)}\n"
    parts = []
    for value, (temperatures, atoms) in points.items():
        parts.append(f"[[state.{kind}]]\n{key} = {value:g}\ntemperatures_k = {_numbers(temperatures)}\n")
        if sizes:
            parts.append(f"atoms = {atoms}\n")
    return "".join(parts)


def _timestep(runs: Sequence[ExistingRun]) -> str:
    known = {run.timestep_fs for run in runs}
    if len(known) == 1 and None not in known:
        return f"{known.pop():g}"
    return '"auto"                # by temperature and density; the runs there have several, or do not say'


def _reference(runs: Sequence[ExistingRun]) -> str:
    """Return the body of [reference]: the runs' own theory where their files say it, else what has to be looked up."""
    program = _only(run.program for run in runs)
    own = next((record for record in BUILT_IN.values() if record.label == program), None)
    if own is None or all(run.theory == VaspTheory() for run in runs):
        return (
            f'engine = "{DEFAULT_REFERENCE.name}"                      '
            "# set functional, cutoff and k-points as the runs there had them (docs/engines.md)\n"
            f"{_electrons(runs)}"
        )
    lines = [f'{f"engine = {as_toml(own.name)}":<36}# or "{DEFAULT_REFERENCE.name}", built in, with the same words']
    theory = {
        "xc": _only(run.theory.functional for run in runs),
        "ecut_ry": _only(run.theory.cutoff_ev for run in runs),
        "kpoints": _only(run.theory.kpoints for run in runs),
    }
    for key, value in theory.items():
        if value is None:
            default = own.option(key, {})
            lines.append(f"{f'{key} = {as_toml(default)}':<36}# a default: the files do not say it, or disagree")
        elif isinstance(value, float):
            lines.append(f"{f'{key} = {value / RYDBERG_TO_EV:.6g}':<36}# {value:g} eV")
        else:
            lines.append(f"{key} = {as_toml(value)}")
    return "\n".join([*lines, _electrons(runs)])


def _electrons(runs: Sequence[ExistingRun]) -> str:
    warm = [run.electronic_temperature_k for run in runs]
    if all(t and abs(t - run.temperature_k) < SAME_T * run.temperature_k for t, run in zip(warm, runs, strict=True)):
        return 'electronic_temperature = "ionic"    # or a number in K\n'
    known = Counter(round(t, 1) for t in warm if t)
    if len(known) == 1 and all(warm):
        return f"electronic_temperature = {next(iter(known)):g}\n"
    return 'electronic_temperature = "ionic"    # or a number in K: the files do not say it, or disagree\n'


def _only(values: Iterable[float | str | None]) -> float | str | None:
    """Return the value that all have; None where they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _surrogate(model: str, beside: Path) -> str:
    """Return the body of [surrogate] for a potential that exists.

    Raises:
        InputError: it is no model, cannot be read, or does not know hydrogen.
    """
    spec = spec_of(model)
    record = find_engine(spec)
    word, _, argument = spec.partition(":")
    if record.copied and not Path(argument).expanduser().exists():
        raise InputError(f"There is no {argument}.", "Check the path of the model.")
    if record.file_can_run:
        about = "# its elements are not read here: that would run what the file holds\n"
    else:
        calculator = make_engine(spec, {})
        elements = calculator.elements if isinstance(calculator, EngineCalculator) else None
        calculator.close()
        if elements is not None and not elements >= HYDROGEN:
            raise InputError(
                f"{argument} is a potential of {', '.join(sorted(elements))}; a study is of hydrogen.",
                "Give a potential of hydrogen.",
            )
        about = f"# a potential of {', '.join(sorted(elements))}\n" if elements else ""
    if not record.copied:
        return f"{about}engine = {as_toml(spec)}\n"
    path = os.path.relpath(Path(argument).expanduser(), beside)
    return f"{about}engine = {as_toml(word)}\npath = {as_toml(path)}\n"


def _numbers(values: Iterable[float]) -> str:
    return f"[{', '.join(f'{value:g}' for value in values)}]"
