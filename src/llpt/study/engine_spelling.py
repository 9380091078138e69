"""How a plan spells an engine that another spelling is taken by, or that does not run here."""

from __future__ import annotations

_BESIDE_ITSELF = "-surrogate"
"""What is put behind a surrogate's folder where its engine, with other options, is the reference's as well."""
_IMPORTED = "imported:"


def surrogate_folder(folder: str) -> str:
    """Return the name in paths of a surrogate whose engine is the reference's as well.

    >>> surrogate_folder("dft"), without_surrogate("dft-surrogate"), without_surrogate("dft")
    ('dft-surrogate', 'dft', 'dft')
    """
    return f"{folder}{_BESIDE_ITSELF}"


def without_surrogate(folder: str) -> str:
    """Return an engine's name in paths, whichever side of one study it stands on."""
    return folder.removesuffix(_BESIDE_ITSELF)


def imported_spec(label: str) -> str:
    """Return what stands in the plan for the engine of runs made elsewhere.

    >>> imported_spec("VASP PBE"), imported_label("imported:VASP PBE"), imported_label("mace:medium")
    ('imported:VASP PBE', 'VASP PBE', None)
    """
    return f"{_IMPORTED}{label}"


def imported_label(spec: str) -> str | None:
    """Return what the engine of runs made elsewhere is called; None for an engine that runs here."""
    return spec.removeprefix(_IMPORTED) if spec.startswith(_IMPORTED) else None
