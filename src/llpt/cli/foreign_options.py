"""Options of the commands that read trajectories made elsewhere: each declared, and read, once."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from llpt.errors import InputError

FrameInterval = Annotated[
    float | None, typer.Option("--timestep-fs", metavar="FS", help="Time from frame to frame.", show_default=False)
]
Discard = Annotated[int, typer.Option("--discard", metavar="N", min=0, help="First frames left out of every average.")]
Elements = Annotated[
    str | None,
    typer.Option("--elements", metavar="H,…", help="Of LAMMPS's types, or H5MD's atoms.", show_default=False),
]
ForeignUnits = Annotated[
    str | None, typer.Option("--units", metavar="UNITS", help="LAMMPS: metal or real.", show_default=False)
]

Keys = Annotated[
    str | None,
    typer.Option(
        "--keys", metavar="LABEL=NAME,…", help="Extended XYZ, ASE: e.g. energy=E_pbe,forces=F_pbe.", show_default=False
    ),
]


def label_keys(text: str | None) -> dict[str, str]:
    """Read what labels are called: ``energy=E_pbe,forces=F_pbe``.

    Raises:
        InputError: it is not of this form, or names what is no label.

    >>> label_keys("energy=E_pbe,forces=F_pbe")
    {'energy': 'E_pbe', 'forces': 'F_pbe'}
    """
    from llpt.structure import LABELS  # noqa: PLC0415 - start-up time of the other commands

    found = {}
    for pair in text.split(",") if text else ():
        label, _, name = (part.strip() for part in pair.partition("="))
        if label not in LABELS or not name:
            raise InputError(f"--keys {pair} names no label.", f"Give {', '.join(LABELS)}, each with = and its name.")
        found[label] = name
    return found


def element_list(text: str | None) -> tuple[str, ...]:
    """Read chemical symbols with commas between them."""
    return tuple(each.strip() for each in text.split(",")) if text else ()


def check_one_held(pressure_gpa: float | None, *, constant_volume: bool) -> None:
    """Refuse a run that held both its pressure and its volume.

    Raises:
        InputError: both are given.
    """
    if pressure_gpa is not None and constant_volume:
        raise InputError("--pressure-gpa and --constant-volume exclude each other.", "Give one of them.")


def temperature_of_electrons(text: str | None) -> float | Literal["ionic"] | None:
    """Read a temperature of the electrons: a number, or ``ionic``.

    Raises:
        InputError: neither.
    """
    if text is None or text == "ionic":
        return "ionic" if text else None
    try:
        return float(text)
    except ValueError as error:
        raise InputError(
            f"--electronic-temperature-k {text} is no temperature.", "Give a number in K, 0 if cold, or ionic."
        ) from error
