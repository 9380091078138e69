"""What MD steps took on this machine in studies before; ``llpt run`` adds to it, ``llpt plan`` reads it.

It is a file of the person's own (``llpt.study.personal``). Other work on the machine only ever slows a run, so of the
last studies the middle one counts, the faster of two: one that was disturbed spoils no plan. Of what a start took the
least counts.
"""

from __future__ import annotations

import json
import socket
from statistics import median
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from llpt.errors import StorageError
from llpt.files import make_directory, write_atomically
from llpt.study.engine_sections import ProviderKind
from llpt.study.personal import personal_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from llpt.options import GivenValue
    from llpt.study.engine_sections import ExecutionSection

RUN_START_UP_S = 0.5
"""Forking a process, making its engine, its first and last checkpoint, where nothing was measured."""
SCALED = frozenset({"ecut_ry", "kpoints"})
"""Options whose cost an engine's record knows."""
FREE = frozenset({"electronic_temperature_k"})
"""Options that cost little."""
MOST = 2000
"""Paces that are kept, the last ones."""
STUDIES = 3
"""Studies that are remembered of one kind of run, the last ones."""


class KnownPace(BaseModel):
    """What a step of one kind of run took.

    Args:
        place: the machine, or the scheduler and its queue.
        engine: SPEC of the engine; of one that is a file, the hash of what it holds stands in place of its name.
        options: its options, as ``options_text`` writes them.
        atoms: number of atoms.
        threads: processor cores, 0 for all.
        seconds: wall time of a step.
        estimated: what the engine's record states of the same step, in seconds.
        floor: the part of that which is the same for all numbers of atoms.
        start_up: seconds of a run beside its steps; None where they were not told from these.
        loading: seconds that the first run of a study waited longer, for the libraries; None where that is not known.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    place: str
    engine: str
    options: str
    atoms: int
    threads: int
    seconds: float
    estimated: float
    floor: float = 0.0
    start_up: float | None = None
    loading: float | None = None

    @property
    def key(self) -> tuple[str, str, str, int, int]:
        """What tells it from others."""
        return self.place, self.engine, self.options, self.atoms, self.threads


_PACES = TypeAdapter(tuple[KnownPace, ...])


def options_text(options: Mapping[str, GivenValue], *, scaled: bool = True) -> str:
    """Write options as a text that is the same for the same cost.

    Args:
        options: the options of an engine.
        scaled: whether those whose cost the record knows are among them.
    """
    left_out = FREE if scaled else FREE | SCALED
    return json.dumps({key: options[key] for key in sorted(options.keys() - left_out)}, default=str)


def engine_key(spec: str, contents: Mapping[str, str]) -> str:
    """Return what an engine is known by: its SPEC, or its kind and the hash of its files.

    Args:
        spec: its SPEC.
        contents: hashes of the files of engines that are files, by SPEC.
    """
    return f"{spec.partition(':')[0]}:{contents[spec][:16]}" if contents.get(spec) else spec


def place_of(execution: ExecutionSection) -> str:
    """Return where the runs of a study are done: this machine, or a scheduler and its queue."""
    if execution.where is ProviderKind.LOCAL:
        return socket.gethostname()
    queue = execution.provider.get("partition") or execution.provider.get("queue") or ""
    return f"{execution.where}:{queue}"


def paces_file() -> Path:
    """Return the file."""
    return personal_file("paces.json")


def known_paces(place: str) -> tuple[KnownPace, ...]:
    """Return what is known of a place; nothing where there is no file, or none that can be read."""
    alike: dict[tuple[str, str, str, int, int], list[KnownPace]] = {}
    for pace in _read():
        if pace.place == place:
            alike.setdefault(pace.key, []).append(pace)
    return tuple(map(_usual, alike.values()))


def typical_pace(alike: Sequence[KnownPace]) -> KnownPace:
    """Return the one in the middle of what runs of one kind took, by what was estimated of each; the faster of two.

    Args:
        alike: at least one.
    """
    return sorted(alike, key=lambda pace: pace.seconds / pace.estimated)[(len(alike) - 1) // 2]


def _usual(alike: Sequence[KnownPace]) -> KnownPace:
    """Return what studies with runs of one kind tell together."""
    starts = [pace.start_up for pace in alike if pace.start_up is not None]
    loading = [pace.loading for pace in alike if pace.loading is not None]
    beside = {
        "start_up": min(starts) if starts else None,
        "loading": min(loading) if loading else None,
    }
    return typical_pace(alike).model_copy(update=beside)


def remember_paces(found: Iterable[KnownPace]) -> None:
    """Add to the file; where it cannot be written, nothing is remembered.

    Args:
        found: what was measured in one study, the run that began first before all others; of several of one key
            their medians are kept.
    """
    before = _read()
    first, fresh = None, dict[tuple[str, str, str, int, int], list[KnownPace]]()
    for pace in found:
        first = first or pace
        fresh.setdefault(pace.key, []).append(pace)
    kept = list(before)
    for key, alike in fresh.items():
        last = [pace for pace in before if pace.key == key]
        for pace in last[: len(last) - STUDIES + 1]:
            kept.remove(pace)
        starts = [pace.start_up for pace in alike if pace.start_up is not None and pace is not first]
        start_up = median(starts) if starts else None
        loading = None
        if first is not None and first.key == key and first.start_up is not None:
            known = start_up if start_up is not None or not last else _usual(last).start_up
            loading = max(0.0, first.start_up - (RUN_START_UP_S if known is None else known))
        seconds = median(pace.seconds for pace in alike)
        kept.append(alike[-1].model_copy(update={"seconds": seconds, "start_up": start_up, "loading": loading}))
    file = paces_file()
    text = _PACES.dump_json(tuple(kept[-MOST:]), indent=1)
    try:
        make_directory(file.parent)
        write_atomically(file, text, durable=False)
    except StorageError:
        return


def _read() -> tuple[KnownPace, ...]:
    try:
        return _PACES.validate_json(paces_file().read_bytes())
    except (OSError, ValidationError):
        return ()
