"""An engine declared once: everything the rest of the program must know of it before, and without, making it.

A record holds facts and import paths, so that a list of engines costs nothing and needs no program. To add an
engine: ``CONTRIBUTING.md``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from typing import TYPE_CHECKING, Generic, TypeVar

from llpt.engines.purpose import Purpose
from llpt.plugins import IMPORT_PATH, NAME
from llpt.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llpt.options import GivenValue, Options, OptionValue
    from llpt.papers import Paper
    from llpt.prerequisites import Prerequisite

_OWN = __name__.partition(".")[0]


class Argument(StrEnum):
    """What follows the colon of an engine's SPEC; the value is what people are shown."""

    NONE = ""
    DIRECTORY = "DIR"
    FILE = "FILE"
    CLASS = "module.Class"
    NAME = "NAME"


TIMED_CUTOFF_RY = 60.0
TIMED_DENSITY_G_PER_CM3 = 1.12
"""The plane waves and the fluid of hydrogen that engines were timed with."""


@dataclass(frozen=True)
class Speed:
    """Seconds per MD step of one engine on 2 cores: ``floor + once N / 64 + kpoints sum_k terms[k] (N / 64)^k``.

    Args:
        terms: seconds of one k-point for 64 atoms by the power they grow with; at ``TIMED_CUTOFF_RY`` and
            ``TIMED_DENSITY_G_PER_CM3`` where there are plane waves.
        once: seconds for 64 atoms of what is done once for all k-points, the density and its potential among it.
        floor: what every step costs besides, i-PI and the trajectory among it.
        plane_waves: whether ``terms`` and ``once`` grow with the number of plane waves, cutoff^1.5 / density.
        on_one_thread: how many times longer a step takes on one thread than on two.
        in_double: how many times longer ``terms`` are where the option ``precision`` asks for double.
        functionals: returns how many times longer with an exchange–correlation functional, by the value of the option
            ``xc``; None where all take as long.
        follows_electrons: whether a single point can start from the solution at another temperature of the electrons.
        points_of_a_label: single points that a label takes where its pressure is corrected for the finite basis.
    """

    terms: Mapping[float, float] = field(default_factory=lambda: {1.0: 0.005})
    once: float = 0.0
    floor: float = 0.002
    plane_waves: bool = False
    on_one_thread: float = 1.0
    in_double: float = 1.0
    functionals: Callable[[str], float] | None = None
    follows_electrons: bool = False
    points_of_a_label: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", MappingProxyType(dict(self.terms)))

    def seconds(self, atoms: int, *, kpoints: int = 1, plane_waves: float = 1.0) -> float:
        """Return the seconds of one step.

        Args:
            atoms: number of atoms.
            kpoints: their number, >= 1.
            plane_waves: per atom and k-point, in units of those that the engine was timed with.
        """
        shared, of_one = self.parts(atoms, plane_waves=plane_waves)
        return shared + kpoints * of_one

    def parts(self, atoms: int, *, plane_waves: float = 1.0) -> tuple[float, float]:
        """Return the seconds of what a step does once, and of what it does for each k-point.

        Args:
            atoms: number of atoms.
            plane_waves: as in :meth:`seconds`.
        """
        share = plane_waves if self.plane_waves else 1.0
        of_one = sum(seconds * (atoms / 64.0) ** power for power, seconds in self.terms.items())
        return self.floor + share * self.once * atoms / 64.0, share * of_one


@dataclass(frozen=True)
class EngineRecord:
    """What an engine is, declared once.

    Args:
        name: the word its SPEC begins with, and its name in paths: small letters, digits, ``-``, ``_`` and ``.``.
        label: what people call it in figures and tables, e.g. ``Quantum ESPRESSO``.
        maker: import path ``module:function`` of what makes it of an :class:`EngineRequest`; imported when used.
        argument: what follows the colon of its SPEC.
        copied: whether that is a file or directory which a study must hold a copy of.
        options: the options it takes; None where only the engine itself knows: it then gets them as they were given.
        theory: those of its options that say which theory it computes; the others say how.
        optics: whether it gives the Kohn–Sham states that ``llpt optics`` takes.
        thermal: whether its electrons have a temperature, the option ``electronic_temperature_k``.
        functional: the exchange–correlation functional that stands beside its label where the option ``xc`` is not
            given; empty where there is nothing to tell then.
        elements: chemical symbols it can do; None where the engine itself must be asked.
        dynamics: whether it can drive molecular dynamics; False for single points alone.
        speed: what a step costs before any was measured.
        probe: import path ``module:function`` of what returns its version, or raises MissingProgramError where it is
            not installed; empty where it comes with the package of its maker.
        check: import path ``module:function`` of what refuses an :class:`EngineRequest` that its maker will refuse, as
            far as that shows without its program; a plan asks it. Empty where the options say all.
        found: what ``llpt doctor`` says where the probe succeeds and there is no trial.
        trial: options with which ``llpt doctor`` computes four atoms of hydrogen; None where it only probes.
        class_labels: what people call the classes that its argument names, by the class's name in small letters.
        recognised_by: name, or pattern, of the file that its argument is or whose directory it is, where a path alone
            shows that it is meant; empty where nothing does.
        file_can_run: what it does with the file that its argument names by which that can run any code, as the
            predicate of a sentence, e.g. ``unpickles a file``; empty where a file is data.
        imports: modules that its first calculation brings in and that do nothing when they are imported: the processes
            of a study's runs get them from the one that they are forked from.
        members: import path ``module:function`` of what returns the arguments of a committee's members, of its own
            argument; empty where it is never a committee.
        needs: what must be installed for it, as ``llpt doctor`` lists it; None where it comes with llpt.
        papers: what a paper that uses it cites.
    """

    name: str
    label: str
    maker: str
    argument: Argument = Argument.NONE
    copied: bool = False
    options: type[Options] | None = None
    theory: tuple[str, ...] = ()
    optics: bool = False
    thermal: bool = False
    functional: str = ""
    elements: frozenset[str] | None = None
    dynamics: bool = True
    speed: Speed = field(default_factory=Speed)
    probe: str = ""
    check: str = ""
    found: str = "built in"
    trial: Mapping[str, OptionValue] | None = None
    class_labels: Mapping[str, str] = field(default_factory=dict)
    recognised_by: str = ""
    file_can_run: str = ""
    imports: tuple[str, ...] = ()
    members: str = ""
    needs: Prerequisite | None = None
    papers: tuple[Paper, ...] = ()

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name of an engine: small letters, digits, '-', '_' and '.'")
        for path in filter(None, (self.maker, self.probe, self.check, self.members)):
            if not IMPORT_PATH.fullmatch(path):
                raise ValueError(f"{path!r} is no import path module:function")
        if self.copied and self.argument not in {Argument.DIRECTORY, Argument.FILE}:
            raise ValueError(f"engine {self.name} names no file that could be copied")
        if self.thermal and not self.declares("electronic_temperature_k"):
            raise ValueError(f"engine {self.name} is thermal without an option electronic_temperature_k")

    @property
    def grammar(self) -> str:
        """Its SPEC as people are shown it, e.g. ``n2p2:DIR``."""
        return f"{self.name}:{self.argument}" if self.argument else self.name

    def declares(self, name: str) -> bool:
        """Whether the engine has an option of that name."""
        return self.options is not None and name in self.options.model_fields

    def option(self, name: str, given: Mapping[str, GivenValue]) -> OptionValue:
        """Return an option as it was given, or its default; None where the engine declares no such option.

        Args:
            name: of the option.
            given: the options that were given.
        """
        declared = self.options.model_fields.get(name) if self.options is not None else None
        default: OptionValue = declared.default if declared is not None and not declared.is_required() else None
        return given.get(name, default)

    @property
    def every_paper(self) -> tuple[Paper, ...]:
        """What it, or one of its options, is cited by."""
        told = self.options.told() if self.options is not None else {}
        return (*self.papers, *(paper for each in told.values() for paper in each.every_paper))

    def folder(self, argument: str) -> str:
        """Return its name in paths: its own, or that of the class it wraps.

        Args:
            argument: what follows the colon of the SPEC.
        """
        return argument.rpartition(".")[2].lower() if self.argument is Argument.CLASS else self.name


Chosen = TypeVar("Chosen")


@dataclass(frozen=True)
class EngineRequest(Generic[Chosen]):
    """What a maker is asked for.

    Args:
        spec: the whole SPEC, for messages and the engine's description.
        argument: what follows its colon.
        options: an object of the record's ``options``, already checked; what was given where the record has none.
        purpose: what the engine is made for; decides defaults of options that were not given.
    """

    spec: str
    argument: str
    options: Chosen
    purpose: Purpose = Purpose.SINGLE_POINT


@dataclass(frozen=True)
class TrainedPotential:
    """A kind of potential that studies train: no engine of its own, for another one runs what a training leaves.

    Args:
        name: what a study file calls it, and its name in paths.
        label: what people call it.
        engine: the engine that runs it, by its name.
    """

    name: str
    label: str
    engine: str

    def spec(self, directory: object) -> str:
        """Return the SPEC of the engine that runs the potential in a directory."""
        return f"{self.engine}:{directory}"


def package_version(path: str) -> str:
    """Return name and version of the package that an import path belongs to, e.g. ``llpt 0.1.0``.

    Args:
        path: a module, or ``module:function``.

    >>> package_version("llpt.engines.vasp:make_vasp").split()[0]
    'llpt'
    """
    package = re.split(r"[.:]", path)[0]
    try:
        return f"{package} {VERSION if package == _OWN else version(package)}"
    except PackageNotFoundError:  # a module that no package manager installed
        return package
