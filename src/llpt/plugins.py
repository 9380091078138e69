"""What other packages add: records named by entry points, read once, and one sentence for each that cannot be used.

A package announces a record in its ``pyproject.toml``, under the group of its kind::

    [project.entry-points."llpt.engines"]
    my-engine = "my_package.engine:ENGINE"

The object it names is the record itself, of the class the group is for, and carries the entry point's own name.
"""

from __future__ import annotations

import re
import site
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from sysconfig import get_path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from llpt.errors import PluginError, first_line

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from importlib.machinery import ModuleSpec
    from types import ModuleType


NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
"""Names of records that settings ask for: small letters, digits, ``-``, ``_`` and ``.``."""
IMPORT_PATH = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
"""``module:name``, by which a record names what is loaded when it is used."""
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
        PluginError: nobody installed it: it lies in the study, or in another directory of the search path.
    """
    package, *inner = module.split(".")
    if package in sys.modules and package in sys.builtin_module_names:
        return None
    try:
        found = find_spec(package)
    except (ImportError, ValueError):
        return None
    first = found
    for depth, name in enumerate((*inner, "")):  # a folder without __init__.py is a package too: it may lie far below
        if found is None:
            break
        _refuse_elsewhere(found, module, depth, beside)
        places = found.submodule_search_locations
        found = PathFinder.find_spec(name, list(places)) if name and places else None
    paths = _paths(first) if first is not None else []
    return paths[0].parent.resolve() if paths else None


def import_installed(module: str) -> ModuleType:
    """Import a module once it is known that installers put it and all above it where they are.

    A package may add to the places where its modules are looked for, so each is looked at before it is imported.

    Args:
        module: dotted name.

    Raises:
        PluginError: it is taken from elsewhere.
        Exception: whatever is raised while it is imported.
    """
    code_place(module)
    names = module.split(".")
    for count in range(2, len(names) + 1):
        if found := find_spec(".".join(names[:count])):
            _refuse_elsewhere(found, module, count - 1, None)
    return import_module(module)


def _paths(found: ModuleSpec) -> list[Path]:
    """Return the directories of a package, or the file of a module."""
    files = [found.origin] if found.origin and found.has_location else []
    return [Path(path) for path in found.submodule_search_locations or files]


def _refuse_elsewhere(found: ModuleSpec, module: str, depth: int, beside: Path | None) -> None:
    """Refuse what nobody installed, or what is, links followed, a part of the study or lies where one works.

    Args:
        found: a module or package.
        module: the module that was asked for.
        depth: how many packages it lies in.
        beside: the directory of the study.
    """
    for path in _paths(found):
        target = path.resolve()
        place = path.absolute().parents[depth]
        if not _is_installed(place, module.partition(".")[0], beside) or _is_here(target, beside):
            raise PluginError(
                f"Module {module} would be taken from {target.parent}, which is no place of installed packages.",
                "Install it with pip (a pyproject.toml beside it is enough), the study in another directory; a file "
                "that merely lies in the current directory, the study's or one of PYTHONPATH is never run.",
            )


def _is_here(path: Path, beside: Path | None) -> bool:
    """Whether a package or module is a part of a study, or stands in the current directory; an interpreter's may be."""
    if any(path.is_relative_to(each) for each in _own_directories()):
        return False
    return path.parent in _current() or bool(beside and path.is_relative_to(beside.resolve()))


def _current() -> set[Path]:
    return {STARTED_IN.resolve(), Path.cwd().resolve()}


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
    if place in _current() or place == (beside and beside.resolve()):
        return False
    if place in _named_by_installers(own) or place in _mapped_by_installers(package):
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


def _mapped_by_installers(package: str) -> set[Path]:
    """Return where setuptools' own finders know a package, which it leaves where a path file is not enough."""
    finders = [module for name, module in sys.modules.copy().items() if name.startswith("__editable__")]
    known = [getattr(finder, "MAPPING", {}) for finder in finders]
    return {Path(mapping[package]).resolve().parent for mapping in known if package in mapping}


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
    try:
        import_installed(point.module)
        record = point.load()
    except PluginError:
        raise
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
