"""What a study asks less for than this program does where nothing is given: told beside the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.audit.thresholds import COMPARISONS, Thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llpt.audit.thresholds import Threshold

DEFAULTS = Thresholds()


def loosened(thresholds: Thresholds, declared: Iterable[Threshold] = COMPARISONS) -> tuple[str, ...]:
    """Return one sentence for each demand that is below the default.

    Args:
        thresholds: that the verdict was judged by.
        declared: the thresholds there are, those of other packages included.

    >>> loosened(Thresholds(minimum_atoms=64))
    ('The study lets 64 atoms decide; the default is 256.',)
    """
    return tuple(_sentences(thresholds, declared))


def _sentences(thresholds: Thresholds, declared: Iterable[Threshold]) -> Iterator[str]:
    if thresholds.minimum_atoms < DEFAULTS.minimum_atoms:
        yield f"The study lets {thresholds.minimum_atoms} atoms decide; the default is {DEFAULTS.minimum_atoms}."
    if thresholds.minimum_production_ps < DEFAULTS.minimum_production_ps:
        yield (
            f"The study lets {thresholds.minimum_production_ps:g} ps of production decide; the default is "
            f"{DEFAULTS.minimum_production_ps:g} ps."
        )
    if thresholds.confidence < DEFAULTS.confidence:
        yield (
            f"The study is content with a confidence of {100 * thresholds.confidence:g} %; the default is "
            f"{100 * DEFAULTS.confidence:g} %."
        )
    for each in declared:
        value, default = thresholds.value_of(each), DEFAULTS.value_of(each)
        follows = each.otherwise is not None and getattr(thresholds, each.key, None) is None
        if value > default and not follows and thresholds.judges(each.quantity):
            yield f"The study lets a {each.difference} of {value:g} {each.unit} pass; the default is {default:g}."
    left_out = [name for name in DEFAULTS.judge if not thresholds.judges(name)]
    if left_out:
        yield f"The study does not judge what is judged by default: {', '.join(left_out)}."
