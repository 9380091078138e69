"""Single points of the same structures at many electronic temperatures, each frame followed along T_el.

From one T_el to the next the electrons change little: an engine that can change the temperature of its electrons starts
from the solution before, other engines compute every point afresh.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from llpt.engines.evaluation import labelled, read_evaluated, write_evaluated
from llpt.engines.make import make_engine
from llpt.engines.registry import find_engine
from llpt.errors import InputError
from llpt.files import make_directory, remove

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ase import Atoms

    from llpt.engines.face import Engine, EngineDescription
    from llpt.options import OptionValue


@runtime_checkable
class WarmElectrons(Protocol):
    """An engine whose electrons can be given another temperature without forgetting their last solution."""

    def set_electronic_temperature(self, temperature_k: float) -> None:
        """Take another temperature of the electrons, in K."""


def label_file(directory: Path, temperature_k: float) -> Path:
    """Return the file of the snapshots labelled at one electronic temperature."""
    return directory / f"T{temperature_k:g}.extxyz"


def label_at_electronic_temperatures(
    directory: Path,
    frames: Sequence[Atoms],
    *,
    spec: str,
    options: Mapping[str, OptionValue],
    temperatures_k: Sequence[float],
    on_point: Callable[[int, float], None] = lambda *_: None,
) -> EngineDescription:
    """Label structures at every electronic temperature, rising, one structure after the other; or go on labelling.

    A structure that is done is kept in ``directory``; in the end it holds one file for each temperature
    (:func:`label_file`), the structures in their order.

    Args:
        directory: where the labels go; made if it is not there.
        frames: structures.
        spec: SPEC of an engine whose electrons have a temperature.
        options: its options without the electrons' temperature.
        temperatures_k: the electrons' temperatures in K, one at least, each once.
        on_point: called after each single point with their number so far and the electrons' temperature.

    Returns:
        The engine, as it is at the lowest temperature.

    Raises:
        InputError: an engine without electrons, or a structure that it cannot compute.
        EngineError: a calculation failed.
        StorageError: a file cannot be written.
    """
    rising = sorted(temperatures_k)
    if not find_engine(spec).thermal:
        raise InputError(
            f"Engine {spec} has no electrons: nothing of it depends on their temperature.",
            "Take an engine with electrons, for example dft.",
        )
    make_directory(directory)
    parts = [directory / f"frame-{number:05d}.extxyz" for number in range(len(frames))]
    with ExitStack() as engines:

        def engine_at(temperature_k: float) -> Engine:
            made = make_engine(spec, {**options, "electronic_temperature_k": temperature_k})
            return engines.enter_context(closing(made))

        first = engine_at(rising[0])
        description = first.describe()
        if all(label_file(directory, value).exists() for value in rising):
            return description
        at: dict[float, Engine] = {rising[0]: first}
        for number, (frame, part) in enumerate(zip(frames, parts, strict=True)):
            if not part.exists():
                points = []
                first.reset()
                for step, value in enumerate(rising):
                    if isinstance(first, WarmElectrons):
                        first.set_electronic_temperature(value)
                        engine: Engine = first
                    else:
                        engine = at[value] = at.get(value) or engine_at(value)
                        engine.reset()
                    points.append(labelled(frame, engine, number=number))
                    on_point(number * len(rising) + step + 1, value)
                write_evaluated(part, points)
    along = [read_evaluated(part) for part in parts]
    for place, value in enumerate(rising):
        write_evaluated(label_file(directory, value), [points[place] for points in along])
    for part in parts:
        remove(part)
    return description
