"""One thing that was checked of a finished study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Check:
    """One thing that was checked.

    Args:
        subject: a run, or ``study``.
        what: what was checked.
        passed: whether it holds.
        found: what was found; of a check that failed, what does not agree.
        can_be_told: False where it did not pass because this program cannot tell: no sign that anything was changed,
            and none that nothing was.
        remark: what a reader should know all the same of a check that passed; empty where there is nothing.
    """

    subject: str
    what: str
    passed: bool
    found: str
    can_be_told: bool = True
    remark: str = ""

    @classmethod
    def of_same(cls, subject: str, what: str, stored: object, found: object) -> Check:
        """Return whether two things are the same, shown by the beginning of their text.

        Args:
            subject: what is checked.
            what: about it.
            stored: as it was kept.
            found: as it is now.
        """
        text = str(found)[:16] if stored == found else f"stored {str(stored)[:16]}, found {str(found)[:16]}"
        return cls(subject, what, stored == found, text)


def first_names(names: Sequence[str]) -> str:
    """Write the first of some variables; the error and the number of samples go without saying beside their number."""
    names = [name for name in names if not name.endswith(("_error", "_effective_samples"))] or names
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
