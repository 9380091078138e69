"""Which theory a run of VASP computed: functional, cutoff and k-points, from the files in its folder.

GGA = PE is PBE, PS PBEsol, CA the local density approximation; where GGA is not set the POTCAR decides, whose title
then begins with PAW_PBE or PAW. A METAGGA takes the place of either (VASP Wiki, tags GGA and METAGGA).
"""

from __future__ import annotations

import contextlib
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llpt.errors import InputError
from llpt.trajectory.foreign.text import CutOffError, Lines, head
from llpt.trajectory.foreign.vasp import elements_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FUNCTIONAL_OF_GGA = {"PE": "pbe", "PS": "pbesol", "CA": "lda"}
UNSET = {"", "--", "NONE", "F"}
"""METAGGA is F in the head of an OUTCAR where none is set."""
BESIDE = ("LHFCALC", "LUSE_VDW", "IVDW")
"""Exact exchange and dispersion, which make another functional of what GGA says."""
_POINTS = re.compile(r"^\s*k-points\s+NKPTS\s*=\s*(\d+)")
_SETTING = re.compile(rf"^\s*(GGA|METAGGA|ENCUT|TITEL|{'|'.join(BESIDE)})\s*=\s*([^;]*[^\s;])")
MOST_POINTS = 64


@dataclass(frozen=True)
class VaspTheory:
    """What a run of VASP computed; None where its files do not say.

    Args:
        functional: by the name ASE gives it to VASP, e.g. ``pbe``.
        cutoff_ev: ENCUT.
        kpoints: as ``llpt.dft.kpoints.parse_kpoints`` reads them.
    """

    functional: str | None = None
    cutoff_ev: float | None = None
    kpoints: str | None = None


def vasp_theory(files: Sequence[Path]) -> VaspTheory:
    """Return the theory of a run, from its own files and from INCAR and KPOINTS beside them.

    Args:
        files: those of the run, all in one folder.
    """
    folder = files[0].parent
    tags: dict[str, str] = {}
    kpoints: str | None = None
    for file in files:
        if "xml" in file.name:
            found, kpoints = _of_vasprun(file)
            tags = {**found, **tags}
        elif "OUTCAR" in file.name:
            tags = {**_settings(file), **tags}
    if (folder / "INCAR").is_file():
        tags = {**_settings(folder / "INCAR"), **tags}
    if kpoints is None and (folder / "KPOINTS").is_file():
        kpoints = _of_kpoints(folder / "KPOINTS")
    try:
        cutoff = float(tags["ENCUT"])
    except (KeyError, ValueError):
        cutoff = None
    return VaspTheory(_functional(tags), cutoff, kpoints)


def theory_in(file: Path) -> dict[str, str]:
    """Return what a ``vasprun.xml`` or ``OUTCAR`` says of its theory: functional, cutoff, potentials and k-points.

    Args:
        file: one of the two.
    """
    if "<modeling>" not in head(file):
        return named_theory(_settings(file))
    tags, kpoints = _of_vasprun(file)
    return named_theory(tags) | ({} if kpoints is None else {"k-points": kpoints})


def named_theory(tags: Mapping[str, str]) -> dict[str, str]:
    """Return functional, cutoff and potentials, as far as tags say them, each in words by its name.

    Args:
        tags: values of GGA, METAGGA, ENCUT, TITEL and those of ``BESIDE``.

    >>> named_theory({"GGA": "PS", "ENCUT": "800.0"})
    {'functional': 'pbesol', 'cutoff': '800 eV'}
    """
    found = {}
    functional = _functional(tags)
    if functional is None:  # none that has a name here: its tags are its name
        tagged = {tag: tags[tag].strip(".").upper() for tag in ("GGA", "METAGGA", *BESIDE) if tag in tags}
        functional = ", ".join(
            f"{tag} = {value}" for tag, value in tagged.items() if value not in {*UNSET, "FALSE", "0"}
        )
    if functional:
        found["functional"] = functional
    with contextlib.suppress(KeyError, ValueError):
        found["cutoff"] = f"{float(tags['ENCUT']):g} eV"
    if "NKPTS" in tags:
        found["number of k-points"] = tags["NKPTS"]
    for tag in sorted(tags):
        if tag.startswith("TITEL "):
            found[f"potential of {tag.split()[1]}"] = tags[tag]
    return found


def _functional(tags: Mapping[str, str]) -> str | None:
    if any(tags.get(tag, "F").strip(".").upper()[:1] not in {"F", "0"} for tag in BESIDE):
        return None
    meta, plain = tags.get("METAGGA", "").upper(), tags.get("GGA", "").upper()
    if meta not in UNSET:
        return meta.lower()
    if plain not in UNSET:
        return FUNCTIONAL_OF_GGA.get(plain)
    title = tags.get("TITEL", "")
    return "pbe" if title.startswith("PAW_PBE") else "lda" if title == "PAW" else None


def _settings(file: Path) -> dict[str, str]:
    """Return what INCAR, or OUTCAR before its first step, says of the theory."""
    tags: dict[str, str] = {}
    try:
        for line in Lines(file):
            if "Iteration" in line:
                break
            if points := _POINTS.match(line):
                tags["NKPTS"] = points[1]
            for part in line.split(";"):
                found = _SETTING.match(part)
                if found and found[1] == "TITEL":
                    _take_title(tags, found[2])
                elif found:
                    tags.setdefault(found[1], found[2].split()[0])
    except (InputError, CutOffError):  # what was read so far counts
        return tags
    return tags


def _take_title(tags: dict[str, str], title: str) -> None:
    """Keep the title of a potential, such as ``PAW_PBE H 15Jun2001``: the first one names the functional."""
    words = title.split()
    if words:
        tags.setdefault("TITEL", words[0])
    if len(words) > 1:
        tags.setdefault(f"TITEL {words[1].partition('_')[0]}", " ".join(words))


def _of_vasprun(file: Path) -> tuple[dict[str, str], str | None]:
    tags: dict[str, str] = {}
    kpoints: str | None = None
    try:
        for element in elements_of(file, {"incar", "parameters", "kpoints", "atominfo", "calculation"}):
            if element.tag == "calculation":
                break
            if element.tag == "kpoints":
                kpoints = _of_xml(element)
            elif element.tag == "atominfo":
                for row in element.iterfind("array[@name='atomtypes']/set/rc"):
                    _take_title(tags, row.findall("c")[-1].text or "")
            else:
                texts = {item.attrib.get("name"): (item.text or "").strip() for item in element.iter("i")}
                names = {each: each for each in ("GGA", "METAGGA", "ENCUT", *BESIDE)} | {"ENMAX": "ENCUT"}
                for name, tag in names.items():
                    if texts.get(name):
                        tags.setdefault(tag, texts[name])
    except (InputError, CutOffError):
        return tags, kpoints
    return tags, kpoints


def _of_xml(element: Any) -> str | None:
    """Return the k-points of ``vasprun.xml``: as they were generated, else one by one where their weights are equal."""
    generation = element.find("generation")
    if generation is not None:
        rows = {item.attrib.get("name"): (item.text or "").split() for item in generation.iter("v")}
        found = _mesh(str(generation.attrib.get("param", "")), rows.get("divisions", []), rows.get("usershift", []))
        if found is not None:
            return found
    points = [row.text.split() for row in element.iterfind("varray[@name='kpointlist']/v")]
    weights = {row.text.strip() for row in element.iterfind("varray[@name='weights']/v")}
    if not points or len(weights) != 1 or len(points) > MOST_POINTS:
        return None
    return ";".join(",".join(f"{float(number):g}" for number in point) for point in points)


def _of_kpoints(file: Path) -> str | None:
    """Return the mesh of a KPOINTS file; None where it holds anything else."""
    try:
        lines = file.read_text(errors="replace").splitlines()
        if len(lines) < 4 or int(lines[1].split()[0]) != 0:
            return None
        return _mesh(lines[2], lines[3].split()[:3], lines[4].split()[:3] if len(lines) > 4 else [])
    except (OSError, ValueError, IndexError):
        return None


def _mesh(kind: str, divisions: Sequence[str], shift: Sequence[str]) -> str | None:
    """Return a generated mesh as ``parse_kpoints`` reads it; None where there is none, or it is shifted.

    Args:
        kind: Gamma or Monkhorst-Pack, of which the first letter counts.
        divisions: three whole numbers.
        shift: three numbers, or none.
    """
    numbers = [int(float(word)) for word in divisions]
    centred = kind.strip()[:1].upper() == "G"
    if len(numbers) != 3 or any(float(word) for word in shift) or kind.strip()[:1].upper() not in {"G", "M"}:
        return None
    if max(numbers) == 1:
        return "gamma"
    if not centred or all(number % 2 for number in numbers):  # with odd numbers the two are one
        return "x".join(map(str, numbers))
    if numbers[0] * numbers[1] * numbers[2] > MOST_POINTS:
        return None
    axes = [[index / number for index in range(number)] for number in numbers]
    return ";".join(",".join(f"{value:g}" for value in point) for point in itertools.product(*axes))
