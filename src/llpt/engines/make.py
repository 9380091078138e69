"""From a SPEC such as ``dft`` or ``n2p2:DIR`` to an engine."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ase.calculators.calculator import BaseCalculator

from llpt.engines.any_ase import wrap_calculator
from llpt.engines.face import Engine
from llpt.engines.purpose import Purpose
from llpt.engines.record import EngineRequest
from llpt.engines.registry import split_spec
from llpt.errors import InputError, PluginError, first_line, unsuitable
from llpt.options import parse_options
from llpt.plugins import import_installed

if TYPE_CHECKING:
    from llpt.engines.record import EngineRecord
    from llpt.options import OptionValue


def make_engine(
    spec: str | BaseCalculator,
    options: Mapping[str, OptionValue] | None = None,
    *,
    purpose: Purpose = Purpose.SINGLE_POINT,
) -> Engine:
    """Make an engine from its SPEC and options, or of an ASE calculator.

    Args:
        spec: an engine and what follows its colon, e.g. ``dft`` or ``n2p2:DIR`` (``llpt.engines.grammar`` lists them);
            or a calculator of ASE.
        options: its options (``docs/engines.md``); values may be text. None for a calculator: it has its own.
        purpose: what it is made for: decides how ``dft`` converges, whether the pressure of plane waves is corrected,
            and the precision of networks, where the options do not say.

    Raises:
        InputError: neither text nor a calculator, an unknown SPEC or option (with the nearest known name), a value not
            allowed, a file not there, or dynamics with an engine that only does single points.
        MissingProgramError: the program or package behind the engine is not installed.
        PluginError: another package adds the engine, and it cannot be used.

    >>> make_engine("ase:ase.calculators.lj.LennardJones", {"sigma": "2.0"}).describe().options["sigma"]
    '2.0'
    """
    if isinstance(spec, BaseCalculator):
        if options:
            raise InputError(
                f"A calculator ({type(spec).__name__}) takes no options here: {', '.join(options)}.",
                "Give them where the calculator is made.",
            )
        return as_engine(spec)
    if not isinstance(spec, str):
        raise unsuitable(spec, "names no engine", "Give a SPEC as text, or a calculator of ASE that is made.")
    if options is not None and not isinstance(options, Mapping):
        raise unsuitable(options, "is no set of options", 'Give them by name, e.g. {"ecut_ry": 60}.')
    if purpose not in tuple(Purpose):
        raise InputError(f"There is no purpose {purpose!r}.", f"Give one of: {', '.join(Purpose)}.")
    record, request = _asked(spec, options or {}, Purpose(purpose))
    engine = imported(record.maker)(request)
    if not isinstance(engine, Engine):
        raise PluginError(
            f"What {record.maker} made of {spec.strip()} is no engine but of type {type(engine).__name__}.",
            "Its author must return an object of llpt.engines.Engine, e.g. a subclass of EngineCalculator.",
        )
    return engine


def check_request(spec: str, options: Mapping[str, OptionValue], *, purpose: Purpose) -> None:
    """Refuse what :func:`make_engine` will refuse, as far as that shows without the engine's program.

    Args:
        spec: an engine and what follows its colon.
        options: its options.
        purpose: what it is to be made for.

    Raises:
        InputError: an unknown SPEC or option, a value not allowed, a file not there, or dynamics with an engine that
            only does single points.
        MissingProgramError: the package behind the engine is not installed, where that shows.
    """
    record, request = _asked(spec, options, purpose)
    if record.check:
        imported(record.check)(request)


def _asked(spec: str, options: Mapping[str, OptionValue], purpose: Purpose) -> tuple[EngineRecord, EngineRequest[Any]]:
    """Return an engine's record and what its maker is asked for."""
    record, argument = split_spec(spec)
    if not (purpose.one_by_one or record.dynamics):
        raise InputError(
            f"Engine {record.name} computes single structures and drives no molecular dynamics.",
            "Choose another engine for the dynamics.",
        )
    whose = f"engine {spec.strip()}"
    chosen: Any = options if record.options is None else parse_options(record.options, options, owner=whose)
    return record, EngineRequest(spec.strip(), argument, chosen, purpose)


def as_engine(given: Engine | BaseCalculator) -> Engine:
    """Return an engine as it is, and an ASE calculator as an engine.

    Raises:
        InputError: it is neither.
    """
    if isinstance(given, Engine):
        return given
    if isinstance(given, BaseCalculator):
        return wrap_calculator(given)
    raise unsuitable(given, "is no engine", "Give what llpt.make_engine returned, or a calculator of ASE.")


def imported(path: str) -> Any:
    """Return what an import path ``module:name`` of a record names.

    Raises:
        PluginError: it cannot be imported, or nobody installed it.
    """
    module, _, name = path.partition(":")
    load = import_module if module.startswith("llpt.") else import_installed
    try:
        return getattr(load(module), name)
    except PluginError:
        raise
    except Exception as error:  # a module raises whatever it likes while it is imported
        reason = first_line(error)
        raise PluginError(
            f"{path} of an engine's record cannot be imported: {type(error).__name__}: {reason}.",
            f"Install what {module.partition('.')[0]} needs, or a newer version of it.",
        ) from error
