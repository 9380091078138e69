"""The integrators there are: i-PI's, ASE's, and those of engines with dynamics of their own, told by their records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from llpt.engines import IntegratorRecord, engine_records
from llpt.engines.any_ase import LARSEN_2017
from llpt.ensembles import Thermostat
from llpt.papers import Paper

if TYPE_CHECKING:
    from collections.abc import Mapping

IPI = IntegratorRecord(
    name="ipi",
    label="i-PI",
    maker="llpt.dynamics.ipi_integrator:IpiIntegrator",
    thermostats=(Thermostat.SVR, Thermostat.LANGEVIN),
    path_integrals=True,
    papers=(
        Paper(
            key="ceriotti2014",
            authors="M. Ceriotti and J. More and D. E. Manolopoulos",
            title="i-PI: A Python interface for ab initio path integral molecular dynamics simulations",
            journal="Comput. Phys. Commun.",
            volume="185",
            page="1019",
            year="2014",
            doi="10.1016/j.cpc.2013.10.027",
        ),
    ),
)
"""What moves the atoms where nobody says otherwise."""
ASE = IntegratorRecord(
    name="ase",
    label="ASE",
    maker="llpt.dynamics.ase_integrator:AseIntegrator",
    thermostats=(Thermostat.NOSE_HOOVER,),
    papers=(LARSEN_2017,),
)
"""A second, independent code, for controlled tests: Nosé–Hoover chains and the Martyna–Tobias–Klein barostat."""


def integrator_records() -> Mapping[str, IntegratorRecord]:
    """Return every integrator, by the word that settings of dynamics call it: those of any engine first."""
    own = (record.integrator for record in engine_records().values())
    return {each.name: each for each in (IPI, ASE, *own) if each is not None}


def find_integrator(name: str) -> IntegratorRecord:
    """Return the record of an integrator.

    Args:
        name: the word that settings of dynamics call it; one that is known.
    """
    return IPI if name == IPI.name else integrator_records()[name]


def second_codes() -> tuple[str, ...]:
    """Return the names of the integrators beside i-PI's, ASE's first."""
    return tuple(name for name in integrator_records() if name != IPI.name)


def _known(name: str) -> str:
    return name if name == IPI.name else _one_of(name, tuple(integrator_records()))


def _second(name: str) -> str:
    return _one_of(name, second_codes())


def _one_of(name: str, known: tuple[str, ...]) -> str:
    if name not in known:
        *others, last = (repr(each) for each in known)
        listed = f"{', '.join(others)} or {last}"
        raise PydanticCustomError("integrator", "Input should be {known}", {"known": listed})
    return name


IntegratorName = Annotated[
    str,
    AfterValidator(_known),
    Field(json_schema_extra=lambda schema: schema.update(enum=list(integrator_records()))),
]
"""The word that settings of dynamics call an integrator."""
SecondCode = Annotated[
    str, AfterValidator(_second), Field(json_schema_extra=lambda schema: schema.update(enum=list(second_codes())))
]
"""The same of one beside i-PI's, for the controlled test by another code."""
