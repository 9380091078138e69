"""From the observables of a study to its transitions, its controlled tests and its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.audit import Verdict, compare
from llpt.campaign import ControlledTest, Role
from llpt.engines import engine_folder, engine_label, find_engine
from llpt.errors import InputError
from llpt.files import remove
from llpt.study.diffusion import InfiniteDiffusion, infinite_diffusion
from llpt.study.effects import Effect, effects
from llpt.study.imported import IMPORTED_ENGINE
from llpt.study.observables_table import TABLE_NAME, write_observables
from llpt.study.observing import Observed, observe, observe_electronic_temperature
from llpt.study.orders import OrderResult, orders
from llpt.transition import Isobar, LadderPath, locate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import xarray as xr

    from llpt.campaign import LadderIdentity
    from llpt.study.file import StudyFile
    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import Entry
    from llpt.study.nodes import PlannedRun
    from llpt.study.plan import Plan
    from llpt.transition import Criterion, CriterionResult, LocatedIsobar, Separation


@dataclass(frozen=True)
class LadderResult:
    """The runs of one engine, size, line of states and test, by temperature.

    Args:
        role: reference or surrogate.
        engine: its name for people, e.g. ``DFT/PBE``.
        atoms: number of atoms.
        line: name of the line of states, e.g. ``P200``.
        pressure_gpa: of an isobar, None of an isochore.
        test: the controlled test, or ``base``.
        runs: what was observed, by rising temperature and repeat.
        located: the same as an isobar with its transition located; None at constant volume.
    """

    role: Role
    engine: str
    atoms: int
    line: str
    pressure_gpa: float | None
    test: str
    runs: tuple[Observed, ...]
    located: LocatedIsobar | None

    @property
    def isobar(self) -> Isobar | None:
        """The runs as an isobar; None at constant volume."""
        return self.located.isobar if self.located else None

    @property
    def criteria(self) -> Mapping[Criterion, CriterionResult]:
        """Where the transition is by each criterion; empty at constant volume."""
        return self.located.criteria if self.located else {}

    @property
    def separations(self) -> tuple[Separation, ...]:
        """How far the resolved criteria lie apart."""
        return self.located.separations if self.located else ()


@dataclass(frozen=True)
class Analysis:
    """All that a study has found so far.

    Args:
        ladders: base ladders first.
        effects: one row for each controlled test of each ladder.
        orders: first order or crossover, for each side and isobar.
        verdict: faithful, not faithful or not resolved, with its reasons; None where there is nothing to compare.
        without_verdict: why there is none.
        refused: runs that could not be averaged, with the reason.
        electronic_temperature: how the reference's forces change with T_el
            (``llpt.audit.electronic_temperature_audit``); None where the study did not ask.
        diffusion: D of the infinite system at every state.
    """

    ladders: tuple[LadderResult, ...]
    effects: tuple[Effect, ...]
    orders: tuple[OrderResult, ...]
    verdict: Verdict | None
    without_verdict: str
    refused: Mapping[str, str]
    electronic_temperature: xr.Dataset | None = None
    diffusion: tuple[InfiniteDiffusion, ...] = ()

    def base(self, role: Role) -> tuple[LadderResult, ...]:
        """Return one side's own ladders, without the controlled tests."""
        return tuple(ladder for ladder in self.ladders if ladder.test == ControlledTest.BASE and ladder.role is role)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of states for which anything was observed, in the plan's order."""
        return tuple(dict.fromkeys(ladder.line for ladder in self.ladders))


def analyse(
    directory: StudyDirectory,
    plan: Plan,
    entries: Mapping[str, Entry],
    on_run: Callable[[float, int, str], None] = lambda *_: None,
) -> Analysis:
    """Analyse every run that is done; keep averages in ``results/observables.csv``, the verdict in ``verdict.json``.

    Args:
        directory: the study's directory.
        plan: its plan.
        entries: its ledger, by run.
        on_run: called before each run is averaged.

    Raises:
        StorageError: results cannot be written.
    """
    observed, refused = observe(directory, plan, entries, on_run)
    write_observables(directory.results / TABLE_NAME, observed)
    ladders = _ladders(directory.study, observed)
    verdict, why = _verdict(directory.study, ladders)
    if verdict is not None:
        verdict.save(directory.verdict)
    else:
        remove(directory.verdict)
    electronic = observe_electronic_temperature(directory, plan, entries)
    changed = effects(directory.study, ladders)
    return Analysis(ladders, changed, orders(ladders), verdict, why, refused, electronic, infinite_diffusion(ladders))


def engine_name(run: PlannedRun, study: StudyFile) -> str:
    """Return what people call a run's engine: its name, and the functional where it has one."""
    if run.engine.startswith(f"{IMPORTED_ENGINE}:"):
        return run.engine.partition(":")[2]
    folder = run.engine_folder.removesuffix("-surrogate")
    name = engine_label(folder)
    functional = run.options.get("xc", find_engine(run.engine).functional)
    if functional:
        return f"{name}/{str(functional).upper()}"
    if run.role is Role.SURROGATE and study.reference is not None and folder == engine_folder(study.reference.engine):
        return f"{name} (surrogate)"
    return name


def _ladders(study: StudyFile, observed: Iterable[Observed]) -> tuple[LadderResult, ...]:
    groups: dict[tuple[LadderIdentity, Role], list[Observed]] = {}
    for item in observed:
        groups.setdefault((item.run.identity.ladder, item.run.role), []).append(item)
    ladders = [_ladder(study, group) for group in groups.values()]
    base, reference = ControlledTest.BASE, Role.REFERENCE
    return tuple(sorted(ladders, key=lambda ladder: (ladder.test != base, ladder.role is not reference)))


def _ladder(study: StudyFile, group: list[Observed]) -> LadderResult:
    runs = tuple(sorted(group, key=lambda item: (item.run.state.temperature_k, item.run.repeat)))
    first = runs[0].run
    name = engine_name(first, study)
    located = None
    if all(item.run.pressure_gpa is not None for item in runs):
        summaries = [item.summary for item in runs]
        isobar = Isobar.from_summaries(summaries, engine=name, path=_path(study, first.test))
        located = locate(isobar, density_rises=study.state.density_rises)
    return LadderResult(
        first.role,
        name,
        first.atoms,
        first.state.line,
        first.state.pressure_gpa,
        first.identity.ladder.label,
        runs,
        located,
    )


def _path(study: StudyFile, test: ControlledTest) -> LadderPath:
    if test in {ControlledTest.COOLING, ControlledTest.RAMP_DOWN}:
        return LadderPath.COOLING
    if test is ControlledTest.RAMP_UP:
        return LadderPath.HEATING
    if test is ControlledTest.START or study.dynamics.ladder == "none":
        return LadderPath.SEPARATE
    return LadderPath(str(study.dynamics.ladder))


def judge(
    study: StudyFile, observed: Iterable[Observed], *, reference: str | None = None, surrogate: str | None = None
) -> tuple[Verdict | None, str]:
    """Hold a study's surrogate against its reference, or any two of its engines against each other; nothing is kept.

    Args:
        study: the study, whose thresholds hold.
        observed: its runs.
        reference: name of an engine, as in paths or as people call it; None for the study's reference.
        surrogate: the same of the surrogate.

    Returns:
        The verdict, or None and why there is none.

    Raises:
        InputError: there is no engine of that name.
    """
    return _verdict(study, _ladders(study, observed), {Role.REFERENCE: reference, Role.SURROGATE: surrogate})


def _named(ladders: Sequence[LadderResult], name: str) -> list[LadderResult]:
    """Return the ladders of one engine, by its name in paths or for people."""
    found = [ladder for ladder in ladders if name in {ladder.engine, ladder.runs[0].run.engine_folder}]
    if not found:
        known = ", ".join(sorted({ladder.runs[0].run.engine_folder for ladder in ladders})) or "none that is done"
        raise InputError(f"The study has no runs of an engine called {name}.", f"Its engines are: {known}.")
    return found


def _verdict(
    study: StudyFile, ladders: Sequence[LadderResult], engines: Mapping[Role, str | None] | None = None
) -> tuple[Verdict | None, str]:
    named = {role: (engines or {}).get(role) for role in Role}
    base = [ladder for ladder in ladders if ladder.test == ControlledTest.BASE]
    chosen = {role: _named(base, name) if name else [] for role, name in named.items()}
    sides = {
        role: [
            ladder.located
            for ladder in (chosen[role] if named[role] else base)
            if (named[role] or ladder.role is role) and ladder.located
        ]
        for role in Role
    }
    present = {ladder.role for ladder in base}
    for role, section in ((Role.REFERENCE, study.reference), (Role.SURROGATE, study.surrogate)):
        if section is None and role not in present and not named[role]:
            return None, f"The study has no {role}: there is nothing to hold against each other."
        if not sides[role]:
            return (
                None,
                f"No run of the {role} at constant pressure is done: there is nothing to hold against each other.",
            )
    return compare(sides[Role.REFERENCE], sides[Role.SURROGATE], study.verdict.thresholds()), ""
