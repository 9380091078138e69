"""From a description and what frames came to, the table of a run made elsewhere (``imported.toml``)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from llpt.campaign import ControlledTest
from llpt.errors import InputError
from llpt.study.imported import ImportedRun
from llpt.units import U_PER_ANGSTROM3_TO_G_PER_CM3

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.study.import_description import Description
    from llpt.trajectory.foreign import Contents, ForeignTrajectory

CONSTANT_VOLUME = 1e-6
"""A volume that varies less than this relative to itself is constant; text files carry seven digits."""


def imported_table(
    source: ForeignTrajectory,
    description: Description,
    converted: Contents,
    digests: tuple[str, ...],
    before: Sequence[ImportedRun],
) -> ImportedRun:
    """Return the table of a run whose trajectory is converted.

    Args:
        source: the trajectory.
        description: what its files do not say.
        converted: what its frames came to.
        digests: hashes of its files.
        before: the runs that the study has already.

    Raises:
        InputError: what the frames hold contradicts what is stated of them.
    """
    low, high = converted.volumes_angstrom3
    constant = high - low <= CONSTANT_VOLUME * high
    if constant and description.pressure_gpa is not None:
        raise InputError(
            f"The volume never changes, but the run is stated to be held at {description.pressure_gpa:g} GPa.",
            "Give --constant-volume in the place of --pressure-gpa.",
        )
    if not constant and description.pressure_gpa is None:
        raise InputError(
            f"The volume changes from {low:.6g} to {high:.6g} Å³, but the run is stated to be at constant volume.",
            "Give --pressure-gpa, the barostat's pressure.",
        )
    if description.discard >= converted.frames - 1:
        raise InputError(
            f"There are {converted.frames} frames, which leaves nothing after {description.discard} discarded ones.",
            "Discard fewer.",
        )
    density = None
    if description.pressure_gpa is None:
        density = float(f"{converted.mass_u / low * U_PER_ANGSTROM3_TO_G_PER_CM3:.6g}")
    first = drafted_run(source, description, density_gcc=density).model_copy(
        update={
            "steps": converted.frames - 1,
            "missing": converted.missing,
            "sha256": digests,
            "cut_off": converted.cut_off,
        }
    )
    taken = {run.path for run in before}
    repeat = 1
    while first.model_copy(update={"repeat": repeat}).path in taken:
        repeat += 1
    return first.model_copy(update={"repeat": repeat})


def drafted_run(
    source: ForeignTrajectory, description: Description, *, density_gcc: float | None = None
) -> ImportedRun:
    """Return the table of a run as far as it is known before its frames are read.

    Args:
        source: the trajectory.
        description: what its files do not say.
        density_gcc: the density that was held, once it is known.

    Raises:
        InputError: a number is none that a run of a study can have.
    """
    if description.pressure_gpa is None and density_gcc is None:
        density_gcc = 1.0  # of no run: it stands where the frames will say it
    values = {
        "role": description.role,
        "label": description.label,
        "program": source.program,
        "atoms": len(source.numbers),
        "temperature_k": description.temperature_k,
        "pressure_gpa": description.pressure_gpa,
        "density_gcc": density_gcc,
        "electronic_temperature_k": description.electronic_temperature_k,
        "frame_interval_fs": description.frame_interval_fs,
        "timestep_fs": source.facts.timestep_fs,
        "steps": 1,
        "discard": description.discard,
        "test": ControlledTest.COOLING if description.cooling else ControlledTest.BASE,
        "theory": tuple(source.theory.items()),
        "beads": source.beads if source.beads > 1 else None,
        "files": tuple(_name(path) for path in source.files),
        "sha256": (),
    }
    try:
        return ImportedRun.model_validate(values)
    except ValidationError as error:
        key = str(error.errors()[0]["loc"][0])
        allowed = ImportedRun.explain(key)
        raise InputError(
            f"{key} = {values[key]} of {source.name} cannot be taken into a study.", f"It must be {allowed}."
        ) from error


def _name(path: Path) -> str:
    """Return a file's name with its folders, as far as they tell which run it is of.

    Those below the working directory where it lies there, else the folder it lies in.
    """
    whole = path.absolute()
    here = Path.cwd()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else f"{whole.parent.name}/{whole.name}"
