"""What can be found wrong before anything runs: files, engines, the scheduler's options."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from llpt.audit.thresholds import JUDGED
from llpt.engines import Purpose, check_request, find_engine, make_engine
from llpt.errors import InputError, MissingProgramError
from llpt.options import parse_options
from llpt.structure import check_elements, check_structure, read_structures
from llpt.study.engine_sections import ProviderKind
from llpt.study.inputs import named_inputs
from llpt.study.stored import is_trained_here

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llpt.options import GivenValue
    from llpt.study.file import StudyFile
    from llpt.study.plan import Plan


def check_what_is_named(study: StudyFile, plan: Plan, source: Path, *, archived: bool = False) -> None:
    """Check what a study names without making an engine, so that a machine without its programs can plan it.

    Args:
        study: the study.
        plan: its plan.
        source: the directory that paths in the study file start from.
        archived: whether that is the directory of a study from elsewhere, of which only its own copies are taken.

    Raises:
        InputError: a file is missing, empty, damaged or unphysical, or holds another number of atoms; an option is
            unknown or out of range; the verdict is asked for what nobody adds.
        MissingProgramError: a calculator's package is not installed on this machine, where the study is to run.
    """
    inputs = named_inputs(study, source, archived=archived)
    if study.execution.where is not ProviderKind.LOCAL:
        from llpt.study.providers import check_provider  # noqa: PLC0415 - a plan for this machine needs no Parsl

        check_provider(study.execution)
    _check_verdict(study)
    starts = {item.given: item.path for item in inputs if item.key == "system.start"}
    for atoms in study.all_sizes if starts else ():
        _check_start(starts[study.system.start_for(atoms)], atoms, plan)
    _check_bands(plan)
    for asked in (engine for run in plan.own_runs for engine in run.engines):
        if is_trained_here(asked.spec.partition(":")[2]) and (declared := find_engine(asked.spec).options):
            parse_options(declared, asked.options, owner=f"engine {asked.spec}")
    for spec, options in _engines(plan, {item.given: str(item.path) for item in inputs}):
        # What is not installed here may be on the nodes that the study runs on.
        with contextlib.suppress(*() if study.execution.where is ProviderKind.LOCAL else (MissingProgramError,)):
            check_request(spec, options, purpose=Purpose.DYNAMICS)


def _check_bands(plan: Plan) -> None:
    """Refuse fewer bands than hold the electrons of a run; an atom of hydrogen has one, and a band holds two."""
    for run in plan.own_runs:
        for asked in run.engines:
            record = find_engine(asked.spec)
            bands = record.option("bands", asked.options)
            if record.elements == frozenset({"H"}) and isinstance(bands, int) and 2 * bands < run.atoms:
                raise InputError(
                    f"bands = {bands} of engine {asked.spec} hold {2 * bands} electrons, and a cell has {run.atoms}.",
                    'Give more, or "auto".',
                )


def check_before_anything_runs(study: StudyFile, plan: Plan, source: Path, *, archived: bool = False) -> None:
    """Check everything a study names: files are there and sound, engines can be made, the scheduler knows its options.

    Args:
        study: the study.
        plan: its plan.
        source: the directory that paths in the study file start from.
        archived: whether that is the directory of a study from elsewhere, of which only its own copies are taken.

    Raises:
        InputError: see :func:`check_what_is_named`, or an engine refuses its options.
        MissingProgramError: an engine's program or package is not installed.
    """
    check_what_is_named(study, plan, source, archived=archived)
    given = {item.given: str(item.path) for item in named_inputs(study, source, archived=archived)}
    for spec, options in _engines(plan, given):
        make_engine(spec, options, purpose=Purpose.DYNAMICS).close()


def _engines(plan: Plan, given: Mapping[str, str]) -> list[tuple[str, dict[str, GivenValue]]]:
    """Return every engine of a plan with its options once, whatever the temperature of its electrons.

    Args:
        plan: the plan.
        given: paths in the study file, and where they lead.
    """
    found: dict[tuple[str, str], tuple[str, dict[str, GivenValue]]] = {}
    for asked in (engine for run in plan.own_runs for engine in run.engines):
        kind, _, argument = asked.spec.partition(":")
        if is_trained_here(argument):
            continue
        spec = f"{kind}:{given.get(argument, argument)}" if find_engine(asked.spec).copied else asked.spec
        options = {key: given.get(str(value), value) for key, value in asked.options.items()}
        same = sorted((name, str(value)) for name, value in options.items() if name != "electronic_temperature_k")
        found.setdefault((spec, str(same)), (spec, options))
    return list(found.values())


def _check_verdict(study: StudyFile) -> None:
    """Check that what the study asks to be judged is known, before anything runs rather than after."""
    if study.verdict.judge != JUDGED or study.verdict.also_judge or study.verdict.others:
        from llpt.audit import check_asked  # noqa: PLC0415 - the analysis takes seconds to import, and few ask

        check_asked(study.verdict.thresholds())


def _check_start(path: Path, atoms: int, plan: Plan) -> None:
    structure = read_structures(path)[-1]
    check_structure(structure)
    for elements in {find_engine(run.engine).elements for run in plan.own_runs} - {None}:
        check_elements(structure, elements or (), where=str(path))
    if len(structure) != atoms:
        raise InputError(
            f"{path} holds {len(structure)} atoms, but the study asks for {atoms}.",
            'Let every size be what the file holds, or name one file for each: start = "cell-{atoms}.xyz".',
        )
