"""A paragraph on how a study was done, for a paper: Markdown and LaTeX from provenance, with its bibliography."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.campaign import ControlledTest, Role
from llpt.dynamics import Thermostat, integrator_records
from llpt.engines import engine_of_integrator, find_engine
from llpt.files import write_atomically
from llpt.report.references import bibliography, cited, papers_of_functional
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
HYBRID_PAPERS = ("duane1987", "mehlig1992")
BRIDGE_PAPER = "bennett1976"
CITATION = re.compile(r"\[@([\w;@]+)\]")
LATEX = {
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
    "#": r"\#",
    "±": r"$\pm$",
    "−": "$-$",
    "–": "--",
    "Å": r"\AA{}",
    "³": "$^3$",
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
        for run in case.plan.runs:
            entry = case.entries.get(run.path)
            if run.role is role and run.test is ControlledTest.BASE and entry and entry.provenance.engine is not None:
                described.setdefault(entry.provenance.engine.spec, entry.provenance.engine)
        for engine in described.values():
            yield f"The {role} is {_engine(engine)}."


def _engine(engine: DescribedEngine) -> str:
    if imported_label(engine.spec) is not None:
        return f"{engine.name} (runs of {engine.version}, made elsewhere)"
    record = find_engine(engine.spec)
    declared = record.options.told() if record.options is not None else {}
    phrases = {name: each.phrase for name, each in declared.items() if each.phrase}
    options = {
        name: f"{value:g}" if isinstance(value, float) else value
        for name, value in engine.options.items()
        if name in phrases
    }
    if isinstance(engine.options.get("xc"), str):
        options["xc"] = str(engine.options["xc"]).upper()
    keys = [paper.key for paper in record.papers]
    keys += [paper.key for paper in papers_of_functional(str(engine.options.get("xc", "")))]
    for name, each in declared.items():
        if name in engine.options:
            papers = (*each.papers, *each.papers_of.get(str(engine.options[name]), ()))
            keys += [paper.key for paper in papers]
    told = "; ".join(phrases[name].format(value) for name, value in options.items())
    version = f" {engine.version}" if engine.version else ""
    return f"{record.label}{version}{_cite(keys)}{f' ({told})' if told else ''}"


def _dynamics(case: Case) -> Iterable[str]:
    base = [run for run in case.plan.runs if run.test is ControlledTest.BASE]
    for role in Role:
        runs = [run for run in base if run.role is role]
        if runs:
            yield f"{_runs(role, runs)}"
    base = [run for run in base if not run.sampled]
    npt = [run for run in base if run.dynamics.pressure_gpa is not None]
    keys: list[str] = []
    words = []
    for name in ("integrator", "thermostat"):
        values = sorted({str(value) for run in base if (value := getattr(run.dynamics, name, None)) is not None})
        if values:
            known = [_called(value) for value in values]
            words.append(f"{name} {' and '.join(word for word, _ in known)}")
            keys += [key for _, found in known for key in found]
    if npt:
        words.append("an isotropic barostat")
        keys.append(BAROSTAT_PAPER)
    if words:
        yield f"Dynamics: {', '.join(words)}{_cite(keys)}."


def _called(name: str) -> tuple[str, list[str]]:
    """Return what a paper calls an integrator or a thermostat, and what it cites."""
    integrator, engine = integrator_records().get(name), engine_of_integrator(name)
    if integrator is None:
        word, keys = THERMOSTATS.get(name, (name, ()))
        return word, list(keys)
    return integrator.label, [paper.key for paper in (*integrator.papers, *(engine.papers if engine else ()))]


def _runs(role: Role, runs: list[PlannedRun]) -> str:
    atoms = _listed([float(size) for size in {run.atoms for run in runs}])
    temperatures = sorted({run.state.temperature_k for run in runs})
    whose = f"The {len(runs)} run{'s' if len(runs) > 1 else ''} of the {role}"
    states = ", ".join((f"{atoms} atoms", f"{_span(temperatures)} K", *_held(runs)))
    if any(run.sampled for run in runs):
        return (
            f"{whose} ({states}) took {_span(sorted({float(run.steps) for run in runs}))} proposals each, by hybrid "
            f"Monte Carlo{_cite(HYBRID_PAPERS)}."
        )
    steps = sorted({round(run.timestep_fs, 3) for run in runs})
    lengths = sorted({round(run.picoseconds, 3) for run in runs})
    return f"{whose} ({states}) took {_span(lengths)} ps each in steps of {_span(steps)} fs."


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
        f"[@schuirmann1987], as implemented in llpt {VERSION}."
    )
    if case.analysis.explanation is not None:
        yield f"Free-energy differences between the two come from two-sided acceptance ratios{_cite([BRIDGE_PAPER])}."


def _cite(keys: Iterable[str]) -> str:
    found = list(dict.fromkeys(keys))
    return f" [@{';@'.join(found)}]" if found else ""
