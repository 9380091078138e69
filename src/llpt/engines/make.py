"""From a SPEC such as ``dft`` or ``n2p2:DIR`` to an engine."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from llpt.engines.options import did_you_mean
from llpt.engines.purpose import Purpose
from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.engines.face import Engine, OptionValue


class EngineKind(StrEnum):
    """The kinds of engines, by the word their SPEC begins with."""

    DFT = "dft"
    N2P2 = "n2p2"
    MODEL = "model"
    QUANTUM_ESPRESSO = "quantum-espresso"
    VASP = "vasp"
    LAMMPS = "lammps"
    MACE = "mace"
    ASE = "ase"


class EngineMaker(Protocol):
    """A function that makes one kind of engine from what follows the colon of its SPEC."""

    def __call__(self, argument: str, options: Mapping[str, OptionValue], *, spec: str) -> Engine:
        """Return the engine."""


# Where each kind is made: imported only when asked for, so that no optional package is needed by another engine.
_MAKERS = {
    EngineKind.DFT: ("llpt.engines.kohn_sham", "make_kohn_sham"),
    EngineKind.N2P2: ("llpt.engines.networks", "make_n2p2"),
    EngineKind.MODEL: ("llpt.engines.networks", "make_model"),
    EngineKind.QUANTUM_ESPRESSO: ("llpt.engines.espresso", "make_quantum_espresso"),
    EngineKind.VASP: ("llpt.engines.vasp", "make_vasp"),
    EngineKind.LAMMPS: ("llpt.engines.lammps", "make_lammps"),
    EngineKind.MACE: ("llpt.engines.mace", "make_mace"),
    EngineKind.ASE: ("llpt.engines.any_ase", "make_any_ase"),
}
# What follows the colon, for those that take something there.
_ARGUMENTS = {
    EngineKind.N2P2: "DIR",
    EngineKind.MODEL: "FILE",
    EngineKind.LAMMPS: "FILE",
    EngineKind.MACE: "FILE",
    EngineKind.ASE: "module.Class",
}


def make_engine(
    spec: str, options: Mapping[str, OptionValue] | None = None, *, purpose: Purpose = Purpose.SINGLE_POINT
) -> Engine:
    """Make an engine from its SPEC and options.

    Args:
        spec: ``dft``, ``n2p2:DIR``, ``model:FILE``, ``quantum-espresso``, ``vasp``, ``lammps:FILE``, ``mace:FILE`` or
            ``ase:module.Class``.
        options: its options (``docs/engines.md``); values may be text.
        purpose: what it is made for: decides how ``dft`` converges and whether its pressure is corrected, and the
            precision of networks, where the options do not say.

    Raises:
        InputError: an unknown SPEC or option (with the nearest known name), a value not allowed, or a file not there.
        MissingProgramError: the program or package behind the engine is not installed.

    >>> make_engine("ase:ase.calculators.lj.LennardJones", {"sigma": "2.0"}).describe().options["sigma"]
    '2.0'
    """
    kind, argument = split_spec(spec)
    module, function = _MAKERS[kind]
    make = getattr(import_module(module), function)
    if kind in (EngineKind.DFT, EngineKind.N2P2, EngineKind.MODEL):
        return cast("Engine", make(argument, options or {}, spec=spec.strip(), purpose=purpose))
    return cast("EngineMaker", make)(argument, options or {}, spec=spec.strip())


def split_spec(spec: str) -> tuple[EngineKind, str]:
    """Return the kind of engine and what follows the colon.

    Raises:
        InputError: an unknown kind, a missing argument, or one where none is taken.
    """
    word, colon, argument = spec.strip().partition(":")
    try:
        kind = EngineKind(word)
    except ValueError:
        raise InputError(
            f"There is no engine {spec!r}.", f"{did_you_mean(word, EngineKind)}Engines are: {', '.join(grammar())}."
        ) from None
    if kind in _ARGUMENTS and not argument:
        raise InputError(f"Engine {spec!r} does not say which.", f"Write {word}:{_ARGUMENTS[kind]}.")
    if kind not in _ARGUMENTS and colon:
        raise InputError(f"Engine {word} takes nothing after a colon, but {argument!r} was given.", f"Write {word}.")
    return kind, argument


def grammar() -> list[str]:
    """Return the SPEC of every kind of engine, e.g. ``n2p2:DIR``."""
    return [f"{kind}:{_ARGUMENTS[kind]}" if kind in _ARGUMENTS else str(kind) for kind in EngineKind]
