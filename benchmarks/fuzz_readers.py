"""Every reader on damaged files: cuts, swapped lines and flipped bits.

    python benchmarks/fuzz_readers.py > docs/results/fuzz-readers.log

Each try (67 of each kind, 201 in all) damages one file of a run and reads the run as ``llpt import`` does. It must end
in frames whose numbers are finite, or in one sentence; after a cut the frames must be the first ones of the whole run,
number for number, with a note where some are missing (unless the cut lies between two lines, where a file of most
programs looks whole). What is read is held against what its frames say, as an import does. The same files are then
found in a folder, as by ``llpt import DIR --dry-run``: every run there must be described or refused in one sentence,
none may be taken that is refused when its files are named, and a file that is left out must be named. Prints one line
for each file and exits with 1 at any traceback, wrong frame or silence. A try has ``SECONDS`` seconds of processor
time. What an import tries in a process of its own (files of HDF5) is tried in a copy of this one, which need not load
h5py each time, so that a second is enough to tell a file on which the library never ends.

"a number changed" counts what nobody can see: a digit that a flipped bit made another digit, or two rows of numbers
exchanged, where all of it still fits the other frames. It is no failure.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from llpt.campaign import Role
from llpt.errors import LlptError
from llpt.study.import_tree import Given, import_found, runs_below
from llpt.study.importing import NewStudy
from llpt.trajectory.foreign import Contents, EnergyMeaning, ForeignReader, h5md, open_foreign
from llpt.trajectory.foreign.statements import FactCheck
from llpt.trajectory.foreign.suspicion import hold_against

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from llpt.study.import_tree import TreeRun
    from llpt.trajectory.frame import Frame, StepRecord

TESTS = Path(__file__).resolve().parents[1] / "tests/trajectory/foreign"
SECONDS = 30
UNTRUE = tuple(set(FactCheck) - {FactCheck.GAP})
"""What made-up frames do not obey."""
DATA = {
    "pw.x md": ("pw-md.out",),
    "pw.x vc-md": ("pw-vc-md.out",),
    "CP2K": ("h-pos-1.xyz", "h-vel-1.xyz", "h-frc-1.xyz", "h-1.cell", "h-1.ener", "h-1.stress", "h.out.gz"),
    "LAMMPS": ("run.dump", "lammps.log"),
    "i-PI": ("run.pos_0.xyz", "run.vel_0.xyz", "run.for_0.xyz", "run.out"),
}


OF_FOLDER = Given(
    role=Role.REFERENCE,
    label="fuzz",
    temperature_k=900.0,
    electronic_temperature_k=900.0,
    frame_interval_fs=0.5,
    energy_meaning=EnergyMeaning.FREE,
    elements=("H",),
    despite=frozenset(UNTRUE),
)


class Slow(Exception):  # noqa: N818 - it is not an error of the reader's caller
    """A try took too long."""


@dataclass
class Tally:
    """What came of the tries on one file."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def frames_of_ase(count: int = 6) -> list[Atoms]:
    """Return frames with every label."""
    random = np.random.default_rng(0)
    frames = []
    for number in range(count):
        atoms = Atoms("H8", positions=random.uniform(0.0, 4.0, (8, 3)), cell=4.0 * np.eye(3), pbc=True)
        atoms.set_momenta(random.normal(size=(8, 3)))
        atoms.info["time_fs"] = 0.5 * number
        results: dict[str, Any] = {"energy": -30.0, "free_energy": -30.5, "forces": random.normal(size=(8, 3))}
        atoms.calc = SinglePointCalculator(atoms, stress=np.full(6, -1.0), **results)
        frames.append(atoms)
    return frames


def write_h5md(path: Path) -> None:
    """Write a small H5MD file with units."""
    frames = frames_of_ase()
    with h5py.File(path, "w") as file:
        group = file.create_group("particles/all")
        group["species"] = np.ones(8, dtype=int)
        group["position/value"] = np.array([frame.positions for frame in frames])
        group["position/value"].attrs["unit"] = "Angstrom"
        group["position/time"] = 0.5 * np.arange(len(frames))
        group["position/time"].attrs["unit"] = "fs"
        group["box/edges"] = [4.0] * 3


def write_znh5md(path: Path) -> None:
    """Write what ZnH5MD writes: species and box of every frame, forces, an energy."""
    frames = frames_of_ase()
    with h5py.File(path, "w") as file:
        for name, values, unit in (
            ("particles/atoms/position", [frame.positions for frame in frames], "Angstrom"),
            ("particles/atoms/forces", [frame.get_forces() for frame in frames], "eV/Angstrom"),
            ("particles/atoms/species", [frame.numbers.astype(float) for frame in frames], None),
            ("particles/atoms/box/edges", [frame.cell.array for frame in frames], "Angstrom"),
            ("observables/atoms/energy", [frame.calc.results["energy"] for frame in frames], "eV"),
        ):
            file[f"{name}/value"] = np.array(values)
            file[f"{name}/time"] = 0.5 * np.arange(len(frames))
            file[f"{name}/time"].attrs["unit"] = "fs"
            if unit:
                file[f"{name}/value"].attrs["unit"] = unit


def runs(place: Path) -> Iterator[tuple[str, list[Path]]]:
    """Yield the name and the files of a run for each reader, made in a directory."""
    sys.path.insert(0, str(TESTS))
    import test_vasp  # noqa: PLC0415 - it writes VASP's files

    for name, files in DATA.items():
        yield name, [TESTS / "data" / file for file in files]
    yield "VASP xml", [test_vasp.vasprun(place / "vasprun.xml")]
    yield "VASP text", [test_vasp.xdatcar(place / "XDATCAR"), test_vasp.outcar(place / "OUTCAR")]
    write(place / "run.extxyz", frames_of_ase(), format="extxyz")
    yield "extended XYZ", [place / "run.extxyz"]
    write(place / "run.traj", frames_of_ase())
    yield "ASE", [place / "run.traj"]
    write_h5md(place / "run.h5")
    yield "H5MD", [place / "run.h5"]
    write_znh5md(place / "zn.h5")
    yield "ZnH5MD", [place / "zn.h5"]
    yield "VASP HDF5", [test_vasp.vaspout(place / "vaspout.h5")]
    (place / "alone").mkdir()
    header = test_vasp.HEADER + test_vasp.LATTICE
    yield "VASP OUTCAR", [test_vasp.outcar(place / "alone/OUTCAR", header=header)]


def cut(content: bytes, random: np.random.Generator) -> bytes:
    """Return the beginning of a file."""
    return content[: int(random.integers(1, len(content)))]


def swapped(content: bytes, random: np.random.Generator) -> bytes:
    """Return a file with two lines exchanged, or two blocks of a file without lines."""
    parts = content.splitlines(keepends=True)
    if len(parts) < 8:
        parts = [content[start : start + 64] for start in range(0, len(content), 64)]
    one, other = random.integers(0, len(parts), 2)
    parts[one], parts[other] = parts[other], parts[one]
    return b"".join(parts)


def flipped(content: bytes, random: np.random.Generator) -> bytes:
    """Return a file with one to four bits flipped."""
    changed = bytearray(content)
    for _ in range(int(random.integers(1, 5))):
        changed[int(random.integers(len(changed)))] ^= 1 << int(random.integers(8))
    return bytes(changed)


DAMAGES: dict[str, Callable[[bytes, np.random.Generator], bytes]] = {"cut": cut, "swap": swapped, "flip": flipped}


def read(files: list[Path], despite: Collection[FactCheck] = ()) -> tuple[list[Any], Contents]:
    """Return the records of a run as an import reads it, some checks of single frames left out."""
    contents = Contents()
    source = open_foreign(files, elements=["H"])
    reader = ForeignReader(
        source,
        frame_interval_fs=0.5,
        electronic_temperature_k=900.0,
        energy_meaning=EnergyMeaning.FREE,
        despite=despite,
    )
    with np.errstate(all="ignore"):
        found = [_numbers(record, frame) for record, frame in reader.steps(contents)]
        if contents.measured is not None:
            facts = replace(source.facts, frame_interval_fs=0.5, electronic_temperature_k=900.0)
            hold_against(contents.measured, facts, source.name, despite=UNTRUE)
    return found, contents


def _numbers(record: StepRecord, frame: Frame) -> tuple[Any, ...]:
    """Return every number that an import keeps of a frame, the positions first."""
    scalars = [getattr(record, name) for name in record.scalar_names]
    arrays = (frame.cell_angstrom, frame.velocities_angstrom_per_fs, frame.forces_ev_per_angstrom)
    return (frame.positions_angstrom.copy(), *scalars, *(array.copy() for array in arrays))


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """End what takes too long."""

    def end(*_: object) -> None:
        raise Slow(f"more than {SECONDS} s")

    signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)


def same(one: Any, other: Any) -> bool:
    """Whether two records hold the same numbers."""
    return all(np.allclose(a, b, rtol=1e-12, atol=0.0, equal_nan=True) for a, b in zip(one, other, strict=True))


def wrong(damage: str, damaged: bytes, whole: list[Any], found: list[Any], contents: Contents) -> str | None:
    """Return what is wrong with the frames that came of a damaged file, None where nothing is."""
    if not all(np.isfinite(positions).all() for positions, *_ in found):
        return "a position is not finite"
    if damage == "cut" and (
        len(found) > len(whole) or not all(same(one, other) for one, other in zip(found, whole, strict=False))
    ):
        return "a frame is not that of the whole run"
    told = contents.cut or contents.notes or (damage == "cut" and damaged.endswith(b"\n"))
    if len(found) < len(whole) and not told:
        return f"{len(whole) - len(found)} frames are lost without a note"
    return None


def fuzz(files: list[Path], target: Path, place: Path, *, tries: int, seed: int, folders: bool = True) -> Tally:
    """Damage one file of a run again and again.

    Args:
        files: of the run.
        target: the one that is damaged.
        place: an empty directory for the damaged copy.
        tries: how often, of each kind of damage.
        seed: of all damage.
        folders: whether the files are found in a folder too.
    """
    whole, _ = read(files)
    content = target.read_bytes()
    copy, folder = place / target.name, place / "folder"
    folder.mkdir(exist_ok=True)
    those = [copy if file == target else file for file in files]
    tally = Tally()
    for kind, (damage, change) in enumerate(DAMAGES.items()):
        random = np.random.default_rng((seed, kind))
        for number in range(tries):
            damaged = change(content, random)
            copy.write_bytes(damaged)
            outcome, faults = tried_by_name(those, damage, damaged, whole)
            tally.outcomes[f"{damage}: {outcome}"] += 1
            if folders:
                refused = outcome == "refused" and refused_whatever_is_checked(those)
                faults.append(tried_in_folder(those, folder, refused=refused))
            tally.failures += [f"{damage} {number}: {fault}" for fault in faults if fault is not None]
    return tally


def tried_by_name(files: list[Path], damage: str, damaged: bytes, whole: list[Any]) -> tuple[str, list[str | None]]:
    """Return how the reading of damaged files ends, and what is wrong with that.

    Args:
        files: of the run.
        damage: its kind.
        damaged: the content of the damaged file.
        whole: the frames of the whole run.
    """
    try:
        with limited(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found, contents = read(files)
    except LlptError as error:
        return ("many lines", [str(error)]) if "\n" in f"{error.cause}{error.remedy}" else ("refused", [])
    except Exception:  # noqa: BLE001 - any other end is what is looked for
        return "traceback", [traceback.format_exc()]
    if (fault := wrong(damage, damaged, whole, found, contents)) is not None:
        return "wrong", [fault]
    if len(found) < len(whole):
        return "fewer, noted", []
    return ("all frames" if all(map(same, found, whole)) else "a number changed"), []


def refused_whatever_is_checked(files: list[Path]) -> bool:
    """Whether damaged files are refused also where what ``OF_FOLDER`` leaves out is left out."""
    try:
        with limited(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read(files, UNTRUE)
    except LlptError:
        return True
    return False


def tried_in_folder(files: list[Path], folder: Path, *, refused: bool) -> str | None:
    """Return what is wrong with what an import says of a folder that holds the files of a run, None where nothing is.

    Args:
        files: of the run.
        folder: an empty folder, in which they are linked to.
        refused: whether they are refused where they are named.
    """
    for file in files:
        (folder / file.name).symlink_to(file)
    try:
        with limited(), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            runs = [
                import_found(folder / "study", run, OF_FOLDER, new=NewStudy.of_imported_runs("fuzz"), dry=True)
                for run in runs_below([folder], OF_FOLDER, study=folder / "study")
            ]
    except LlptError as error:
        return f"many lines, of a folder: {error}" if "\n" in f"{error.cause}{error.remedy}" else None
    except Exception:  # noqa: BLE001 - any other end is what is looked for
        return f"of a folder: {traceback.format_exc()}"
    finally:
        for file in files:
            (folder / file.name).unlink()
    return next(filter(None, (wrong_in_folder(run, files, refused=refused) for run in runs)), None)


def wrong_in_folder(run: TreeRun, files: list[Path], *, refused: bool) -> str | None:
    """Return what is wrong with what became of one run of a folder."""
    if "\n" in f"{run.why}{run.remedy}":
        return f"many lines, of a folder: {run.why}"
    if run.imported is None:
        return None
    told = {file.name for file in (*run.found.files, *run.found.left_out)}
    unnamed = [file.name for file in files if file.name not in told]
    if unnamed:
        return f"taken from a folder without a word of {', '.join(unnamed)}"
    if refused and len(run.found.files) == len(files):
        return "taken from a folder, though it is refused by name"
    return None


def run_forked(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
    """Do what ``subprocess.run`` does of ``python -c CODE …``, where h5py is loaded already: a try takes 0.2 s less."""
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            sys.argv = command[2:]
            exec(command[2], {})  # noqa: S102 - it is the package's own
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return subprocess.CompletedProcess(command, os.waitstatus_to_exitcode(status))


def main() -> int:
    """Damage every file of every reader and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=67)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="One reader, by its name.")
    parser.add_argument("--show", action="store_true", help="Print every failure whole.")
    given = parser.parse_args()
    failures = 0
    vars(h5md).update(subprocess=SimpleNamespace(run=run_forked), TRIAL_SECONDS=1)
    with tempfile.TemporaryDirectory() as scratch:
        made, place = Path(scratch) / "made", Path(scratch) / "damaged"
        made.mkdir()
        place.mkdir()
        for name, files in runs(made):
            if given.only not in {None, name}:
                continue
            for target in files:
                tally = fuzz(files, target, place, tries=given.tries, seed=given.seed)
                counts = ", ".join(f"{outcome} {count}" for outcome, count in sorted(tally.outcomes.items()))
                print(f"{name:14} {target.name:16} {counts}", flush=True)
                failures += len(tally.failures)
                for failure in tally.failures if given.show else tally.failures[:1]:
                    print(f"    {failure}", flush=True)
    print(f"{failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
