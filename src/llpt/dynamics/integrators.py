"""The integrators there are: i-PI's, ASE's, LAMMPS's, and those that other packages add by entry points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from llpt.engines.any_ase import LARSEN_2017
from llpt.engines.lammps import LAMMPS
from llpt.ensembles import Thermostat
from llpt.papers import Paper
from llpt.plugins import IMPORT_PATH, NAME, Plugins, read_plugins

GROUP = "llpt.integrators"
"""The group of entry points by which another package adds one: each names an :class:`IntegratorRecord`."""


@dataclass(frozen=True)
class IntegratorRecord:
    """What an integrator is, declared once: whose code moves the atoms.

    Args:
        name: what settings of dynamics call it: small letters, digits, ``-``, ``_`` and ``.``.
        label: what a paper calls it.
        maker: import path ``module:Class`` of its class (``llpt.dynamics.integrator.IntegratorMaker``); imported when
            used.
        thermostats: those it has.
        path_integrals: whether it moves the beads of quantum nuclei.
        engine: name of the one engine whose atoms it moves; empty where it moves those of any.
        papers: what a paper that uses it cites, besides those of that engine.
    """

    name: str
    label: str
    maker: str
    thermostats: tuple[Thermostat, ...]
    path_integrals: bool = False
    engine: str = ""
    papers: tuple[Paper, ...] = ()

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name of an integrator: small letters, digits, '-', '_' and '.'")
        if not IMPORT_PATH.fullmatch(self.maker):
            raise ValueError(f"{self.maker!r} is no import path module:Class")


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


LAMMPS_DYNAMICS = IntegratorRecord(
    name="lammps",
    label="LAMMPS",
    maker="llpt.dynamics.lammps_integrator:LammpsIntegrator",
    thermostats=(Thermostat.NOSE_HOOVER,),
    engine=LAMMPS.name,
)
"""The same by LAMMPS, of the potentials that it runs."""

BUILT_IN = {record.name: record for record in (IPI, ASE, LAMMPS_DYNAMICS)}


def integrator_plugins() -> Plugins[IntegratorRecord]:
    """Return the integrators of other packages, and what is wrong with those that cannot be used."""
    return read_plugins(GROUP, IntegratorRecord, taken=BUILT_IN.keys())


def integrator_records() -> dict[str, IntegratorRecord]:
    """Return every integrator, by the word that settings of dynamics call it: those built in first."""
    return {**BUILT_IN, **integrator_plugins().records}


def find_integrator(name: str) -> IntegratorRecord:
    """Return the record of an integrator.

    Args:
        name: the word that settings of dynamics call it; one that is known.
    """
    return BUILT_IN.get(name) or integrator_records()[name]


def second_codes() -> tuple[str, ...]:
    """Return the names of the integrators beside i-PI's, ASE's first."""
    return tuple(name for name in integrator_records() if name != IPI.name)


def _known(name: str) -> str:
    return name if name in BUILT_IN else _one_of(name, tuple(integrator_records()))


def _second(name: str) -> str:
    return _one_of(name, second_codes())


def _one_of(name: str, known: tuple[str, ...]) -> str:
    if fault := integrator_plugins().faults.get(name):
        raise fault
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
