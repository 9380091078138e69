"""Reader of norm-conserving UPF 2 files (Quantum ESPRESSO). Rydberg there, Hartree here; tables of r β(r)."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np

from llpt import units
from llpt.dft.pseudopotentials.tabulated import TabulatedPotential
from llpt.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_FREE_TEXT = re.compile(r"<PP_INFO>.*?</PP_INFO>|<!--.*?-->", re.DOTALL)


def read_upf(path: Path) -> TabulatedPotential:
    """Read a UPF 2 file of hydrogen.

    Raises:
        InputError: not such a file, another element, ultrasoft or PAW, a bare Coulomb or core-corrected one.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        root = ET.fromstring(_FREE_TEXT.sub("", text))  # noqa: S314 (a local file of the user, no entities)
    except ET.ParseError as error:
        raise InputError(f"'{path}' is not a UPF 2 file ({error}).", "Give a UPF file of version 2.") from error
    if root.tag != "UPF" or not root.get("version", "").startswith("2"):
        raise InputError(f"'{path}' is not a UPF file of version 2.", "Convert it with upfconv or use psp8.")
    try:
        return _parse(root, path, hashlib.sha256(text.encode()).hexdigest())
    except (ValueError, KeyError) as error:
        raise InputError(f"'{path}' cannot be read ({error}).", "Give an undamaged UPF 2 file.") from error


def _true(text: str | None) -> bool:
    return (text or "").strip().strip(".").lower() in {"t", "true", "1"}


def _table(root: ET.Element, tag: str) -> Array:
    element = root.find(tag)
    if element is None or element.text is None:
        raise KeyError(f"no section {tag}")
    return np.array([float(word) for word in element.text.split()])


def _parse(root: ET.Element, path: Path, digest: str) -> TabulatedPotential:
    header = root.find("PP_HEADER")
    if header is None:
        raise KeyError("no section PP_HEADER")
    kind = header.get("pseudo_type", "").strip().upper()
    element = header.get("element", "").strip()
    if element.upper() != "H":
        raise InputError(f"'{path}' is for element '{element}'.", "Give a pseudopotential of hydrogen.")
    if kind not in {"NC", "SL"} or any(_true(header.get(key)) for key in ("is_ultrasoft", "is_paw", "is_coulomb")):
        raise InputError(
            f"'{path}' is of type '{kind}', not norm-conserving.",
            "Give a norm-conserving file, or 'coulomb' for the bare proton.",
        )
    if _true(header.get("core_correction")) or _true(header.get("has_so")):
        raise InputError(
            f"'{path}' has a core correction or spin–orbit terms.", "Use a scalar-relativistic file without a core."
        )
    r = _table(root, "PP_MESH/PP_R")
    betas = sorted(
        (b for b in root.findall("PP_NONLOCAL/*") if b.tag.startswith("PP_BETA")),
        key=lambda b: int(b.tag.rsplit(".", 1)[-1]),
    )
    projectors: list[tuple[int, Array]] = []
    for beta in betas:
        values = np.array([float(word) for word in (beta.text or "").split()])
        projectors.append((int(beta.attrib["angular_momentum"]), values))
    coupling = None
    if projectors:
        coupling = _table(root, "PP_NONLOCAL/PP_DIJ").reshape(len(projectors), -1) * units.RYDBERG_TO_HARTREE
    return TabulatedPotential(
        path.name,
        charge=float(header.attrib["z_valence"]),
        r=r,
        local=_table(root, "PP_LOCAL") * units.RYDBERG_TO_HARTREE,
        projectors=projectors,
        coupling=coupling,
        content_hash=digest,
    )
