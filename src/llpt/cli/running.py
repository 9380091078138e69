"""``llpt run``: doing a study."""

from __future__ import annotations

import re
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from llpt.campaign import matches_pattern, short_name
from llpt.cli.console import messages, output, roughly, typed
from llpt.cli.exits import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_UNFINISHED
from llpt.cli.trust import agree, foreign_code, is_archive
from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llpt.study import Ledger, Plan, StudyDirectory
    from llpt.study.file import StudyFile
    from llpt.study.ledger import Entry


def run(
    study: Annotated[
        Path,
        typer.Argument(
            metavar="STUDY", help="A study file, the directory of a study, or an archive of one.", show_default=False
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Where to work; the study file's name without .toml if not given."
        ),
    ] = None,
    *,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="GLOB",
            help="Do these alone, as llpt plan --all and llpt status name them, and what they need: 'dft/N32/*'; may "
            "be given again.",
        ),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Do again what failed, and what waits for it; nothing else.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done and how long it would take; do nothing.")
    ] = False,
    stop_after: Annotated[
        str | None,
        typer.Option("--stop-after", metavar="TIME", help="Stop as Ctrl-C does after this time: 90s, 30min, 2h, 1d."),
    ] = None,
    runs_from: Annotated[
        Path | None,
        typer.Option(
            "--runs-from",
            metavar="DIR",
            help="Take from another study what is done there and would be the same here, as the runs of a reference.",
        ),
    ] = None,
    trust: Annotated[
        bool,
        typer.Option("--trust", help="Let the study run the code it names, which llpt plan lists; nothing is asked."),
    ] = False,
) -> None:
    """Do all of a study that is not done, then analyse it and write its report.

    Stop it with Ctrl-C (every run keeps its checkpoint) and start it again the same way: it goes on where it was.

    The exit code is 0 where all that was asked for is done, 3 where some is unfinished, 1 where some failed, 130 after
    Ctrl-C.
    """
    from llpt.cli.analysis import analyse_and_report  # noqa: PLC0415 - start-up time of the other commands
    from llpt.cli.progress import make_display  # noqa: PLC0415
    from llpt.study import Ledger, State, StudyDirectory  # noqa: PLC0415
    from llpt.study.execution import Execution  # noqa: PLC0415
    from llpt.study.taking import take_done  # noqa: PLC0415

    limit_s = None if stop_after is None else seconds_of(stop_after)
    say = messages()
    _refuse_another_place(study, out)
    source = None if runs_from is None else StudyDirectory.open(runs_from)
    if dry_run:
        if source is not None:
            raise InputError("--dry-run does not say what would be taken.", "Leave out --dry-run or --runs-from.")
        tell_what_would_be_done(study, out, only, retry_failed=retry_failed, trust=trust)
        return
    directory, plan = take_up(study, out, only, retry_failed=retry_failed, trust=trust)
    with directory.locked(), Ledger(directory.database) as ledger:
        say.print(f"[bold]{escape(directory.study.study.name)}[/] in {escape(str(directory.root))}")
        wanted = chosen(plan, ledger.entries(), only, retry_failed=retry_failed)
        if source is not None:
            taken = take_done(directory, plan, ledger, wanted, source)
            where = escape(str(source.root))
            say.print(f"{len(taken)} of {len(plan.nodes)} were done in {where} and are taken from there.")
        with make_display(plan) as display:
            execution = Execution(directory, plan, ledger, display.update, wanted=wanted, limit_s=limit_s)
            final = execution.run()
        if final.stopping:
            say.print(f"Stopped; every run kept its checkpoint. To continue: llpt run {typed(directory.root)}")
            raise typer.Exit(EXIT_UNFINISHED if execution.out_of_time else EXIT_INTERRUPTED)
        done, total = final.count(State.DONE), len(final.nodes)
        if done:
            try:
                analyse_and_report(directory, plan, ledger)
            except KeyboardInterrupt:
                say.print(f"Every run is kept. To analyse and report them: llpt report {typed(directory.root)}")
                raise
        if done < total:
            _tell_what_ended_early(ledger)
            say.print(f"{done} of {total} runs are done. To try the others again: llpt run {typed(directory.root)}")
        left = {final.nodes[path].state for path in wanted} - {State.DONE}
        if State.FAILED in left:
            raise typer.Exit(EXIT_FAILED)
        if left:
            raise typer.Exit(EXIT_UNFINISHED)


def _tell_what_ended_early(ledger: Ledger) -> None:
    for entry in ledger.entries():
        if entry.state in {"failed", "unfinished"}:
            messages().print(f"[bold red]{entry.state}:[/] {entry.path}: {escape(entry.reason)} {escape(entry.remedy)}")


def _refuse_another_place(study: Path, out: Path | None) -> None:
    """Refuse a place for what has its own: a study's directory goes on where it is."""
    if out is not None and study.is_dir() and out.resolve() != study.resolve():
        raise InputError(
            f"{study} is a study's directory, which goes on where it is and not in {out}.",
            f"Leave out --out. To do it again: llpt archive {study} --out FILE.zip, then llpt run FILE.zip --out {out}",
        )


def seconds_of(text: str) -> float:
    """Return a time such as ``90s``, ``30min``, ``2h`` or ``1d`` in seconds.

    Raises:
        InputError: it is no such time.

    >>> seconds_of("90s"), seconds_of("1.5h")
    (90.0, 5400.0)
    """
    found = re.fullmatch(r"(\d+\.?\d*)\s*(s|min|h|d)", text.strip())
    if found is None:
        raise InputError(f"{text!r} is not a time.", "Write a number and its unit: 90s, 30min, 2h or 1d.")
    return float(found[1]) * {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}[found[2]]


def chosen(plan: Plan, entries: Sequence[Entry], only: Sequence[str] | None, *, retry_failed: bool) -> frozenset[str]:
    """Return the nodes of a plan that are to be done.

    Args:
        plan: the plan.
        entries: what the ledger holds of it; nothing yet where it is new.
        only: the nodes whose name, short or whole, matches one of these; with them come those they need.
        retry_failed: only those that failed or are blocked.

    Raises:
        InputError: there is none.
    """
    from llpt.study import State  # noqa: PLC0415 - start-up time of the other commands

    names = matching(plan, only)
    if retry_failed:
        bad = {entry.path for entry in entries if entry.state in {State.FAILED, State.BLOCKED}}
        names = tuple(path for path in names if path in bad)
        if not names:
            raise InputError("No run of the study has failed.", "Start llpt run without --retry-failed.")
    return plan.with_ancestors(names)


def matching(plan: Plan, only: Sequence[str] | None) -> tuple[str, ...]:
    """Return the nodes of a plan whose name, short or whole, matches one of the patterns; all where there is none.

    Raises:
        InputError: one of them matches nothing.
    """
    if not only:
        return plan.paths
    found: set[str] = set()
    for pattern in only:
        names = [path for path in plan.paths if matches_pattern(path, pattern)]
        if not names:
            raise InputError(f"No run of the study matches {pattern!r}.", "llpt plan --all lists their names.")
        found.update(names)
    return tuple(path for path in plan.paths if path in found)


@dataclass(frozen=True)
class _Given:
    """A study that was given as a file or packed.

    Args:
        name: what was given.
        file: its study file.
        source: where its other files are.
        archived: whether it was packed.
        study: what the file says.
    """

    name: Path
    file: Path
    source: Path
    archived: bool
    study: StudyFile

    def check(self, *, trust: bool) -> Plan:
        """Return its plan, once somebody has agreed to the code it names and all that it names was found sound.

        Args:
            trust: whether the person agrees without being asked.

        Raises:
            InputError: nobody agreed, or something is wrong.
            MissingProgramError: an engine's program or package is not installed.
        """
        from llpt.study import make_plan  # noqa: PLC0415 - start-up time of the other commands
        from llpt.study.lines import naming_lines  # noqa: PLC0415
        from llpt.study.preflight import check_before_anything_runs  # noqa: PLC0415

        name = f"{self.name}: {self.file.name}" if self.archived else ""  # where it was unpacked is gone afterwards
        with naming_lines(self.file, name):
            plan = make_plan(self.study)
        description = None if self.archived else self.study  # of an archive its own copies alone are taken
        agree(self.name, plan, provider=self.study.execution.provider, description=description, trust=trust)
        with naming_lines(self.file, name):
            check_before_anything_runs(self.study, plan, self.source, archived=self.archived)
        return plan

    def check_it_may_grow(self, root: Path) -> None:
        """Refuse a packed study that is another than the one in a directory.

        Raises:
            InputError: it was packed.
        """
        if self.archived:
            raise InputError(
                f"{root} belongs to another study than {self.name}.", "Choose another directory with --out."
            )


@contextmanager
def _given(study: Path) -> Iterator[_Given]:
    """Read a study that is given as a file or an archive; what was unpacked is there while the block runs.

    Raises:
        InputError: it cannot be read.
    """
    from llpt.study import read_study  # noqa: PLC0415 - start-up time of the other commands
    from llpt.study.archive import opened  # noqa: PLC0415
    from llpt.study.place import STUDY_FILE  # noqa: PLC0415

    archived = is_archive(study)
    with opened(study) if archived else nullcontext(study.resolve().parent) as source:
        if archived:
            _refuse_other_potentials(source)
        file = source / STUDY_FILE if archived else study
        yield _Given(study, file, source, archived, read_study(file))


def _opened_study(root: Path) -> StudyDirectory:
    """Open a study's directory that is to go on.

    Raises:
        InputError: there is none, or a potential that an archive was packed without was put back and is another.
    """
    from llpt.study import StudyDirectory  # noqa: PLC0415 - start-up time of the other commands

    directory = StudyDirectory.open(root)
    _refuse_other_potentials(root)
    return directory


def _refuse_other_potentials(root: Path) -> None:
    from llpt.study.manifest import ArchiveManifest  # noqa: PLC0415 - start-up time of the other commands

    manifest = ArchiveManifest.read(root)
    if manifest is not None:
        manifest.refuse_other_potentials(root)


def tell_what_would_be_done(
    study: Path, out: Path | None, only: Sequence[str] | None, *, retry_failed: bool, trust: bool = False
) -> None:
    """Print what ``llpt run`` would do now, or refuse what it would refuse; nothing is written.

    Args:
        study: the study file, or the directory of the study.
        out: the directory; None for the study file's name.
        only: patterns of nodes; None for all.
        retry_failed: whether only what failed would be done.
        trust: whether the study may run the code it names, which checking its engines does.

    Raises:
        LlptError: what ``llpt run`` would refuse it with.
    """
    from llpt.study import Ledger, State, StudyDirectory, estimate_costs, make_plan, makespan_s  # noqa: PLC0415
    from llpt.study.cores import available_cores  # noqa: PLC0415
    from llpt.study.growing import proposed_growth  # noqa: PLC0415
    from llpt.study.paces import known_paces, place_of  # noqa: PLC0415
    from llpt.study.place import STUDY_FILE  # noqa: PLC0415
    from llpt.study.schedule import contents_of, left_s  # noqa: PLC0415

    root = study if study.is_dir() else out or Path(study.stem)
    there = study.is_dir() or (root / STUDY_FILE).is_file()
    directory = _opened_study(root) if there else None
    longer: tuple[str, ...] = ()
    with nullcontext() if study.is_dir() else _given(study) as given:
        if given is not None:
            given.check(trust=trust)
        if directory is not None:
            directory.refuse_a_second()
        if directory is None:
            assert given is not None
            StudyDirectory.refuse_what_is_no_study(root)
            description = given.study
        elif given is None or directory.study.says_the_same(given.study):
            description = directory.study
        else:
            given.check_it_may_grow(root)
            growth = proposed_growth(directory, given.study, given.source)
            output().print(growth.sentence)
            description, longer = growth.study, growth.longer
    plan = make_plan(description)
    if study.is_dir():
        agree(study, plan, provider=description.execution.provider, trust=trust)
    entries: tuple[Entry, ...] = ()
    if directory is not None and directory.database.exists():
        with Ledger(directory.database) as ledger:
            entries = ledger.entries()
    states = {entry.path: entry.state for entry in entries} | dict.fromkeys(longer, State.UNFINISHED)
    measured = {
        entry.path: entry.seconds_per_step for entry in entries if entry.seconds_per_step and entry.path in plan
    }
    contents = contents_of(plan, root, copies=True) if directory else contents_of(plan, study.parent, copies=False)
    costs = estimate_costs(plan, measured, known_paces(place_of(description.execution)), contents)
    wanted = chosen(plan, entries, only, retry_failed=retry_failed)
    todo = [path for path in plan.paths if path in wanted and states.get(path) is not State.DONE]
    console = output()
    for line in foreign_code(plan, description.execution.provider):
        console.print(escape(line), soft_wrap=True)
    steps_done = {entry.path: entry.steps_done for entry in entries}
    left = {path: left_s(costs[path], done=steps_done.get(path, 0), steps=plan[path].steps) for path in todo}
    for path in todo:
        console.print(f"{short_name(path)}: {states.get(path, State.WAITING)}, about {roughly(left[path])}")
    span = roughly(makespan_s(plan, left, available_cores(description.execution)))
    console.print(f"{len(todo)} of {len(plan.nodes)} would be done, in about {span}. Nothing was started.")


def take_up(
    study: Path, out: Path | None, only: Sequence[str] | None = None, *, retry_failed: bool = False, trust: bool = False
) -> tuple[StudyDirectory, Plan]:
    """Return the directory of a study given as a file, an archive or that directory, made if it is new, and its plan.

    Args:
        study: what was given.
        out: where to work.
        only: patterns of the nodes that are asked for; None for all.
        retry_failed: whether only what failed is.
        trust: whether a study from elsewhere may run the code it names.

    Raises:
        InputError: the file or directory cannot be used, or is not trusted, or no node of a new study is asked for;
            nothing was changed.
    """
    from llpt.study import StudyDirectory, make_plan  # noqa: PLC0415
    from llpt.study.growing import grow  # noqa: PLC0415
    from llpt.study.place import STUDY_FILE  # noqa: PLC0415

    if study.is_dir():
        directory = _opened_study(study)
        plan = make_plan(directory.study)
        agree(study, plan, provider=directory.study.execution.provider, trust=trust)
        return directory, plan
    with _given(study) as given:
        plan = given.check(trust=trust)
        text, root = given.file.read_text(encoding="utf-8"), out or Path(study.stem)
        provider = given.study.execution.provider
        if not (root / STUDY_FILE).is_file():
            chosen(plan, (), only, retry_failed=retry_failed)  # refuses before anything is made
            directory = StudyDirectory.claim(root, text, given.study, source=given.source, archived=given.archived)
            agree(root, plan, provider=provider, trust=True)  # its directory is not asked about again
            return directory, plan
        directory = _opened_study(root)
        if not directory.study.says_the_same(given.study):
            given.check_it_may_grow(root)
            growth = grow(directory, text, given.study, given.source)
            agree(root, growth.plan, provider=provider, trust=True)
            messages().print(growth.sentence)
            return StudyDirectory.open(root), growth.plan
    if directory.study.imported or directory.study.stages:  # a directory taken up holds what was imported into it since
        plan = make_plan(directory.study)
    return directory, plan
