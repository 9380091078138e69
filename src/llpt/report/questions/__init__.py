"""What a referee asks, in their order; each module answers one question from a study as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.report.questions.cell import large_enough
from llpt.report.questions.changes import what_changes
from llpt.report.questions.duration import long_enough
from llpt.report.questions.ensemble import of_their_ensembles
from llpt.report.questions.equilibrium import equilibrated
from llpt.report.questions.nuclei import quantum_nuclei
from llpt.report.questions.path import independent_of_path
from llpt.report.questions.protocol import same_protocol
from llpt.report.questions.reference import converged
from llpt.report.questions.remedy import what_would_change_it
from llpt.report.questions.settings import independent_of_settings
from llpt.report.questions.solids import all_fluid
from llpt.report.questions.surrogate import errors_of_surrogate
from llpt.report.questions.transition import where_is_it
from llpt.report.questions.walks import walks_agree

if TYPE_CHECKING:
    from collections.abc import Callable

    from llpt.report.case import Case
    from llpt.report.question import Question

QUESTIONS: tuple[Callable[[Case], Question | None], ...] = (
    same_protocol,
    equilibrated,
    long_enough,
    large_enough,
    independent_of_path,
    walks_agree,
    all_fluid,
    converged,
    errors_of_surrogate,
    what_would_change_it,
    what_changes,
    where_is_it,
    of_their_ensembles,
    independent_of_settings,
    quantum_nuclei,
)
"""In the order of the page, below the verdict: what a referee asks, what would change the answer, then the rest."""


def asked(case: Case) -> tuple[Question, ...]:
    """Return every question that the study allows to ask, with its answer.

    Args:
        case: the study as it stands.
    """
    return tuple(question for question in (ask(case) for ask in QUESTIONS) if question is not None)
