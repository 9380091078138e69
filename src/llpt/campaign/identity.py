"""Which run: its engine, atoms, line of states, place on it, controlled test and repeat, and how its path is spelt.

A run's path below a study's directory is ``runs/ENGINE/N<atoms>/<line>/<rung>[-<test><repeat>]``: on an isobar or an
isochore ``P200/T900`` or ``rs1.38/T900``, on an isotherm ``T1000/P150`` or ``T1000/rs1.38``. Nothing else in the
package puts such a path together or takes one apart; the names of states in it are those of ``llpt.campaign.state``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatch

from llpt.campaign.state import is_isotherm

_RUNS = "runs/"
_PATH = re.compile(
    r"runs/(?P<engine>[^/]+)/N(?P<atoms>\d+)/(?P<line>[^/]+)/"
    r"(?P<rung>(?:T|P|rs|rho)[0-9.]+(?:e[+-]\d+)?)(?:-(?P<word>[a-z-]+)(?P<repeat>\d+))?"
)
_REPEATED = "repeat"
"""What stands in the place of a test's name where a base run was done more than once."""


class Role(StrEnum):
    """Which side of the audit a run stands on."""

    REFERENCE = "reference"
    SURROGATE = "surrogate"


class ControlledTest(StrEnum):
    """What a run is done for: the study's own ladders, or a test that changes one thing of them."""

    BASE = "base"
    """Not a test: the study's own runs, which every test is compared with."""
    EXTRA = "extra"
    """The surrogate's runs in a cell of the reference's size under another protocol."""
    SIZE = "size"
    """Adds no runs: the base runs of several sizes are compared."""
    DURATION = "duration"
    """``repeat`` counts the sequential runs of one state; the first is the base run."""
    COOLING = "cooling"
    DECOMPRESSION = "decompression"
    """Down an isotherm from its dense end."""
    RAMP_UP = "ramp-up"
    """A ladder up at another rate; ``repeat`` counts the rates from 1."""
    RAMP_DOWN = "ramp-down"
    """Down from the upper end of the ladder of the same rate."""
    FIXED_ELECTRONIC_TEMPERATURE = "fixed_electronic_temperature"
    START = "start"
    ENSEMBLE = "ensemble"
    THERMOSTAT = "thermostat"
    BAROSTAT = "barostat"
    INTEGRATOR = "integrator"
    TIMESTEP = "timestep"
    BEADS = "beads"
    ISOTOPE = "isotope"
    CUTOFF = "cutoff"
    KPOINTS = "kpoints"
    FUNCTIONAL = "functional"
    ENGINE = "engine"

    @property
    def is_ramp(self) -> bool:
        """Whether its repeats are ladders of different rates, not runs of one ladder."""
        return self in {ControlledTest.RAMP_UP, ControlledTest.RAMP_DOWN}

    @property
    def repeats_are_walks(self) -> bool:
        """Whether its repeats are ladders walked by other random numbers; those of duration go on from one another."""
        return self in {ControlledTest.BASE, ControlledTest.EXTRA, ControlledTest.COOLING, ControlledTest.DECOMPRESSION}


_WORDS = {test.replace("_", "-"): test for test in ControlledTest} | {_REPEATED: ControlledTest.BASE}


@dataclass(frozen=True)
class LadderIdentity:
    """Which ladder: the runs of one engine, size, line of states and test, whatever their place on it.

    Args:
        engine: the engine's name in paths.
        atoms: number of atoms.
        line: name of the line of states.
        test: the controlled test.
        rate: counts the rates of a ramp from 1; 1 for every other test.
    """

    engine: str
    atoms: int
    line: str
    test: ControlledTest
    rate: int = 1

    @property
    def folder(self) -> str:
        """Its runs' folder below their engine's: ``N64/P200``."""
        return f"{size_name(self.atoms)}/{self.line}"

    @property
    def label(self) -> str:
        """The test, and which of its rates: ``cooling``, ``ramp-up``, ``ramp-up 2``."""
        return _numbered(self.test, self.rate)

    @property
    def way_down(self) -> LadderIdentity | None:
        """The ladder that goes down from the upper end of this one; None where this is not walked both ways."""
        if self.test is ControlledTest.BASE:
            isotherm = is_isotherm(self.line)
            return replace(self, test=ControlledTest.DECOMPRESSION if isotherm else ControlledTest.COOLING)
        return replace(self, test=ControlledTest.RAMP_DOWN) if self.test is ControlledTest.RAMP_UP else None


@dataclass(frozen=True)
class RunIdentity:
    """Which run.

    Args:
        engine: the engine's name in paths, e.g. ``dft`` or ``behler-parrinello``.
        atoms: number of atoms.
        line: name of the line of states, e.g. ``P200``, ``rs1.38`` or ``T1000``.
        rung: name of the place on it, e.g. ``T900`` or, on an isotherm, ``P150``; it has six digits.
        test: the controlled test.
        repeat: counts the runs of one state and test from 1.

    >>> RunIdentity("dft", 32, "P200", "T700", ControlledTest.COOLING).path
    'runs/dft/N32/P200/T700-cooling1'
    """

    engine: str
    atoms: int
    line: str
    rung: str
    test: ControlledTest = ControlledTest.BASE
    repeat: int = 1

    @property
    def path(self) -> str:
        """Its directory below the study's.

        A run with another engine lies in that engine's folder as a base run would.
        """
        return f"{_RUNS}{self.engine}/{self.folder}"

    @property
    def folder(self) -> str:
        """Its directory below its engine's: ``N64/P200/T900-cooling1``."""
        return f"{self.ladder.folder}/{self.rung}{self._suffix}"

    @property
    def _suffix(self) -> str:
        if self.test is ControlledTest.BASE:
            return "" if self.repeat == 1 else f"-{_REPEATED}{self.repeat}"
        if self.test is ControlledTest.ENGINE:
            return ""
        return f"-{self.test.replace('_', '-')}{self.repeat}"

    @classmethod
    def parse(cls, path: str) -> RunIdentity | None:
        """Return the run whose path this is; None where it is no run's.

        A run with another engine reads as a base run, because its path says no more.

        >>> RunIdentity.parse("runs/dft/N32/P200/T700-cooling1").test
        <ControlledTest.COOLING: 'cooling'>
        """
        found = _PATH.fullmatch(path)
        if found is None or (found["word"] and found["word"] not in _WORDS):
            return None
        return cls(
            found["engine"],
            int(found["atoms"]),
            found["line"],
            found["rung"],
            _WORDS[found["word"]] if found["word"] else ControlledTest.BASE,
            int(found["repeat"] or 1),
        )

    @property
    def temperature_k(self) -> float:
        """Temperature of the ions, to the six digits of its path."""
        return float((self.line if is_isotherm(self.line) else self.rung).removeprefix("T"))

    @property
    def line_with_place(self) -> str:
        """Its line of states, on an isotherm with the place on it: ``P200``, ``T1000/P150``."""
        return f"{self.line}/{self.rung}" if is_isotherm(self.line) else self.line

    @property
    def ladder(self) -> LadderIdentity:
        """The ladder it is a rung of; ramps of different rates are different ladders."""
        rate = self.repeat if self.test.is_ramp else 1
        return LadderIdentity(self.engine, self.atoms, self.line, self.test, rate)

    @property
    def part(self) -> str:
        """The test and, from the second on, which repeat: ``base``, ``duration 3``."""
        return _numbered(self.test, self.repeat)


def _numbered(test: ControlledTest, number: int) -> str:
    return str(test) if number <= 1 else f"{test} {number}"


def size_name(atoms: int) -> str:
    """Return how a number of atoms is spelt in paths.

    >>> size_name(64)
    'N64'
    """
    return f"N{atoms}"


def line_without_place(text: str) -> str:
    """Return the line of states of what :attr:`RunIdentity.line_with_place` gives.

    >>> line_without_place("P200"), line_without_place("T1000/P150")
    ('P200', 'T1000')
    """
    return text.partition("/")[0]


def short_name(path: str) -> str:
    """Return the path of a run, or of any other node of a plan, as people are shown it.

    >>> short_name("runs/dft/N32/P200/T700"), short_name("models/behler-parrinello")
    ('dft/N32/P200/T700', 'models/behler-parrinello')
    """
    return path.removeprefix(_RUNS)


def matches_pattern(path: str, pattern: str) -> bool:
    """Whether a pattern of the shell names a run, or any other node of a plan, by its path or its short name."""
    return fnmatch(short_name(path), pattern) or fnmatch(path, pattern)


def file_stem(path: str) -> str:
    """Return the path of a run, or of any other node of a plan, as the stem of a file's name.

    >>> file_stem("runs/dft/N32/P200/T700"), file_stem("models/behler-parrinello")
    ('dft-N32-P200-T700', 'models-behler-parrinello')
    """
    return short_name(path).replace("/", "-")


def engine_slug(label: str) -> str:
    """Return what people call an engine as its name in paths: letters and digits of any alphabet, in small letters.

    >>> engine_slug("VASP, PBE (400 eV)"), engine_slug("Мой_потенциал 2")
    ('vasp-pbe-400-ev', 'мой-потенциал-2')
    """
    plain = unicodedata.normalize("NFC", label).lower()
    return re.sub(r"(?:[^\w.]|_)+", "-", plain).strip("-.") or "engine"
