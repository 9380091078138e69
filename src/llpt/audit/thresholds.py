"""What counts as faithful, fixed before the runs and kept in the verdict.

Each comparison is declared once: its quantity, unit and threshold, the physical reason of its default, and whether a
verdict judges it where nothing else is asked for; ``[verdict]`` of a study file derives from ``Thresholds``.
Nothing here needs the analysis, so that reading a study file takes no time; how a quantity is compared stands in the
modules of ``llpt.audit.quantities``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, Strict

from llpt.options import Settings

if TYPE_CHECKING:
    from llpt.statistics import Estimate

VERDICT_FORMAT = 4
"""Counts the formats of ``verdict.json``, which holds every threshold: one more raises it, once in a release; so does a
criterion that is only shown, for a verdict of this format must have every row this program knows. 1: no
``format``, ``statistics``, ``judge``, ``also_judge``, ``others``, ``enthalpy_ev_per_atom``, and the density as
the only curve. 2: no thresholds of isotherms and of held volumes, isobars only. 3: no
order of the transition."""

Number = Annotated[float, Strict()]
Count = Annotated[int, Strict()]
"""Numbers as TOML and JSON give them: the text "50" is none."""


@dataclass(frozen=True)
class Threshold:
    """Largest difference of one quantity that counts as faithful.

    Args:
        key: its name in ``[verdict]`` (of another package: in ``[verdict.others]``) and in ``verdict.json``.
        unit: of the difference and of the threshold.
        difference: what differs, in a few words.
        default: where nothing is given; None takes the value of ``otherwise``.
        why: the physical reason of the default, one sentence.
        largest: that may be given.
        otherwise: the threshold whose value is taken where this one is not given.
        quantity: the comparison that is held to it, as verdicts and study files call it.
        judged: whether that comparison is judged where a study does not say which are; else it is shown.
        asked_as: on isotherms and at held volumes, the comparison of isobars that asks the same question: where a study
            asks for that, this is judged.
    """

    key: str
    unit: str
    difference: str
    default: float | None
    why: str
    largest: float
    otherwise: Threshold | None = None
    quantity: str = ""
    judged: bool = False
    asked_as: Threshold | None = None

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
    quantity="transition temperature",
    judged=True,
)
TRANSITION_WIDENING = Threshold(
    "transition_width_k",
    unit="K",
    difference="difference of the transition's width w",
    default=None,
    why="Three quarters of a change tanh((T - T0)/w) lie within T0 ± w: its edges are held to the limit of its place.",
    largest=10_000.0,
    otherwise=TRANSITION_SHIFT,
    quantity="transition width",
    judged=True,
)
ORDER_CHANGE = Threshold(
    "transition_order",
    unit="order",
    difference="difference of the order of the transition (0 for a crossover, 1 for first order)",
    default=0.5,
    why="Two phases or one fluid: there is nothing between, and every threshold below 1 says the same.",
    largest=0.99,
    quantity="transition order",
    judged=True,
)
DENSITY_CHANGE = Threshold(
    "density_percent",
    unit="%",
    difference="difference of density away from the transition, after a constant offset",
    default=1.0,
    why="The smallest jump of the density of DFT at the transition, near 650 K at 300 and 350 GPa (Karasiev et al. "
    "2021, doi:10.1038/s41586-021-04078-x): what is larger can make or hide a transition.",
    largest=100.0,
    quantity="density",
    judged=True,
)
DENSITY_SHIFT = Threshold(
    "density_offset_percent",
    unit="%",
    difference="constant offset of density",
    default=None,
    why="An offset is the same change of density at every temperature, and is held to the same limit.",
    largest=100.0,
    otherwise=DENSITY_CHANGE,
    quantity="density offset",
    judged=True,
)
ENTHALPY_STEP_CHANGE = Threshold(
    "enthalpy_step_ev_per_atom",
    unit="eV/atom",
    difference="difference of the enthalpy from below the transition to above it",
    default=0.005,
    why="By Clapeyron an error dh in the latent heat Dh tilts the line by the share dh / Dh. The line of PBE "
    "falls from 1500 K near 130 GPa to 650 K at 300 GPa, by 250 K over the 50 GPa from one isobar of Karasiev et al. "
    "2021 to the next. 50 K are a fifth of that; a fifth of the least latent heat known, 27 meV/atom, are 5 meV/atom.",
    largest=10.0,
    quantity="enthalpy step",
    judged=True,
)
ENTHALPY_CHANGE = Threshold(
    "enthalpy_ev_per_atom",
    unit="eV/atom",
    difference="difference of the enthalpy along the line of states",
    default=0.003,
    why="It moves a transition near 950 K, at which the enthalpy jumps by 0.06 eV/atom, by 50 K: dT = T dh / Dh.",
    largest=10.0,
    quantity="enthalpy",
)
FIRST_PEAK_CHANGE = Threshold(
    "rdf_peak_percent",
    unit="%",
    difference="difference of the height of the first peak of g(r)",
    default=15.0,
    why="The peak is that of the molecules: where it stands twice as high as that of the atoms, 15 % are a quarter of "
    "the change from the one fluid to the other.",
    largest=100.0,
    quantity="first peak of g(r)",
    judged=True,
)
PAIR_CORRELATION_CHANGE = Threshold(
    "pair_correlation_percent",
    unit="%",
    difference="integral of the difference of g(r) over that of g(r)",
    default=5.0,
    why="The most and the least molecular sixth of published frames of DFT (128 atoms, 1.9 to 2.2 Å³ per atom) differ "
    "by 26 %: 5 % are a fifth of what tells one fluid from the other, as 15 % of the first peak are a quarter.",
    largest=200.0,
    quantity="g(r)",
)
MOLECULES_CHANGE = Threshold(
    "molecular_fraction_percent",
    unit="%",
    difference="difference of the share of the atoms that are in molecules",
    default=10.0,
    why="Where the fraction falls from one to nothing over 500 K, it changes by a tenth within the threshold of the "
    "transition temperature.",
    largest=100.0,
    quantity="molecular fraction",
)
DIFFUSION_CHANGE = Threshold(
    "diffusion_percent",
    unit="%",
    difference="difference of the diffusion coefficient",
    default=20.0,
    why="The finite-size correction of D in cells of some hundred atoms is as large.",
    largest=1000.0,
    quantity="diffusion coefficient",
)
HEAT_CAPACITY_CHANGE = Threshold(
    "heat_capacity_k_b",
    unit="k_B/atom",
    difference="difference of the heat capacity",
    default=0.5,
    why="What one degree of freedom carries, a frozen vibration for example.",
    largest=100.0,
    quantity="heat capacity",
)
COMPRESSIBILITY_CHANGE = Threshold(
    "compressibility_percent",
    unit="%",
    difference="difference of the compressibility",
    default=20.0,
    why="Over 5 % of the bulk modulus of pressure, at 200 GPa 25 GPa, it changes the density by the threshold of 1 %.",
    largest=1000.0,
    quantity="compressibility",
)
TRANSITION_PRESSURE_SHIFT = Threshold(
    "transition_pressure_gpa",
    unit="GPa",
    difference="shift of the transition pressure on an isotherm",
    default=10.0,
    why="What 50 K are along the line of PBE, which falls by 5 K/GPa: from 1500 K near 130 GPa to 650 K at "
    "300 GPa (Karasiev et al. 2021, doi:10.1038/s41586-021-04078-x).",
    largest=1000.0,
    quantity="transition pressure",
    asked_as=TRANSITION_SHIFT,
)
TRANSITION_DENSITY_SHIFT = Threshold(
    "transition_density_percent",
    unit="%",
    difference="shift of the transition's density on an isotherm at held densities",
    default=2.0,
    why="What 10 GPa are over a bulk modulus of 500 GPa, that of the fluid near 200 GPa; a third of it, 0.01 bohr, "
    "counts in r_s.",
    largest=100.0,
    quantity="transition density",
    asked_as=TRANSITION_SHIFT,
)
TRANSITION_PRESSURE_WIDENING = Threshold(
    "transition_width_gpa",
    unit="GPa",
    difference="difference of the transition's width w on an isotherm",
    default=None,
    why="As on isobars: the edges of a change are held to the limit of its place.",
    largest=1000.0,
    otherwise=TRANSITION_PRESSURE_SHIFT,
    quantity="transition width in pressure",
    asked_as=TRANSITION_WIDENING,
)
PRESSURE_CHANGE = Threshold(
    "pressure_gpa",
    unit="GPa",
    difference="difference of the pressure at a held volume, away from the transition",
    default=5.0,
    why="What 1 % of the density comes to at a bulk modulus of 500 GPa, that of the fluid near 200 GPa.",
    largest=1000.0,
    quantity="pressure",
    asked_as=DENSITY_CHANGE,
)

COMPARISONS = (
    TRANSITION_SHIFT,
    TRANSITION_PRESSURE_SHIFT,
    TRANSITION_DENSITY_SHIFT,
    TRANSITION_WIDENING,
    TRANSITION_PRESSURE_WIDENING,
    ORDER_CHANGE,
    PRESSURE_CHANGE,
    DENSITY_SHIFT,
    DENSITY_CHANGE,
    ENTHALPY_STEP_CHANGE,
    ENTHALPY_CHANGE,
    FIRST_PEAK_CHANGE,
    PAIR_CORRELATION_CHANGE,
    MOLECULES_CHANGE,
    DIFFUSION_CHANGE,
    HEAT_CAPACITY_CHANGE,
    COMPRESSIBILITY_CHANGE,
)
JUDGED = tuple(each.quantity for each in COMPARISONS if each.judged)
"""What a verdict judges where nothing else is asked for: where the transition is, how sharp, of what order, how large
and between which densities, what it costs in enthalpy, and whether the molecules are there."""
JUDGED_BEFORE = (tuple(name for name in JUDGED if name != ORDER_CHANGE.quantity),)
"""What was judged by default by earlier versions. A study whose runs began then is judged by that still."""
_ASKED_AS = {each.quantity: each.asked_as.quantity for each in COMPARISONS if each.asked_as is not None}


class Thresholds(Settings):
    """Largest differences of surrogate and reference that count as faithful, and what is needed to judge at all.

    Raises:
        InputError: a value is out of range.
    """

    transition_temperature_k: Number = TRANSITION_SHIFT.field()
    transition_pressure_gpa: Number = TRANSITION_PRESSURE_SHIFT.field()
    transition_density_percent: Number = TRANSITION_DENSITY_SHIFT.field()
    transition_width_k: Number | None = TRANSITION_WIDENING.field()
    transition_order: Number = ORDER_CHANGE.field()
    transition_width_gpa: Number | None = TRANSITION_PRESSURE_WIDENING.field()
    pressure_gpa: Number = PRESSURE_CHANGE.field()
    density_percent: Number = DENSITY_CHANGE.field()
    density_offset_percent: Number | None = DENSITY_SHIFT.field()
    enthalpy_ev_per_atom: Number = ENTHALPY_CHANGE.field()
    enthalpy_step_ev_per_atom: Number = ENTHALPY_STEP_CHANGE.field()
    rdf_peak_percent: Number = FIRST_PEAK_CHANGE.field()
    pair_correlation_percent: Number = PAIR_CORRELATION_CHANGE.field()
    molecular_fraction_percent: Number = MOLECULES_CHANGE.field()
    diffusion_percent: Number = DIFFUSION_CHANGE.field()
    heat_capacity_k_b: Number = HEAT_CAPACITY_CHANGE.field()
    compressibility_percent: Number = COMPRESSIBILITY_CHANGE.field()
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
    judge: tuple[str, ...] = Field(
        default=JUDGED, description="names of criteria and comparisons that are judged where both sides have them"
    )
    also_judge: tuple[str, ...] = Field(
        default=(),
        description="names of criteria and comparisons that are judged beside those, and leave the verdict open where "
        "they are missing",
    )
    others: dict[str, Annotated[Number, Field(gt=0.0)]] = Field(
        default_factory=dict, description="a table of thresholds of comparisons from other packages, each above 0"
    )

    def judges(self, name: str) -> bool:
        """Whether a criterion or comparison of this name is judged.

        What is asked of isobars is asked of other lines of states in the quantities that stand for it there.
        """
        names = {name, _ASKED_AS.get(name, name)}
        return bool(names & {*self.judge, *self.also_judge})

    def shift_at(self, place: Estimate) -> float:
        """Return the largest shift of a transition that passes, in the unit of its place: K, GPa or g/cm^3.

        Args:
            place: of the transition.
        """
        if place.unit == TRANSITION_SHIFT.unit:
            return self.transition_temperature_k
        if place.unit == TRANSITION_PRESSURE_SHIFT.unit:
            return self.transition_pressure_gpa
        return 0.01 * self.transition_density_percent * place.value

    def value_of(self, threshold: Threshold) -> float:
        """Return the value of a threshold: as given, else its default, else that of the one it follows."""
        given = getattr(self, threshold.key) if threshold.key in Thresholds.model_fields else None
        value = self.others.get(threshold.key, threshold.default) if given is None else given
        if value is None:
            assert threshold.otherwise is not None  # a threshold has a default or follows another
            return self.value_of(threshold.otherwise)
        return float(value)
