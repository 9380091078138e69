"""Every engine there is: those built in, and those that other packages add by entry points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.engines.abinit import ABINIT
from llpt.engines.any_ase import ANY_ASE
from llpt.engines.cp2k import CP2K
from llpt.engines.espresso import QUANTUM_ESPRESSO
from llpt.engines.kohn_sham.record import DFT
from llpt.engines.lammps import LAMMPS
from llpt.engines.mace import MACE
from llpt.engines.networks import BEHLER_PARRINELLO, MODEL, N2P2
from llpt.engines.record import EngineRecord
from llpt.engines.vasp import VASP
from llpt.errors import InputError
from llpt.options import did_you_mean
from llpt.plugins import Plugins, read_plugins

if TYPE_CHECKING:
    from llpt.engines.record import TrainedPotential

GROUP = "llpt.engines"
"""The group of entry points by which another package adds an engine: each names an :class:`EngineRecord`."""

BUILT_IN = {
    record.name: record for record in (DFT, N2P2, MODEL, QUANTUM_ESPRESSO, ABINIT, CP2K, VASP, LAMMPS, MACE, ANY_ASE)
}
DEFAULT_REFERENCE = DFT
"""What labels, and drives a reference, where nobody says otherwise."""
TRAINED_HERE: dict[str, TrainedPotential] = {BEHLER_PARRINELLO.name: BEHLER_PARRINELLO}
"""Potentials that a study can train, by the name it calls them."""


def engine_plugins() -> Plugins[EngineRecord]:
    """Return the engines of other packages, and what is wrong with those that cannot be used."""
    return read_plugins(GROUP, EngineRecord, taken={*BUILT_IN, *TRAINED_HERE})


def engine_records() -> dict[str, EngineRecord]:
    """Return every engine that can be asked for, by name: those built in first."""
    return {**BUILT_IN, **engine_plugins().records}


def find_engine(spec: str) -> EngineRecord:
    """Return the record of the engine that a SPEC names; what follows its colon is not looked at.

    Raises:
        InputError: there is no such engine.
        PluginError: another package adds it, and it cannot be used.
    """
    word = spec.strip().partition(":")[0]
    if word in BUILT_IN:  # without asking what else is installed
        return BUILT_IN[word]
    plugins = engine_plugins()
    if word in plugins.faults:
        raise plugins.faults[word]
    if word not in plugins.records:
        raise InputError(
            f"There is no engine {spec!r}.",
            f"{did_you_mean(word, engine_records())}Engines are: {', '.join(grammar())}.",
        )
    return plugins.records[word]


def optics_engine() -> EngineRecord:
    """Return the engine whose states ``llpt optics`` takes."""
    return next(record for record in BUILT_IN.values() if record.optics)


def split_spec(spec: str) -> tuple[EngineRecord, str]:
    """Return the engine that a SPEC names and what follows the colon.

    Raises:
        InputError: an unknown engine, a missing argument, or one where none is taken.
        PluginError: another package adds the engine, and it cannot be used.
    """
    record = find_engine(spec)
    _, colon, argument = spec.strip().partition(":")
    if record.argument and not argument:
        raise InputError(f"Engine {spec!r} does not say which.", f"Write {record.grammar}.")
    if not record.argument and colon:
        raise InputError(
            f"Engine {record.name} takes nothing after a colon, but {argument!r} was given.", f"Write {record.name}."
        )
    return record, argument


def grammar() -> list[str]:
    """Return the SPEC of every engine, e.g. ``n2p2:DIR``."""
    return [record.grammar for record in engine_records().values()]


def engine_folder(spec: str) -> str:
    """Return an engine's name in paths, or that of a potential that is trained here.

    Raises:
        InputError: there is no such engine.

    >>> engine_folder("n2p2:somewhere"), engine_folder("ase:ase.calculators.lj.LennardJones")
    ('n2p2', 'lennardjones')
    """
    return spec if spec in TRAINED_HERE else find_engine(spec).folder(spec.partition(":")[2])


def engine_label(folder: str) -> str:
    """Return what people call an engine.

    Args:
        folder: its name in paths, see :func:`engine_folder`.

    >>> engine_label("quantum-espresso"), engine_label("behler-parrinello"), engine_label("lennardjones")
    ('Quantum ESPRESSO', 'Behler–Parrinello', 'Lennard-Jones')
    """
    records = engine_records()
    if folder in records:
        return records[folder].label
    if folder in TRAINED_HERE:
        return TRAINED_HERE[folder].label
    classes = {name: label for record in records.values() for name, label in record.class_labels.items()}
    return classes.get(folder, folder)
