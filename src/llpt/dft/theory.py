"""What is computed, apart from geometry and discretisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llpt.dft.functionals import Functional
    from llpt.dft.pseudopotentials import Pseudopotential


@dataclass(frozen=True)
class Theory:
    """What is computed, apart from geometry and discretisation.

    Args:
        pseudopotential: interaction of electrons and ions.
        functional: exchange and correlation.
        electronic_temperature: k_B T_el in Ha, > 0.
    """

    pseudopotential: Pseudopotential
    functional: Functional
    electronic_temperature: float
