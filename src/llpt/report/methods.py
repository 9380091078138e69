"""A paragraph on how a study was done, for a paper: Markdown and LaTeX from provenance, with its bibliography."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from llpt.campaign import ControlledTest, Role
from llpt.dynamics import Thermostat, integrator_records
from llpt.engines import Argument, find_engine
from llpt.ensembles import Ensemble
from llpt.files import write_atomically
from llpt.report.model_cards import card_of, card_sentence
from llpt.report.references import PROGRAM, bibliography, cited, papers_of_functional
from llpt.study import State
from llpt.study.engine_spelling import imported_label
from llpt.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from llpt.papers import Paper
    from llpt.report.case import Case
    from llpt.run_file import DescribedEngine
    from llpt.study import PlannedRun

THERMOSTATS: dict[str, tuple[str, tuple[str, ...]]] = {
    Thermostat.SVR: ("stochastic velocity rescaling", ("bussi2007",)),
    Thermostat.LANGEVIN: ("Langevin", ()),
    Thermostat.NOSE_HOOVER: ("Nosé–Hoover chains", ("martyna1992",)),
}
"""What a paper calls them, and what it cites."""
MOST_LISTED = 4
BAROSTAT_PAPER = "bussi2009"
INNER_STEPS_PAPERS = ("tuckerman1992",)
BRIDGE_PAPER = "bennett1976"
CITATION = re.compile(r"\[@([\w;@]+)\]")
HASH_CHARACTERS = 12
"""So much of a SHA-256 tells two potentials apart."""
LATEX = {
    "\\": r"\textbackslash{}",
    "$": r"\$",
    "^": r"\textasciicircum{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
    "#": r"\#",
    "±": r"$\pm$",
    "−": "$-$",
    "–": "--",
    "Å": r"\AA{}",
    "²": "$^2$",
    "³": "$^3$",
    "ρ": r"$\rho$",
}


@dataclass(frozen=True)
class Methods:
    """How a study was done.

    Args:
        markdown: one paragraph; ``[@key]`` cites.
        keys: the papers it cites.
    """

    markdown: str
    keys: tuple[str, ...]

    @property
    def latex(self) -> str:
        """The same for LaTeX."""
        text = "".join(LATEX.get(character, character) for character in CITATION.sub(_hold, self.markdown))
        return re.sub(r"\0([\w,]+)\0", r"\\cite{\1}", text)

    @property
    def numbered(self) -> str:
        """The same with the numbers of its papers, 1 for the first of ``keys``, as ``[1, 3]``."""

        def numbers(found: re.Match[str]) -> str:
            return f"[{', '.join(str(1 + self.keys.index(key)) for key in found.group(1).split(';@'))}]"

        return CITATION.sub(numbers, self.markdown)

    @property
    def papers(self) -> tuple[Paper, ...]:
        """The papers it cites, in the order of ``keys``."""
        return cited(self.keys)

    @property
    def bibtex(self) -> str:
        """The papers it cites."""
        return bibliography(self.keys)


def _hold(found: re.Match[str]) -> str:
    """Keep a citation out of the way of characters that LaTeX reads as its own."""
    return f"\0{found.group(1).replace(';@', ',')}\0"


def methods_of(case: Case) -> Methods:
    """Return the paragraph of a study: engines, dynamics, runs, statistics.

    Args:
        case: the study as it stands.
    """
    sentences = [*_engines(case), *_dynamics(case), *_statistics(case)]
    text = " ".join(sentences)
    keys = dict.fromkeys(key for group in CITATION.findall(text) for key in group.split(";@"))
    return Methods(text, tuple(keys))


def write_methods(methods: Methods, directory: Path) -> None:
    """Write ``methods.md``, ``methods.tex`` and ``references.bib``.

    Raises:
        StorageError: a file cannot be written.
    """
    write_atomically(directory / "methods.md", methods.markdown + "\n")
    write_atomically(directory / "methods.tex", methods.latex + "\n")
    write_atomically(directory / "references.bib", methods.bibtex)


def _engines(case: Case) -> Iterable[str]:
    """Say what computed each side."""
    for role in Role:
        described: dict[str, DescribedEngine] = {}
        electrons: dict[str, set[tuple[float, float]]] = {}
        for run in case.plan.runs:
            entry = case.entries.get(run.path)
            if run.role is role and run.test is ControlledTest.BASE and entry and entry.provenance.engine is not None:
                engine = described.setdefault(entry.provenance.engine.spec, entry.provenance.engine)
                warm = entry.provenance.engine.options.get("electronic_temperature_k")
                if isinstance(warm, int | float):
                    electrons.setdefault(engine.spec, set()).add((float(warm), run.state.temperature_k))
        for engine in described.values():
            yield f"The {role} is {_engine(engine, electrons.get(engine.spec, set()))}."
            if (card := card_of(engine.spec, case.directory.root)) is not None:
                yield card_sentence(card)


def _electrons(pairs: set[tuple[float, float]]) -> list[str]:
    """Tell the temperature of the electrons, by pairs of it and that of the ions; nothing where there is none."""
    if not pairs:
        return []
    if all(math.isclose(warm, ions) for warm, ions in pairs):
        return ["Fermi–Dirac occupations at the temperature of the ions"]
    return [f"Fermi–Dirac occupations at {_span(sorted({warm for warm, _ in pairs}))} K"]


def _engine(engine: DescribedEngine, electrons: set[tuple[float, float]]) -> str:
    if imported_label(engine.spec) is not None:
        return f"{engine.name} (runs of {engine.version}, made elsewhere)"
    record = find_engine(engine.spec)
    declared = record.options.told() if record.options is not None else {}
    options = {name: value for name, value in engine.options.items() if name in declared and declared[name].phrase}
    if isinstance(engine.options.get("xc"), str):
        options["xc"] = str(engine.options["xc"]).upper()
    keys = [paper.key for paper in record.papers]
    keys += [paper.key for paper in papers_of_functional(str(engine.options.get("xc", "")))]
    for name, each in declared.items():
        if name in engine.options:
            papers = (*each.papers, *each.papers_of.get(str(engine.options[name]), ()))
            keys += [paper.key for paper in papers]
    told = "; ".join([*(declared[name].tell(value) for name, value in options.items()), *_electrons(electrons)])
    version = f" {engine.version}" if engine.version else ""
    return f"{record.label}{version}{_potential(engine, record.argument)}{_cite(keys)}{f' ({told})' if told else ''}"


def _potential(engine: DescribedEngine, argument: Argument) -> str:
    """Name what an engine was made from, by the last part of its path, and the hash of its files; a comma before it."""
    given = engine.spec.partition(":")[2]
    name = PurePath(given).name if argument in {Argument.DIRECTORY, Argument.FILE} else given
    digest = f"SHA-256 {engine.content_hash[:HASH_CHARACTERS]}" if engine.content_hash else ""
    told = ", ".join(filter(None, (f'"{name}"' if name else "", digest)))
    return f", {told}" if told else ""


def _dynamics(case: Case) -> Iterable[str]:
    """Say how the runs that are done were done, and how many of the planned ones those are."""
    base = [run for run in case.plan.runs if run.test is ControlledTest.BASE]
    for role in Role:
        runs = [run for run in base if run.role is role]
        if runs:
            yield _runs(role, runs, case)
    done = [run for run in base if _state(case, run) is State.DONE]
    npt = [run for run in done if run.dynamics.pressure_gpa is not None]
    thermal = [run for run in done if run.dynamics.ensemble is not Ensemble.NVE]
    keys: list[str] = []
    words = []
    for name, runs in (("integrator", done), ("thermostat", thermal)):
        values = sorted({str(value) for run in runs if (value := getattr(run.dynamics, name, None)) is not None})
        if values:
            known = [_called(value) for value in values]
            time = _times("thermostat_time", runs) if name == "thermostat" else ""
            words.append(f"{name} {' and '.join(word for word, _ in known)}{time}")
            keys += [key for _, found in known for key in found]
    if npt:
        words.append(f"an isotropic barostat{_times('barostat_time_fs', npt)}")
        keys.append(BAROSTAT_PAPER)
    if words:
        yield f"Dynamics: {', '.join(words)}{_cite(keys)}."


def _state(case: Case, run: PlannedRun) -> State:
    """Return what the ledger says of a run."""
    entry = case.entries.get(run.path)
    return entry.state if entry is not None else State.WAITING


def _times(name: str, runs: list[PlannedRun]) -> str:
    """Tell a time constant in brackets, a space before it; nothing where runs made elsewhere do not say it."""
    values = sorted({float(value) for run in runs if (value := getattr(run.dynamics, name, None)) is not None})
    return f" (time constant {_span(values)} fs)" if values else ""


def _called(name: str) -> tuple[str, list[str]]:
    """Return what a paper calls an integrator or a thermostat, and what it cites."""
    integrator = integrator_records().get(name)
    if integrator is None:
        word, keys = THERMOSTATS.get(name, (name, ()))
        return word, list(keys)
    of_engine = find_engine(integrator.engine).papers if integrator.engine else ()
    return integrator.label, [paper.key for paper in (*integrator.papers, *of_engine)]


def _runs(role: Role, runs: list[PlannedRun], case: Case) -> str:
    states = Counter(_state(case, run) for run in runs)
    done = [run for run in runs if _state(case, run) is State.DONE]
    others = ", ".join(f"{states[state]} {state}" for state in State if state is not State.DONE and states[state])
    if not done:
        return f"None of the {len(runs)} planned runs of the {role} is done ({others})."
    atoms = _listed([float(size) for size in {run.atoms for run in done}])
    temperatures = sorted({run.state.temperature_k for run in done})
    where = ", ".join((f"{atoms} atoms", f"{_span(temperatures)} K", *_held(done)))
    plural = "s" if len(runs) > 1 else ""
    whose = f"The {len(runs)} run{plural} of the {role} ({where})"
    if others:
        verb = "is" if len(done) == 1 else "are"
        whose = f"{len(done)} of {len(runs)} planned runs of the {role} ({where}) {verb} done ({others}); they"
    steps = sorted({round(run.inner_timestep_fs, 3) for run in done})
    lengths, discarded = (
        sorted({round(each * run.timestep_fs / 1000.0, 3) for each, run in zip(found, done, strict=True)})
        for found in _steps(done, case)
    )
    return (
        f"{whose} took {_span(lengths)} ps each in steps of {_span(steps)} fs"
        f"{_by_potential([run for run in done if run.inner_steps], case)}; "
        f"the first {_span(discarded)} ps are left out of averages."
    )


def _by_potential(runs: list[PlannedRun], case: Case) -> str:
    """Tell of multiple time steps, a space before it; nothing where there are none."""
    if not runs:
        return ""
    forces = _span(sorted({round(run.timestep_fs, 3) for run in runs}))
    return f" by {_potentials(runs, case)}, with its own forces every {forces} fs{_cite(INNER_STEPS_PAPERS)}"


def _potentials(runs: list[PlannedRun], case: Case) -> str:
    """Name the potentials within steps of runs: as the ledger knows them, else by their SPEC."""
    words = set()
    for run in runs:
        described = case.entries[run.path].provenance.potential
        if described is not None:
            words.add(_engine(described, set()))
        elif (inner := run.dynamics.multiple_time_steps) is not None:
            words.add(PurePath(inner.engine).name if find_engine(inner.engine).copied else inner.engine)
    return " and ".join(sorted(words))


def _steps(done: list[PlannedRun], case: Case) -> tuple[list[int], list[int]]:
    """Return how many steps the ledger counts of each run, and how many of them are left out of averages."""
    return [case.entries[run.path].steps_done or run.steps for run in done], [run.discard for run in done]


def _held(runs: list[PlannedRun]) -> Iterable[str]:
    """Say at which pressures or densities."""
    pressures = {run.state.pressure_gpa for run in runs if run.state.pressure_gpa is not None}
    densities = {
        run.state.density_g_per_cm3
        for run in runs
        if run.state.pressure_gpa is None and run.state.density_g_per_cm3 is not None
    }
    if pressures:
        yield f"{_listed(pressures)} GPa"
    if densities:
        yield f"{_listed(densities)} g/cm³"


def _listed(values: Iterable[float]) -> str:
    """Return a few numbers, or the first and the last of many."""
    ordered = sorted(values)
    if len(ordered) > MOST_LISTED:
        return f"{len(ordered)} values from {ordered[0]:.4g} to {ordered[-1]:.4g}"
    return " and ".join(filter(None, (", ".join(f"{each:.4g}" for each in ordered[:-1]), f"{ordered[-1]:.4g}")))


def _span(values: list[float]) -> str:
    return f"{values[0]:g}" if len(values) == 1 else f"{values[0]:g}–{values[-1]:g}"


def _statistics(case: Case) -> Iterable[str]:
    yield (
        "Errors are standard errors from integrated autocorrelation times [@thompson2010]; differences are held "
        "against thresholds that were fixed beforehand by two one-sided tests with Bonferroni's level "
        f"[@schuirmann1987], as implemented in llpt {VERSION}{_cite([PROGRAM.key])}."
    )
    yield _thresholds(case)
    if case.analysis.explanation is not None:
        yield f"Free-energy differences between the two come from two-sided acceptance ratios{_cite([BRIDGE_PAPER])}."


def _thresholds(case: Case) -> str:
    """Say what the verdict is judged by."""
    verdict = case.verdict
    asked = verdict.thresholds if verdict is not None else case.study.verdict.thresholds()
    judged = [each for each in verdict.comparisons if each.judged] if verdict is not None else []
    limits: dict[str, set[str]] = {}
    for each in judged:
        limits.setdefault(each.quantity, set()).add(f"{each.threshold:.3g} {each.difference.unit}".strip())
    told = ", ".join(f"{quantity} {' and '.join(sorted(values))}" for quantity, values in limits.items())
    return (
        f"{f'Thresholds: {told}. ' if told else ''}Confidence of a statement: {100 * asked.confidence:g} %. Nothing is "
        f"decided by fewer than {asked.minimum_atoms} atoms or less than {asked.minimum_production_ps:g} ps of "
        "production at a temperature."
    )


def _cite(keys: Iterable[str]) -> str:
    found = list(dict.fromkeys(keys))
    return f" [@{';@'.join(found)}]" if found else ""
