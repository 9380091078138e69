"""One set of ladders against another: reference and surrogate, or any two engines that were observed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llpt.audit import compare
from llpt.campaign.identity import Role
from llpt.campaign.orders import orders
from llpt.errors import InputError
from llpt.transition import shared_criterion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.audit import Thresholds, Verdict
    from llpt.campaign.ladders import ObservedLadder
    from llpt.campaign.orders import OrderResult
    from llpt.statistics import Estimate
    from llpt.transition.order import OrderStatement


def compare_ladders(
    reference: Sequence[ObservedLadder], surrogate: Sequence[ObservedLadder], thresholds: Thresholds
) -> tuple[Verdict | None, str]:
    """Say whether the lines of states of one set of ladders are faithful to those of another (``llpt.audit.compare``).

    Args:
        reference: ladders of the reference; those that hold no line of states take no part.
        surrogate: ladders of the surrogate.
        thresholds: what counts as faithful.

    Returns:
        The verdict; or None, and the sentence why nothing can be compared.
    """
    sides = {Role.REFERENCE: reference, Role.SURROGATE: surrogate}
    lines = {role: [each.located for each in ladders if each.located] for role, ladders in sides.items()}
    for role, ladders in sides.items():
        if not ladders:
            return None, f"There are no runs of a {role}: nothing can be compared."
        if not lines[role]:
            return None, f"There is no line of states of the {role}: nothing can be compared."
    return compare(lines[Role.REFERENCE], lines[Role.SURROGATE], thresholds), ""


def verdict_of(
    ladders: Sequence[ObservedLadder],
    thresholds: Thresholds,
    *,
    found: Sequence[OrderResult] | None = None,
    reference: str | None = None,
    surrogate: str | None = None,
) -> tuple[Verdict | None, str]:
    """Compare the base ladders of the reference with those of the surrogate, or those of any two engines.

    Args:
        ladders: of everything that was observed (``ladders_of``).
        thresholds: what counts as faithful.
        found: the orders of their changes where they are known already; None finds them (``orders``).
        reference: name of an engine, for people or in paths, to stand for the reference; None takes the ladders whose
            role it is.
        surrogate: the same for the surrogate.

    Returns:
        The verdict; or None, and the sentence why nothing can be compared.

    Raises:
        InputError: there is no engine of that name.
    """
    found = orders(ladders) if found is None else found
    statements = {(each.role, each.engine, each.line, each.atoms): each.statement for each in found}
    base = [
        _with_order(
            _with_way_back(ladder, ladders), statements.get((ladder.role, ladder.engine, ladder.line, ladder.atoms))
        )
        for ladder in ladders
        if ladder.is_base
    ]
    sides = (_of(base, Role.REFERENCE, reference), _of(base, Role.SURROGATE, surrogate))
    return compare_ladders(*sides, thresholds)


def _with_way_back(base: ObservedLadder, ladders: Sequence[ObservedLadder]) -> ObservedLadder:
    """Return a ladder whose line of states knows the one that was walked back, where there is one."""
    back = next(
        (other.located for other in ladders if other.located and other.identity == base.identity.way_down), None
    )
    if base.located is None or back is None:
        return base
    return replace(base, located=replace(base.located, back=back))


def _with_order(base: ObservedLadder, statement: OrderStatement | None) -> ObservedLadder:
    """Return a ladder whose line of states knows of what order its change is, where there is a statement."""
    if base.located is None or statement is None:
        return base
    by = tuple(dict.fromkeys(each.kind for each in statement.evidence if each.order is statement.order))
    return replace(base, located=replace(base.located, order=statement.order, order_by=by))


def _of(ladders: Sequence[ObservedLadder], role: Role, engine: str | None) -> list[ObservedLadder]:
    """Return the ladders of one role, or those of an engine where one is named."""
    if engine is None:
        return [ladder for ladder in ladders if ladder.role is role]
    return _of_engine(ladders, engine)


def _of_engine(ladders: Sequence[ObservedLadder], name: str) -> list[ObservedLadder]:
    found = [ladder for ladder in ladders if name in {ladder.engine, ladder.identity.engine}]
    if not found:
        known = ", ".join(sorted({ladder.identity.engine for ladder in ladders})) or "none that is done"
        raise InputError(f"There are no runs of an engine called {name}.", f"Engines are: {known}.")
    return found


def observed_shifts(ladders: Sequence[ObservedLadder]) -> dict[tuple[str, int], Estimate]:
    """Return the place of the transition of the reference less that of the surrogate by line and size.

    In K on isobars, in GPa on isotherms; at held volumes there is none that free energies at one pressure predict.

    Args:
        ladders: of everything that was observed.
    """
    base = {
        (each.role, each.line, each.atoms): each
        for each in ladders
        if each.is_base and each.kind and not each.kind.holds_volume
    }
    found = {}
    for (role, line, atoms), one in base.items():
        other = base.get((Role.SURROGATE, line, atoms))
        if role is not Role.REFERENCE or other is None or one.kind is None or other.kind is not one.kind:
            continue
        criterion = shared_criterion(one.kind, one.criteria, other.criteria)
        if criterion is not None:
            found[line, atoms] = one.criteria[criterion].place.minus(other.criteria[criterion].place)
    return found
