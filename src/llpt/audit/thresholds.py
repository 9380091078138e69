"""What counts as faithful, fixed before the runs and kept in the verdict.

Each threshold is declared once, with its unit, its default and the physical reason of that default; the section
``[verdict]`` of a study file derives from ``Thresholds``. Nothing here needs the analysis, so that reading a study file
takes no time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, Strict

FORMAT = 2
"""Counts the formats of ``verdict.json``, which holds every threshold: one more raises it, once in a release. 1: no
``format``, ``statistics``, ``also_judge``, ``others`` and ``enthalpy_ev_per_atom``."""

Number = Annotated[float, Strict()]
Count = Annotated[int, Strict()]
"""Numbers as TOML and JSON give them: the text "50" is none."""


@dataclass(frozen=True)
class Threshold:
    """Largest difference of one kind that counts as faithful.

    Args:
        key: its name in ``[verdict]`` (of another package: in ``[verdict.others]``) and in ``verdict.json``.
        unit: of the difference and of the threshold.
        difference: what differs, in a few words.
        default: where nothing is given; None takes the value of ``otherwise``.
        why: the physical reason of the default, one sentence.
        largest: that may be given.
        otherwise: the threshold whose value is taken where this one is not given.
    """

    key: str
    unit: str
    difference: str
    default: float | None
    why: str
    largest: float
    otherwise: Threshold | None = None

    def field(self) -> Any:
        """Return the field of a pydantic model that holds it."""
        phrase = f"the largest {self.difference} in {self.unit} that still passes, above 0 and at most {self.largest:g}"
        if self.otherwise is not None:
            phrase += f"; {self.otherwise.key} where it is left out"
        return Field(
            default=self.default,
            gt=0.0,
            le=self.largest,
            description=phrase,
            json_schema_extra={"unit": self.unit, "why": self.why},
        )


TRANSITION_SHIFT = Threshold(
    "transition_temperature_k",
    unit="K",
    difference="shift of the transition temperature",
    default=50.0,
    why="Half of the 100 K by which criteria (up to 150 GPa) and cells of 256 to 2048 atoms move the transition of "
    "DFT at most (Karasiev et al. 2021, doi:10.1038/s41586-021-04078-x).",
    largest=10_000.0,
)
DENSITY_CHANGE = Threshold(
    "density_percent",
    unit="%",
    difference="difference of density away from the transition, after a constant offset",
    default=1.0,
    why="The smallest jump of the density of DFT at the transition, near 650 K at 300 and 350 GPa (Karasiev et al. "
    "2021, doi:10.1038/s41586-021-04078-x): what is larger can make or hide a transition.",
    largest=100.0,
)
DENSITY_SHIFT = Threshold(
    "density_offset_percent",
    unit="%",
    difference="constant offset of density",
    default=None,
    why="An offset is the same change of density at every temperature, and is held to the same limit.",
    largest=100.0,
    otherwise=DENSITY_CHANGE,
)

ENTHALPY_CHANGE = Threshold(
    "enthalpy_ev_per_atom",
    unit="eV/atom",
    difference="difference of the enthalpy of heating",
    default=0.003,
    why="It moves a transition near 950 K, at which the enthalpy jumps by 0.06 eV/atom, by 50 K: dT = T dh / Dh.",
    largest=10.0,
)


class Thresholds(BaseModel):
    """Largest differences of surrogate and reference that count as faithful, and what is needed to judge at all."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    transition_temperature_k: Number = TRANSITION_SHIFT.field()
    density_percent: Number = DENSITY_CHANGE.field()
    density_offset_percent: Number | None = DENSITY_SHIFT.field()
    enthalpy_ev_per_atom: Number = ENTHALPY_CHANGE.field()
    confidence: Number = Field(
        default=0.95,
        gt=0.5,
        lt=1.0,
        description="a probability between 0.5 and 1, with which either statement must hold",
    )
    minimum_production_ps: Number = Field(
        default=1.0,
        ge=0.0,
        description="ps of production at every temperature, below which nothing is decided; 0 or more",
        json_schema_extra={"unit": "ps", "why": "The runs of Karasiev et al. 2021 have 1.4 ps of production."},
    )
    minimum_atoms: Count = Field(
        default=256,
        ge=1,
        description="atoms below which nothing is decided; at least 1",
        json_schema_extra={"why": "The smallest cell whose isobars Karasiev et al. 2021 find unchanged by size."},
    )
    also_judge: tuple[str, ...] = Field(
        default=(), description="names of criteria and comparisons that are judged beside those that always are"
    )
    others: dict[str, Annotated[Number, Field(gt=0.0)]] = Field(
        default_factory=dict, description="a table of thresholds of comparisons from other packages, each above 0"
    )

    def value_of(self, threshold: Threshold) -> float:
        """Return the value of a threshold: as given, else its default, else that of the one it follows."""
        given = getattr(self, threshold.key) if threshold.key in Thresholds.model_fields else None
        value = self.others.get(threshold.key, threshold.default) if given is None else given
        if value is None:
            assert threshold.otherwise is not None  # a threshold has a default or follows another
            return self.value_of(threshold.otherwise)
        return float(value)
