"""The log of LAMMPS: its runs, each with the commands that held when it began, and the rows that each printed.

One input may run several times, with other time steps and fixes, and may count its steps anew; a log then has a table
of thermodynamic output for each. The runs that a dump belongs to are those during which the log says it was written; of
a dump of another name, those with its steps.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from llpt.errors import InputError
from llpt.trajectory.facts import Facts, held_or_ramp
from llpt.trajectory.foreign.text import CutOffError, Lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llpt.trajectory.foreign.lammps_units import UnitSystem

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
BEFORE_TABLE = ("Per MPI rank memory allocation", "Memory usage per processor")
ACCELERATED = re.compile(r"/(?:gpu|intel|kk|kk/device|kk/host|omp|opt)$")
"""Endings of a style that say on what it runs, not what it does."""
AXES = ("x", "y", "z")
MOVES = frozenset({"nve", "nvt", "npt", "nph", "nve/limit", "nvt/sllod"})
BAROSTATS = ("iso", "aniso", "tri", *AXES)
THERMOSTATS = {"langevin": 0, "temp/berendsen": 0, "temp/csvr": 0, "temp/csld": 0, "temp/rescale": 1}
"""Thermostats that are fixes of their own, and which of their arguments is the first temperature."""
WORDS = {
    "temperature_k": "the temperature",
    "temperature_ramp_k": "the ramp of the temperature",
    "pressure_gpa": "the pressure",
    "pressure_ramp_gpa": "the ramp of the pressure",
    "timestep_fs": "the time step",
    "constant_volume": "whether the volume is held",
}


@dataclass(frozen=True, slots=True)
class LogRun:
    """One run of a log.

    Args:
        number: counted from 1.
        timestep: argument of ``timestep``; None where the log has none.
        fixes: arguments of each fix that was there, by its id: group, style and so on.
        dumps: the file of each dump that was open, and how many dumps were opened before it.
        masses: mass of each type of atoms, where the command ``mass`` gives a number.
        per_atom: whether energies are printed per atom.
        minimised: whether it was a minimisation.
        first: step of its first row.
        last: step of its last row.
    """

    number: int
    timestep: str | None
    fixes: Mapping[str, tuple[str, ...]]
    dumps: Mapping[str, int]
    masses: Mapping[str, float]
    per_atom: bool
    minimised: bool
    first: int
    last: int

    def spans(self, steps: Sequence[int]) -> bool:
        """Whether it printed from the first to the last of some steps."""
        return self.first <= steps[0] and steps[-1] <= self.last

    def facts(self, system: UnitSystem, log: Path) -> Facts:
        """Return what its commands say of its dynamics.

        Args:
            system: factors to our units.
            log: for messages.

        Raises:
            InputError: its time step is no number, or varies.
        """
        word = self.timestep or str(system.default_timestep)
        if not NUMBER.fullmatch(word):
            raise InputError(
                f"The time step in {log} is {word!r}, no number.", "Check the log, or import the dump alone."
            )
        fixes = [(ACCELERATED.sub("", words[1]), words[2:]) for words in self.fixes.values() if len(words) > 1]
        styles = dict(fixes)
        if "dt/reset" in styles:
            raise InputError(
                f"Run {self.number} of {log} changes its time step on the way (fix dt/reset).",
                "Give a run of one time step.",
            )
        moved = [words for style, words in styles.items() if style in MOVES]
        barostat = "press/berendsen" in styles or any(set(BAROSTATS) & set(words) for words in moved)
        thermostats = {_temperature({style: words}) for style, words in fixes} - {(None, None)}
        one = thermostats.pop() if len(thermostats) == 1 else (None, None)  # groups of atoms may differ
        temperature, temperature_ramp = held_or_ramp(*one)
        pressure, pressure_ramp = held_or_ramp(
            *(None if value is None else value * system.pressure for value in _pressure(styles))
        )
        return Facts(
            temperature_k=temperature,
            temperature_ramp_k=temperature_ramp,
            pressure_gpa=pressure,
            pressure_ramp_gpa=pressure_ramp,
            timestep_fs=float(word) * system.time or None,
            constant_volume=True if moved and not barostat else None,
        )


@dataclass(frozen=True, slots=True)
class Log:
    """What a log holds beside its rows.

    Args:
        path: the file.
        units: argument of ``units``; None where the log has none.
        runs: in their order.
    """

    path: Path
    units: str | None
    runs: tuple[LogRun, ...]

    def run_of(self, dump: Path, steps: Sequence[int]) -> LogRun | None:
        """Return the run in which a dump begins; None where the log printed nothing.

        Args:
            dump: its file.
            steps: of its first frames.

        Raises:
            InputError: no run is, or several may be.
        """
        moving = [run for run in self.runs if not run.minimised]
        opened = [run.dumps[dump.name] for run in moving if dump.name in run.dumps]
        if opened:  # a file that is opened again is overwritten
            runs = [run for run in moving if run.dumps.get(dump.name) == opened[-1]][:1]
        else:
            runs = [run for run in moving if run.spans(steps)] or [run for run in moving if run.spans(steps[:1])][-1:]
        if len(runs) > 1:
            which = " and ".join(str(run.number) for run in runs[:2])
            raise InputError(
                f"Runs {which} of {self.path} both have step {steps[0]}, with which {dump} begins.",
                "Give the dump the name that it has in the log, or cut the log down to the run of the dump.",
            )
        if any(run.minimised and run.spans(steps[:1]) for run in self.runs) and not (runs and runs[0].spans(steps[:1])):
            raise InputError(
                f"{dump} begins with step {steps[0]} of a minimisation in {self.path}, no molecular dynamics.",
                "Dump the run into a file of its own, or take the frames of the minimisation out.",
            )
        if not runs and self.runs:
            raise InputError(
                f"No run of {self.path} has step {steps[0]}, with which {dump} begins.",
                "Give the log of its run, or the dump alone.",
            )
        return runs[0] if runs else None


def _temperature(styles: Mapping[str, Sequence[str]]) -> tuple[float | None, float | None]:
    """Return the temperature that is held at the beginning and at the end of a run."""
    for style in ("npt", "nvt"):
        if style in styles and "temp" in styles[style]:
            return _pair(styles[style], styles[style].index("temp") + 1)
    for style, place in THERMOSTATS.items():
        if style in styles:
            return _pair(styles[style], place)
    return None, None


def _pressure(styles: Mapping[str, Sequence[str]]) -> tuple[float | None, float | None]:
    """Return the pressure that is held at the beginning and at the end of a run, where it is the same all round."""
    for style in ("npt", "nph", "press/berendsen"):
        words = styles.get(style, ())
        for keyword in ("iso", "aniso", "tri"):
            if keyword in words:
                return _pair(words, words.index(keyword) + 1)
        if set(AXES) <= set(words):
            pairs = {_pair(words, words.index(axis) + 1) for axis in AXES}
            return pairs.pop() if len(pairs) == 1 else (None, None)
    return None, None


def _pair(words: Sequence[str], place: int) -> tuple[float | None, float | None]:
    """Return two numbers; None in the place of one that is a variable."""
    found = [float(word) if NUMBER.fullmatch(word) else None for word in words[place : place + 2]]
    return (found[0], found[1]) if len(found) == 2 else (None, None)


def read_log(path: Path) -> Log:
    """Return the runs of a log; one that the end of the file has cut off is taken as far as it goes.

    Raises:
        InputError: it is of a minimisation alone, or cannot be read.
    """
    reader = _Reader(path)
    with contextlib.suppress(CutOffError):
        for _ in reader.rows():
            pass
    if reader.begun == {"minimize"}:
        raise InputError(f"{path} is of a minimisation, no molecular dynamics.", "Give the files of a run.")
    return Log(path, reader.units, tuple(reader.runs))


def rows_from(log: Log, run: LogRun | None) -> Iterator[tuple[int, tuple[LogRun, dict[str, float]]]]:
    """Yield the step of every row, and its run with its columns, of one run of a log and those that follow it.

    Args:
        log: the log.
        run: the first run whose rows are wanted; None for the rows of all.
    """
    for number, step, row in _Reader(log.path).rows():
        if run is None or number >= run.number:
            yield step, (log.runs[number - 1], row)


class _Reader:
    """Reads a log from its beginning, and keeps what its commands say."""

    def __init__(self, path: Path) -> None:
        self._lines = Lines(path)
        self.units: str | None = None
        self.begun: set[str] = set()
        self.runs: list[LogRun] = []
        self._timestep: str | None = None
        self._per_atom = False
        self._fixes: dict[str, tuple[str, ...]] = {}
        self._dumps: dict[str, tuple[str, int]] = {}
        self._masses: dict[str, float] = {}
        self._opened = 0
        self._last = ""

    def rows(self) -> Iterator[tuple[int, int, dict[str, float]]]:
        """Yield number of the run, step and columns of every row of thermodynamic output."""
        columns: list[str] = []
        number, announced = 0, False
        for line in self._lines:
            words = line.split()
            if words[:1] == ["Step"] or (announced and "Step" in words):
                columns, number = words, number + 1
            elif line.startswith("Loop time"):
                columns = []
            elif columns and len(words) == len(columns):
                try:
                    values = [float(word) for word in words]
                except ValueError:
                    continue  # a warning that has as many words as there are columns
                row = dict(zip(columns, values, strict=True))
                self._printed(number, round(row["Step"]))
                yield number, round(row["Step"]), row
            elif not columns:
                self._take(words)
            announced = line.startswith(BEFORE_TABLE)

    def _printed(self, number: int, step: int) -> None:
        """Keep the run that has printed a row."""
        if number > len(self.runs):
            dumps = {Path(file).name: opened for file, opened in self._dumps.values()}
            self.runs.append(
                LogRun(
                    number=number,
                    timestep=self._timestep,
                    fixes=dict(self._fixes),
                    dumps=dumps,
                    masses=dict(self._masses),
                    per_atom=self._per_atom,
                    minimised=self._last == "minimize",
                    first=step,
                    last=step,
                )
            )
        self.runs[-1] = replace(self.runs[-1], last=step)

    def _take(self, words: list[str]) -> None:
        """Take in a command."""
        match words:
            case ["units", name, *_]:
                self.units = name
            case ["timestep", value, *_]:
                self._timestep = value
            case ["mass", kind, value, *_] if kind.isdigit() and NUMBER.fullmatch(value):
                self._masses[kind] = float(value)
            case ["thermo_modify", *options] if "norm" in options[:-1]:
                self._per_atom = options[options.index("norm") + 1] == "yes"
            case ["fix", name, *arguments]:
                self._fixes[name] = tuple(arguments)
            case ["unfix", name, *_]:
                self._fixes.pop(name, None)
            case ["dump", name, _, _, _, file, *_]:
                self._opened += 1
                self._dumps[name] = (file, self._opened)
            case ["undump", name, *_]:
                self._dumps.pop(name, None)
            case ["run" | "minimize" as begun, *_]:
                self._last = begun
                self.begun.add(begun)
