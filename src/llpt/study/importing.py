"""Takes a trajectory made elsewhere into a study: a run directory that is done, a line in the ledger, a table."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit.ensemble import EnsembleOutcome, kinetic_energy_checks
from llpt.campaign import engine_slug
from llpt.errors import InputError
from llpt.files import atomic_directory, file_hash, scratch_directory, write_atomically
from llpt.observables import all_observables
from llpt.study.import_copies import ImportedBeforeError, shorter_copy, stored_prints
from llpt.study.import_table import drafted_run, imported_table
from llpt.study.import_theory import check_one_theory, check_repeat, rounding_told, theory_told
from llpt.study.imported_changes import check_unused
from llpt.study.imported_record import complete_imports, enter_run
from llpt.study.inputs import copy_inputs
from llpt.study.layout import StudyDirectory
from llpt.study.ledger import Ledger
from llpt.study.place import STUDY_FILE
from llpt.study.planning import make_plan
from llpt.study.template import with_defaults
from llpt.trajectory.foreign import AMBIGUOUS_SHARE, Contents, ForeignTrajectory, convert, read_through
from llpt.trajectory.foreign.fingerprints import as_prints
from llpt.trajectory.foreign.statements import check_beside, check_statements
from llpt.trajectory.foreign.suspicion import MeasuredFact, findings, hold_against
from llpt.units import BOLTZMANN_EV_PER_K

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from llpt.study.file import StudyFile
    from llpt.study.import_description import Description
    from llpt.study.imported import ImportedRun
    from llpt.study.inputs import NamedInput

STUDY_TEXT = """[study]
name = {name}

# Thresholds of the verdict; fix them before looking at results. The runs stand in imported.toml.
[verdict]
transition_temperature_k = @default@
density_percent = @default@
"""


def study_of_imported_runs(name: str) -> str:
    """Return the study file of a study that only holds runs made elsewhere.

    Args:
        name: of the study.
    """
    return with_defaults(STUDY_TEXT.format(name=json.dumps(name, ensure_ascii=False)))


def what_is_lost(missing: str) -> list[str]:
    """Return in words what is not available of a run whose files do not give something.

    Args:
        missing: its name in a trajectory, e.g. ``internal_energy_ev``; see ``ImportedRun.missing``.
    """
    if missing == "forces":
        return ["training on these frames"]
    lost = all_observables().lost_without(missing)
    return list(dict.fromkeys(re.split("[,;] ", given.phrase)[0] for given in lost))


@dataclass(frozen=True)
class NewStudy:
    """The study that is made where there is none yet.

    Args:
        text: its study file.
        inputs: the files that it names.
    """

    text: str
    inputs: tuple[NamedInput, ...] = ()

    @classmethod
    def of_imported_runs(cls, name: str) -> NewStudy:
        """Return a study of imported runs alone."""
        return cls(study_of_imported_runs(name))


@dataclass(frozen=True)
class Imported:
    """A run that was taken in.

    Args:
        run: its table.
        converted: what its trajectory came to.
        findings: what is measured on its frames, beside what is stated of them.
        steered: a sentence where its fluctuations are not those of its ensemble; empty where they are, or not known.
        unlike: a sentence for each thing that its electrons do not share with those of other runs of its label.
        replaced: the shorter copy of it that it takes the place of.
    """

    run: ImportedRun
    converted: Contents
    findings: tuple[MeasuredFact, ...]
    steered: str = ""
    unlike: tuple[str, ...] = ()
    replaced: ImportedRun | None = None

    @property
    def prints(self) -> NDArray[np.float64]:
        """What its frames are known again by, shape (frames, ``WIDTH``)."""
        measured = self.converted.measured
        return as_prints(() if measured is None else measured.fingerprints)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of it, a sentence each."""
        found = ["The last frame is incomplete and was left out."] if self.converted.cut else []
        found += [*self.converted.notes, *filter(None, (self.steered,)), *self.unlike]
        if self.replaced is not None:
            found.append(
                f"It takes the place of {self.replaced.path}, a copy of it with {self.replaced.steps + 1} frames."
            )
        move = self.converted.largest_move
        if move > AMBIGUOUS_SHARE:
            found.append(
                f"An atom moved {100 * move:.0f} % of the cell between two frames; positions that were folded back may "
                "be unwrapped wrongly, and displacements with them."
            )
        return tuple(found)


def import_run(
    root: Path,
    source: ForeignTrajectory,
    description: Description,
    *,
    new: NewStudy,
    on_frame: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Take a trajectory into a study; the study is unchanged unless all of it succeeds.

    Args:
        root: the study's directory; where there is none, or an empty one, a study is made.
        source: the trajectory.
        description: what its files do not say.
        new: what is made then.
        on_frame: called with the number of frames converted.

    Raises:
        InputError: the files are damaged or contradict the description, the same files were imported before, or the
            directory holds something else.
        StorageError: another process works in the study, or the disk refuses.
    """
    if (root / STUDY_FILE).is_file():
        directory = StudyDirectory.open(root)
        with directory.locked():
            with Ledger(directory.database) as ledger:
                complete_imports(directory, ledger)
            return _import_into(directory.root, directory.study, source, description, on_frame)
    if (root.exists() or root.is_symlink()) and (not root.is_dir() or any(root.iterdir())):
        raise InputError(f"{root} exists and is not a study directory.", "Choose another directory with --out.")
    with atomic_directory(root.absolute()) as fresh:
        copy_inputs(new.inputs, fresh)
        write_atomically(fresh / STUDY_FILE, new.text)
        return _import_into(fresh, None, source, description, on_frame)


def inspect_run(
    source: ForeignTrajectory,
    description: Description,
    directory: StudyDirectory | None,
    *,
    earlier: Sequence[Imported] = (),
    on_frame: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Return what ``import_run`` would take in; everything is read and checked, and nothing is written.

    Args:
        source: the trajectory.
        description: what its files do not say.
        directory: the study it would go into; None for a new one.
        earlier: runs that would have been taken in before it.
        on_frame: called with the number of frames read.

    Raises:
        InputError: what ``import_run`` refuses.
    """
    digests = _new_digests(source, description, None if directory is None else directory.study)
    check_one_theory(source, description.label, [each.run for each in earlier])
    read = read_through(
        source,
        frame_interval_fs=description.frame_interval_fs,
        electronic_temperature_k=description.electronic_temperature_k,
        energy_meaning=description.energy_meaning,
        despite=description.despite,
        on_frame=on_frame,
    )
    found = _checked(source, description, read)
    before = () if directory is None else directory.study.imported
    run = imported_table(source, description, read, digests, before)
    known = [(each.run, each.prints) for each in earlier]
    known += () if directory is None else stored_prints(directory.root, before, run)
    shorter = shorter_copy(run, read, known, despite=description.despite)
    kept = [each for each in (*before, *(each.run for each in earlier)) if each is not shorter]
    run = imported_table(source, description, read, digests, kept)
    check_repeat(run, kept)
    return _told(Imported(run, read, found, replaced=shorter), source, description, kept)


def _new_digests(source: ForeignTrajectory, description: Description, study: StudyFile | None) -> tuple[str, ...]:
    """Return the hashes of a run's files, which no run of the study has yet and which do not contradict the person."""
    check_beside(source.facts, source.beside, source.name, despite=description.despite)
    check_statements(source.facts, description.facts, source.name, despite=description.despite)
    drafted_run(source, description)  # what no run of a study can have is refused before frames are read
    digests = tuple(file_hash(path) for path in source.files)
    if study is not None:
        _check_new(study, digests, description)
        check_one_theory(source, description.label, study.imported)
    return digests


def _import_into(
    root: Path,
    study: StudyFile | None,
    source: ForeignTrajectory,
    description: Description,
    on_frame: Callable[[int], None],
) -> Imported:
    """Convert aside, then put all in its place; ``study`` is None where the directory has just been made."""
    digests = _new_digests(source, description, study)
    before = study.imported if study is not None else ()
    with scratch_directory(".import.", inside=root) as aside:
        place = aside / "run"
        attributes: dict[str, str | float | int] = {
            "engine": description.label,
            "program": source.program,
            "pressure_label": "as imported",
            "electronic_temperature_k": description.electronic_temperature_k,
        }
        converted = convert(
            source,
            place,
            frame_interval_fs=description.frame_interval_fs,
            electronic_temperature_k=description.electronic_temperature_k,
            energy_meaning=description.energy_meaning,
            attributes=attributes,
            despite=description.despite,
            on_frame=on_frame,
        )
        found = _checked(source, description, converted)
        run = imported_table(source, description, converted, digests, before)
        shorter = shorter_copy(run, converted, stored_prints(root, before, run), despite=description.despite)
        if shorter is not None:
            check_unused(StudyDirectory.open(root), [shorter])
            before = tuple(each for each in before if each is not shorter)
            run = imported_table(source, description, converted, digests, before)
        check_repeat(run, before)
        enter_run(root, [*before, run], run, place)
    return _told(Imported(run, converted, found, replaced=shorter), source, description, before)


def _told(
    imported: Imported, source: ForeignTrajectory, description: Description, others: Sequence[ImportedRun]
) -> Imported:
    """Return a run with what a person should know of its fluctuations, and of its electrons beside those of others."""
    steered = fluctuations_told(imported.converted, description, beads=source.beads)
    rounded = rounding_told(source.facts, imported.run.electronic_temperature_k)
    return replace(imported, steered=steered, unlike=rounded + theory_told(imported.run, others))


def _checked(source: ForeignTrajectory, description: Description, converted: Contents) -> tuple[MeasuredFact, ...]:
    """Return what the frames say; refuse what contradicts it."""
    measured, facts = converted.measured, description.facts
    if measured is None:
        return ()
    hold_against(measured, facts, source.name, discard=description.discard, despite=description.despite)
    return tuple(findings(measured, facts, converted.mass_u, discard=description.discard))


def fluctuations_told(converted: Contents, description: Description, *, beads: int = 1) -> str:
    """Say that the kinetic energy does not fluctuate as it must; empty where it does, or nothing is proven.

    Args:
        converted: what was read of a run.
        description: what it is.
        beads: of a path integral, whose kinetic energy is an estimator with a variance of its own: nothing is judged.
    """
    measured = converted.measured
    if measured is None or beads > 1:
        return ""
    kelvin = np.array(measured.temperature_k[description.discard :], dtype=float)
    degrees = 3 * measured.n_atoms - 3
    if not kelvin.size or not degrees or not np.isfinite(kelvin).all():
        return ""
    kinetic = 0.5 * degrees * BOLTZMANN_EV_PER_K * kelvin
    _, variance = kinetic_energy_checks(kinetic, temperature_k=description.temperature_k, degrees_of_freedom=degrees)
    if variance.outcome is not EnsembleOutcome.FAILS:
        return ""
    why = "as with a thermostat that only steers (Berendsen, scaled velocities)"
    if variance.measured.value > 1.0:
        why = "as where a run is not in equilibrium, or its temperature is changed on the way"
    return (
        f"Its kinetic energy has {variance.words} times the variance of the canonical ensemble, {why}: read no heat "
        "capacity and no compressibility off its fluctuations (llpt certify)."
    )


def _check_new(study: StudyFile, digests: tuple[str, ...], description: Description) -> None:
    slug = engine_slug(description.label)
    for run in study.imported:
        if run.sha256 == digests:
            raise ImportedBeforeError(f"These files were imported before, as {run.path}.", "Import each run once.")
        if run.folder == slug and run.label != description.label:
            raise InputError(
                f'The label "{description.label}" makes the same folder, {slug}, as "{run.label}" of this study.',
                "Give it another label, so that their runs are not mixed.",
            )
        if run.folder == slug and run.role is not description.role:
            raise InputError(
                f'The engine "{run.label}" is the {run.role} of this study already.',
                "Give the other one another label.",
            )
    if study.reference is None and study.surrogate is None:
        return  # it has no runs of its own
    imported = {run.path for run in study.imported}
    own = {run.engine_folder for run in make_plan(study).runs if run.path not in imported}
    if slug in own:
        raise InputError(
            f'The study has own runs of an engine called "{slug}".',
            "Give the imported runs another label, so that they are not mixed.",
        )
