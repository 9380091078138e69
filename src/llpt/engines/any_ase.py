"""Any ASE calculator by name: ``ase:module.Class`` with the keyword arguments of the class as options."""

from __future__ import annotations

import inspect
import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ase
import numpy as np
from ase.calculators.calculator import BaseCalculator, PropertyNotImplementedError

from llpt.engines.face import EngineCalculator, EngineDescription, EngineResult, PressureLabel
from llpt.engines.record import Argument, EngineRecord, EngineRequest
from llpt.errors import EngineError, InputError, LlptError, MissingProgramError, PluginError, first_line
from llpt.files import disk_refusal
from llpt.options import did_you_mean
from llpt.papers import Paper
from llpt.plugins import code_place, import_installed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ase import Atoms

    from llpt.options import OptionValue

LARSEN_2017 = Paper(
    key="larsen2017",
    authors="A. Hjorth Larsen and others",
    title="The atomic simulation environment – a Python library for working with atoms",
    journal="J. Phys.: Condens. Matter",
    volume="29",
    page="273002",
    year="2017",
    doi="10.1088/1361-648X/aa680e",
)
ANY_ASE = EngineRecord(
    name="ase",
    label="ASE calculator",
    maker="llpt.engines.any_ase:make_any_ase",
    argument=Argument.CLASS,
    check="llpt.engines.any_ase:check_named",
    probe="llpt.engines.any_ase:ase_version",
    class_labels={"lennardjones": "Lennard-Jones"},
    papers=(LARSEN_2017,),
)

WITH_ASE = "ase.calculators."
WITH_SOCKET = "ase.calculators.socketio"
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class WrappedCalculator(EngineCalculator):
    """An ASE calculator shown with our face.

    ``free_energy`` is the calculator's where it has one, else its ``energy``; ``energy`` is set equal to it and the
    entropy to zero, because ASE's ``energy`` may be an extrapolation to zero smearing, which is neither E nor F.

    Args:
        calculator: the ASE calculator.
        description: what it is.
        owned: whether it was made for this engine, which then closes its processes and sockets.
    """

    def __init__(self, calculator: Any, description: EngineDescription, *, owned: bool = False) -> None:
        super().__init__()
        self._calculator = calculator
        self._description = description
        self._owned = owned

    def compute(self, atoms: Atoms, system_changes: Iterable[str]) -> EngineResult:  # noqa: ARG002  # the face's
        """Return energy, forces and, where the calculator has it, stress."""
        try:
            forces = np.array(self._calculator.get_property("forces", atoms), dtype=float)
            energy = self._property("energy", atoms)
        except LlptError:
            raise
        except Exception as error:  # calculators raise whatever they like
            # Calculators that start a program write its input: a full disk is no failure of the engine.
            if isinstance(error, OSError) and (refusal := disk_refusal(error, Path.cwd(), "use")):
                raise refusal from error
            reason = first_line(error)
            raise EngineError(
                f"Engine {self._description.spec} failed: {type(error).__name__}: {reason}.",
                "Check that it can do these elements and this cell, and its options.",
            ) from error
        free_energy = float(self._calculator.results.get("free_energy", energy))
        return EngineResult(
            free_energy_ev=free_energy,
            energy_ev=free_energy,
            forces_ev_per_angstrom=forces,
            stress_ev_per_angstrom3=self._stress(atoms),
        )

    def _property(self, name: str, atoms: Atoms) -> Any:
        """Return a result; what came with the forces is taken as it is, without comparing the atoms once more."""
        known = self._calculator.results
        return known[name] if name in known else self._calculator.get_property(name, atoms)

    def _stress(self, atoms: Atoms) -> np.ndarray[Any, np.dtype[np.float64]] | None:
        if not all(atoms.pbc):
            return None
        try:
            stress = np.array(self._property("stress", atoms), dtype=float)
        except (NotImplementedError, PropertyNotImplementedError, KeyError):
            return None
        if stress.shape == (3, 3):
            stress = stress[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
        return stress

    def describe(self) -> EngineDescription:
        """Return name, version of ASE, and options."""
        return self._description

    def reset(self) -> None:
        """Forget the last structure."""
        super().reset()
        self._calculator.reset()

    def close(self) -> None:
        """Close what the calculator holds, where it was made here and can be closed."""
        close = getattr(self._calculator, "close", None)
        if self._owned and callable(close):
            close()


def ase_version() -> str:
    """Return the version of ASE."""
    return str(ase.__version__)


def make_any_ase(request: EngineRequest[Mapping[str, OptionValue]]) -> EngineCalculator:
    """Make the engine ``ase:module.Class``, e.g. of ``ase.calculators.lj.LennardJones``.

    Its options are the keyword arguments of the class; text that reads as JSON (numbers, true, lists) is taken as such.

    Raises:
        MissingProgramError: the module is not installed.
        PluginError: it lies in no place of installed packages.
        InputError: no such class, not a calculator, or options it does not take.
    """
    spec, options = request.spec, request.options
    kind, module_name = calculator_class(spec, options)
    arguments = {name: _value(value) for name, value in options.items()}
    try:
        calculator = kind(**arguments)
    except Exception as error:  # constructors raise whatever they like
        reason = first_line(error)
        raise InputError(f"Engine {spec} cannot be made: {reason}.", f"Check the options {arguments}.") from error
    return WrappedCalculator(calculator, _describe(spec, module_name, options), owned=True)


def check_named(request: EngineRequest[Mapping[str, OptionValue]]) -> None:
    """Refuse a calculator that cannot be; only those that come with ASE are imported, for others run code.

    Raises:
        MissingProgramError: its package is not installed here, or what one of ASE's own needs.
        PluginError: it lies in no place of installed packages.
        InputError: no class is named; one of ASE's own is not there, or does not take the options.
    """
    module, _ = _module_and_class(request.spec)
    if request.argument.startswith(WITH_ASE):
        calculator_class(request.spec, request.options)
    elif code_place(module) is None and find_spec(module.partition(".")[0]) is None:
        raise MissingProgramError(
            f"Module {module.partition('.')[0]} of engine {request.spec} is not installed.",
            "Install it, or check the spelling.",
        )


def calculator_class(spec: str, options: Mapping[str, OptionValue]) -> tuple[type[BaseCalculator], str]:
    """Return the class that a SPEC names, and its module.

    Args:
        spec: ``ase:module.Class``.
        options: that it is to take.

    Raises:
        MissingProgramError: the module is not installed.
        PluginError: it lies in no place of installed packages.
        InputError: no such class, not a calculator, or options it does not take.
    """
    module_name, class_name = _module_and_class(spec)
    try:
        module = import_installed(module_name)
    except PluginError:
        raise
    except ModuleNotFoundError as error:
        raise MissingProgramError(
            f"Module {error.name} of engine {spec} is not installed.", "Install it, or check the spelling."
        ) from error
    except Exception as error:  # a module raises whatever it likes while it is imported
        raise InputError(
            f"Module {module_name} of engine {spec} cannot be loaded: {type(error).__name__}: {first_line(error)}.",
            "Install what it needs, or another version of it.",
        ) from error
    kind = getattr(module, class_name, None)
    if kind is None:
        raise InputError(f"Module {module_name} has no class {class_name}.", "Check the spelling.")
    if not (isinstance(kind, type) and issubclass(kind, BaseCalculator)):
        raise InputError(f"Class {class_name} is not an ASE calculator.", "Name a subclass of ase's Calculator.")
    if isinstance(kind, type) and issubclass(kind, EngineCalculator):
        raise InputError(f"Class {class_name} is an engine of this package.", "Ask for it by its own SPEC.")
    _check_names(kind, options, spec=spec)
    _refuse_open_port(kind, options, spec=spec)
    return kind, module_name


def _module_and_class(spec: str) -> tuple[str, str]:
    """Return the two that a SPEC names, or say that it names none."""
    argument = spec.partition(":")[2]
    module, _, name = argument.rpartition(".")
    if not module or not all(word.isidentifier() for word in argument.split(".")):
        raise InputError(
            f"Engine {spec} does not name a class.", "Write ase:module.Class, e.g. ase:ase.calculators.lj.LennardJones."
        )
    return module, name


def wrap_calculator(calculator: BaseCalculator) -> EngineCalculator:
    """Return a calculator that is made already, as an engine; its SPEC is its class, its options its plain parameters.

    Args:
        calculator: of ASE, or of any package that follows it.
    """
    kind = type(calculator)
    plain = {
        name: value
        for name, value in getattr(calculator, "parameters", {}).items()
        if isinstance(value, str | int | float | bool)
    }
    return WrappedCalculator(calculator, _describe(f"ase:{kind.__module__}.{kind.__name__}", kind.__module__, plain))


def _describe(spec: str, module_name: str, options: Mapping[str, OptionValue]) -> EngineDescription:
    return EngineDescription(
        name=ANY_ASE.name,
        spec=spec,
        version=f"ase {ase_version()}",
        options=dict(options),
        pressure_label=PressureLabel.EXACT if _is_classical(module_name) else PressureLabel.UNCORRECTED,
    )


def _check_names(kind: type[BaseCalculator], options: Mapping[str, OptionValue], *, spec: str) -> None:
    """Refuse options a calculator would silently ignore: ASE's take any name where they take ``**kwargs``."""
    parameters = inspect.signature(kind.__init__).parameters
    takes_all = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    defaults = set(getattr(kind, "default_parameters", {}))
    if takes_all and not defaults:
        return
    known = defaults | {name for name, p in parameters.items() if p.kind in _NAMED and name != "self"}
    for name in options:
        if name not in known:
            raise InputError(
                f"Engine {spec} has no option {name!r}.",
                f"{did_you_mean(name, known)}Its options are: {', '.join(sorted(known)) or 'none'}.",
            )


def _refuse_open_port(kind: type[BaseCalculator], options: Mapping[str, OptionValue], *, spec: str) -> None:
    """Refuse a calculator that waits for a program at every address of the machine, as ASE's do without a unix socket.

    Who connects to the port may answer for the program, and there is no key.
    """
    if not any(base.__module__ == WITH_SOCKET for base in kind.__mro__):
        return
    if _value(options.get("unixsocket", "null")) is None:
        raise InputError(
            f"Engine {spec} would open a port to all networks of this machine.",
            'Give it unixsocket = "NAME" in place of a port, and the program the same NAME (pw.x --ipi NAME:UNIX).',
        )


def _value(value: OptionValue) -> Any:
    """Return a number, list or boolean for text that is one, else the text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _is_classical(module_name: str) -> bool:
    """Whether the module is one of ASE's own interatomic potentials, whose stress has no basis-set error."""
    classical = {"lj", "morse", "emt", "eam", "tersoff", "acemolecule", "harmonic", "combine_mm"}
    return module_name.startswith("ase.calculators.") and module_name.split(".")[2] in classical
