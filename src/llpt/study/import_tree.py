"""Runs of a folder tree as a study takes them in: what each is, from its files, its folders' names and one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from llpt.errors import InputError, LlptError
from llpt.study.import_copies import ImportedBeforeError
from llpt.study.import_description import Description, known_electronic_temperature_k
from llpt.study.import_table import CONSTANT_VOLUME
from llpt.study.importing import Imported, import_run, inspect_run
from llpt.study.layout import StudyDirectory
from llpt.study.place import STUDY_FILE
from llpt.trajectory.foreign import NoTrajectoryError, open_foreign
from llpt.trajectory.foreign.folders import FoundRun, find_runs
from llpt.trajectory.foreign.sequence import FEWEST_FRAMES
from llpt.trajectory.foreign.statements import SAME, FactCheck, check_one_state
from llpt.trajectory.foreign.text import CutOffError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from llpt.campaign import Role
    from llpt.study.importing import NewStudy
    from llpt.trajectory.foreign import EnergyMeaning, ForeignTrajectory

LOOKED_AT = 20
"""So many frames tell whether a volume changes."""


@dataclass(frozen=True)
class Given:
    """What a person says of all runs of a tree; None where each run's files and folders say it.

    Args:
        role: reference or surrogate.
        label: what their engine is called.
        temperature_k: the thermostat's temperature.
        pressure_gpa: the barostat's pressure.
        constant_volume: whether none had a barostat.
        electronic_temperature_k: T_el; "ionic" for that of the ions.
        frame_interval_fs: time between two frames.
        discard: first frames left out of averages.
        cooling: whether they are of ladders walked down beside others walked up.
        energy_meaning: what a lone energy is.
        elements: of LAMMPS's types, H5MD's atoms, or an OUTCAR without its potentials.
        units: of LAMMPS.
        keys: what labels are called in extended XYZ and files of ASE.
        despite: checks that are left out.
    """

    role: Role
    label: str
    temperature_k: float | None = None
    pressure_gpa: float | None = None
    constant_volume: bool = False
    electronic_temperature_k: float | Literal["ionic"] | None = None
    frame_interval_fs: float | None = None
    discard: int = 0
    cooling: bool = False
    energy_meaning: EnergyMeaning | None = None
    elements: tuple[str, ...] = ()
    units: str | None = None
    keys: Mapping[str, str] | None = None
    despite: frozenset[FactCheck] = frozenset()

    def open(self, files: Sequence[Path]) -> ForeignTrajectory:
        """Open the files of one run."""
        return open_foreign(files, elements=self.elements, units=self.units, keys=self.keys)


@dataclass(frozen=True)
class TreeRun:
    """What became of one run of a tree.

    Args:
        found: where it lies.
        imported: what was taken in, or would be; None where nothing was.
        why: why nothing was, a sentence; empty where it was.
        remedy: what to do about it.
        expected: whether that is as it should be: it is there already, or is no run at all.
    """

    found: FoundRun
    imported: Imported | None = None
    why: str = ""
    remedy: str = ""
    expected: bool = False


def runs_below(paths: Iterable[Path], given: Given, *, study: Path) -> list[FoundRun]:
    """Return the runs in folders, each with its folder's name; those of the study itself are no runs to take in.

    Args:
        paths: the folders.
        given: what a person says of all runs.
        study: the directory of the study that they go into, which may lie in one of the folders.

    Raises:
        InputError: a path does not exist, or there is no run at all.
    """
    found = [run for path in paths for run in find_runs(path, given.open, apart_from=study)]
    if not found:
        raise InputError("No trajectory that is known here was found.", "Give the folder that holds the runs.")
    return found


def import_found(
    root: Path,
    found: FoundRun,
    given: Given,
    *,
    new: NewStudy,
    dry: bool = False,
    earlier: Sequence[TreeRun] = (),
    on_frame: Callable[[int], None] = lambda _: None,
) -> TreeRun:
    """Take one run of a tree into a study; one that cannot be taken is told and changes nothing.

    Args:
        root: the study's directory.
        found: the run.
        given: what a person says of all runs.
        new: the study that is made where there is none.
        dry: whether nothing is written.
        earlier: what became of the runs of the tree before it; asked where nothing is written.
        on_frame: called with the number of frames done.

    Raises:
        StorageError: another process works in the study, or the disk refuses.
    """
    if found.problem:
        return TreeRun(found, why=found.problem, remedy="Give the files of its runs by name, or restore them.")
    try:
        source = given.open(found.files)
        _check_two_frames(source)
        description = describe(found, source, given)
        if not dry:
            return TreeRun(found, import_run(root, source, description, new=new, on_frame=on_frame))
        study = StudyDirectory.open(root) if (root / STUDY_FILE).is_file() else None
        taken = [each.imported for each in earlier if each.imported is not None]
        return TreeRun(found, inspect_run(source, description, study, earlier=taken, on_frame=on_frame))
    except ImportedBeforeError as error:
        return TreeRun(found, why=error.cause, remedy=error.remedy, expected=True)
    except NoTrajectoryError as error:
        return TreeRun(found, why=error.cause, remedy=error.remedy, expected=True)
    except InputError as error:
        return TreeRun(found, why=error.cause, remedy=error.remedy)


def describe(found: FoundRun, source: ForeignTrajectory, given: Given) -> Description:
    """Return what a run is: as the person says, else as its files do, else as its folders are called.

    Args:
        found: the run, with what its folders say.
        source: what its files say.
        given: what a person says of all runs.

    Raises:
        InputError: what is needed is not given, or its folders state another value than its files.
    """
    facts = source.facts
    check_one_state(facts, source.name, despite=given.despite)
    temperature = given.temperature_k
    if temperature is None:
        temperature = _state(found, "temperature", facts.temperature_k, found.temperature_k, given)
    if temperature is None:
        raise _unsaid("the thermostat's temperature", "Name its folder T900, or give --temperature-k.")
    pressure = None
    if not (given.constant_volume or (facts.constant_volume and given.pressure_gpa is None)):
        pressure = given.pressure_gpa
        if pressure is None:
            pressure = _state(found, "pressure", facts.pressure_gpa, found.pressure_gpa, given)
        if pressure is None and not _volume_is_constant(source):
            raise _unsaid("the barostat's pressure", "Name its folder P200, or give --pressure-gpa.")
    electronic = temperature if given.electronic_temperature_k == "ionic" else given.electronic_temperature_k
    if electronic is None:
        electronic = known_electronic_temperature_k(given.role, facts)
    if electronic is None:
        remedy = "Give --electronic-temperature-k, a number (0 if cold) or ionic."
        raise _unsaid("the electrons' temperature", remedy)
    interval = facts.frame_interval_fs if given.frame_interval_fs is None else given.frame_interval_fs
    if interval is None:
        raise _unsaid("the time from frame to frame", "Give --timestep-fs.")
    return Description(
        role=given.role,
        label=given.label,
        temperature_k=temperature,
        pressure_gpa=pressure,
        electronic_temperature_k=electronic,
        frame_interval_fs=interval,
        discard=given.discard,
        cooling=given.cooling,
        energy_meaning=given.energy_meaning,
        despite=given.despite,
    )


def _check_two_frames(source: ForeignTrajectory) -> None:
    """Refuse a structure before anybody is asked what its run was.

    Raises:
        NoTrajectoryError: it is one.
    """
    if source.own is not None:
        return
    number = 0
    try:
        for _ in zip(range(FEWEST_FRAMES), source.frames(), strict=False):
            number += 1
    except CutOffError:
        pass  # after so many whole frames
    except LlptError:
        return  # what is wrong is told when the run is read
    if number < FEWEST_FRAMES:
        raise NoTrajectoryError(f"It holds {number} whole frame(s).", "Give a trajectory of two or more.")


def _unsaid(what: str, remedy: str) -> InputError:
    return InputError(f"Neither its files nor its folders say {what}.", remedy)


def _state(
    found: FoundRun,
    what: Literal["temperature", "pressure"],
    files: float | None,
    folders: float | None,
    given: Given,
) -> float | None:
    """Return the number that files and folders say; refuse folders that contradict the files."""
    if files is None or folders is None or FactCheck(what) in given.despite:
        return folders if files is None else files
    if abs(files - folders) > SAME * abs(files):
        raise InputError(
            f"Its folder {found.name} states a {what} of {folders:g}, its files {files:g}.",
            f"Rename the folder, or give --despite {what} if the files are right.",
        )
    return files


def _volume_is_constant(source: ForeignTrajectory) -> bool:
    """Whether the first frames have one volume.

    Raises:
        InputError: they cannot be read.
    """
    import numpy as np  # noqa: PLC0415 - at hand already, for whoever reads frames

    volumes = []
    try:
        for _, frame in zip(range(LOOKED_AT), source.frames(), strict=False):
            volumes.append(abs(float(np.linalg.det(frame.cell_angstrom))))
    except CutOffError:
        pass  # told when the run is read
    return len(volumes) > 1 and max(volumes) - min(volumes) <= CONSTANT_VOLUME * max(volumes)
