"""What other packages add: records named by entry points, read once, and one sentence for each that cannot be used.

A package announces a record in its ``pyproject.toml``, under the group of its kind::

    [project.entry-points."llpt.engines"]
    my-engine = "my_package.engine:ENGINE"

The object it names is the record itself, of the class the group is for, and carries the entry point's own name.
"""

from __future__ import annotations

import site
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from sysconfig import get_path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from llpt.errors import PluginError, first_line

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


STARTED_IN = Path.cwd()
"""The directory that the program was started in; a worker goes on to the study's directory."""
PLACES_OF_PACKAGES = frozenset({"site-packages", "dist-packages"})
"""What installers call the directories they fill, wherever these lie."""


def code_place(module: str, *, beside: Path | None = None) -> Path | None:
    """Return the directory that Python would take a module's package from, without running any of it.

    Args:
        module: dotted name of the module.
        beside: the directory of the study that names it.

    Returns:
        The directory of the search path; None where there is no such package, or it is part of Python itself.

    Raises:
        PluginError: nobody installed it: it lies beside the study, or in another directory of the search path.
    """
    package = module.partition(".")[0]
    if package in sys.modules and package in sys.builtin_module_names:
        return None
    try:
        found = find_spec(package)
    except (ImportError, ValueError):
        return None
    if found is None:
        return None
    files = [found.origin] if found.origin and found.has_location else []
    places = [Path(place).parent for place in found.submodule_search_locations or ()]
    places = places or [Path(file).parent for file in files]
    for place in places:
        if not _is_installed(place, package, beside):
            raise PluginError(
                f"Module {module} would be taken from {place}, which is no place of installed packages.",
                "Install it with pip (a pyproject.toml beside it is enough), the study in another directory; a file "
                "that merely lies in the current directory, the study's or one of PYTHONPATH is never run.",
            )
    return places[0].resolve() if places else None


def _is_installed(place: Path, package: str = "", beside: Path | None = None) -> bool:
    """Whether an installer put a package where it is found, and it is no part of a study.

    Args:
        place: the directory of the search path.
        package: its name.
        beside: the directory of the study that names it.
    """
    place = place.resolve()
    own = _own_directories()
    if any(place.is_relative_to(each) for each in own):  # of this interpreter
        return True
    if place in {STARTED_IN.resolve(), Path.cwd().resolve()} or place == (beside and beside.resolve()):
        return False
    if place in _named_by_installers(own) or package in _mapped_by_installers():
        return True
    return place.name in PLACES_OF_PACKAGES and not (beside and place.is_relative_to(beside.resolve()))


def _own_directories() -> set[Path]:
    """Return where this interpreter's own packages are."""
    found = [*map(get_path, ("purelib", "platlib", "stdlib")), *site.getsitepackages()]
    if site.ENABLE_USER_SITE:
        found.append(site.getusersitepackages())
    return {Path(path).resolve() for path in found}


def _named_by_installers(own: set[Path]) -> set[Path]:
    """Return the directories that path files of the interpreter name: ``pip install -e`` leaves them."""
    lines = (line for place in own for file in place.glob("*.pth") for line in _lines(file))
    return {Path(line).resolve() for line in lines if Path(line).is_absolute()}


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _mapped_by_installers() -> set[str]:
    """Return the packages that setuptools' own finders know, which it leaves where a path file is not enough."""
    finders = [module for name, module in sys.modules.copy().items() if name.startswith("__editable__")]
    return {package for finder in finders for package in getattr(finder, "MAPPING", ())}


class Named(Protocol):
    """A record that knows its own name."""

    @property
    def name(self) -> str:
        """The word it is asked for by."""


Record = TypeVar("Record", bound=Named)


@dataclass(frozen=True)
class Plugins(Generic[Record]):
    """The plug-ins of one group.

    Args:
        records: those that can be used, by name.
        faults: why each of the others cannot, by name; raise it where somebody asks for that one.
    """

    records: Mapping[str, Record]
    faults: Mapping[str, PluginError]


def read_plugins(group: str, kind: type[Record], *, taken: Collection[str] = ()) -> Plugins[Record]:
    """Return what other packages add to a group. One that is broken takes nothing away from the others.

    Args:
        group: the entry points' group, e.g. ``llpt.engines``.
        kind: the class that each of them must be an instance of.
        taken: names of what is built in, which no plug-in may take.

    >>> dict(read_plugins("llpt.nobody", Plugins).records)
    {}
    """
    return cast("Plugins[Record]", _read(group, kind, frozenset(taken), tuple(sys.path)))


# Reading what every installed package says of itself takes tens of milliseconds, and importing a plug-in may take more:
# once for each search path is enough, for packages do not come and go while a program runs.
@lru_cache(maxsize=32)
def _read(group: str, kind: type[Any], taken: frozenset[str], search_path: tuple[str, ...]) -> Plugins[Any]:
    del search_path  # it only tells one reading from another
    records: dict[str, object] = {}
    faults: dict[str, PluginError] = {}
    points: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=group):
        if point.dist is not None and not _is_installed(Path(str(point.dist.locate_file("")))):
            continue  # nobody installed it
        points.setdefault(point.name, []).append(point)
    for name, offered in sorted(points.items()):
        try:
            records[name] = _load(offered, kind, taken)
        except PluginError as error:
            faults[name] = error
    return Plugins(MappingProxyType(records), MappingProxyType(faults))


def _load(offered: list[EntryPoint], kind: type[Any], taken: frozenset[str]) -> Any:
    """Return the record of one name, or raise what is wrong with it."""
    point = offered[0]
    what = f"Plug-in {point.name!r} ({point.group}) of {_package(point)}"
    if point.name in taken:
        raise PluginError(f"{what} has a name that is taken by llpt itself.", "Its author must give it another name.")
    if len(offered) > 1:
        others = " and ".join(sorted(_package(other) for other in offered))
        raise PluginError(f"Plug-in {point.name!r} ({point.group}) comes from {others}.", "Uninstall one of them.")
    code_place(point.module)
    try:
        record = point.load()
    except Exception as error:  # a module raises whatever it likes while it is imported
        reason = first_line(error)
        raise PluginError(
            f"{what} cannot be loaded from {point.value}: {type(error).__name__}: {reason}.",
            "Install what it needs or a newer version of it, or uninstall it.",
        ) from error
    if not isinstance(record, kind):
        raise PluginError(
            f"{what} is not what it should be: {point.value} is of type {type(record).__name__}, not {kind.__name__}.",
            "Its author must name a record of that class.",
        )
    if record.name != point.name:
        raise PluginError(
            f"{what} calls itself {str(record.name)!r}.", "Its author must give entry point and record one name."
        )
    return record


def _package(point: EntryPoint) -> str:
    return f"package {point.dist.name}" if point.dist is not None else "an unnamed package"
