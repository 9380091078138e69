"""What a report is about: a study's file, plan, ledger and analysis in one hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.campaign import ControlledTest, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from llpt.audit import Verdict
    from llpt.campaign.analysis import Analysis
    from llpt.campaign.effects import Effect
    from llpt.campaign.ladders import ObservedLadder
    from llpt.campaign.observed import ObservedRun
    from llpt.study import Entry, Plan, StudyDirectory
    from llpt.study.analysis import StudyAnalysis
    from llpt.study.file import StudyFile


@dataclass(frozen=True)
class Case:
    """One study as it stands.

    Args:
        directory: the study's directory.
        plan: its plan.
        entries: its ledger, by run.
        analysis: what was found, and what could not be.
    """

    directory: StudyDirectory
    plan: Plan
    entries: Mapping[str, Entry]
    analysis: StudyAnalysis

    @property
    def study(self) -> StudyFile:
        """The study file."""
        return self.directory.study

    @property
    def found(self) -> Analysis:
        """What came out of the runs that are done."""
        return self.analysis.found

    @property
    def verdict(self) -> Verdict | None:
        """The verdict; None where there is nothing to compare."""
        return self.found.verdict

    def base_runs(self) -> Iterator[tuple[ObservedLadder, ObservedRun]]:
        """Go through the study's own runs, without the controlled tests."""
        for role in Role:
            for ladder in self.found.base(role):
                for run in ladder.runs:
                    yield ladder, run

    @property
    def engines(self) -> dict[Role, str]:
        """The engine of each side that has base runs, by its name for people."""
        return {role: ladders[0].engine for role in Role if (ladders := self.found.base(role))}

    def effects(self, tests: Iterable[ControlledTest]) -> tuple[Effect, ...]:
        """Return what some controlled tests did."""
        words = {str(test) for test in tests}
        return tuple(each for each in self.found.effects if each.test.partition(" ")[0] in words)
