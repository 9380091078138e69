"""From a trajectory to numbers with errors."""

from llpt.observables.displacement import Displacements, OriginCurves, msd_all_origins, yeh_hummer
from llpt.observables.fluctuations import (
    electronic_heat_capacity,
    heat_capacity_constant_pressure,
    heat_capacity_constant_volume,
    isothermal_compressibility,
    thermal_expansion,
)
from llpt.observables.molecules import BondLifetimes, Molecules
from llpt.observables.neighbours import mutual_partners, nearest_neighbours
from llpt.observables.optics import OpticsResult, OpticsSettings, optics_of_snapshots, read_optics
from llpt.observables.pair_correlation import FirstPeak, PairCorrelation, greatest_radius_angstrom
from llpt.observables.solid_order import SolidOrder
from llpt.observables.source import FrameSource
from llpt.observables.structure_factor import StructureFactor
from llpt.observables.summary import estimate_of, load_summary, put_estimate, save_summary, summarise_run
from llpt.observables.thermodynamics import ThermodynamicSeries, density, enthalpy, thermodynamic_series
from llpt.observables.velocity import VelocityCorrelation, Vibrations

__all__ = [
    "BondLifetimes",
    "Displacements",
    "FirstPeak",
    "FrameSource",
    "Molecules",
    "OpticsResult",
    "OpticsSettings",
    "OriginCurves",
    "PairCorrelation",
    "SolidOrder",
    "StructureFactor",
    "ThermodynamicSeries",
    "VelocityCorrelation",
    "Vibrations",
    "density",
    "electronic_heat_capacity",
    "enthalpy",
    "estimate_of",
    "greatest_radius_angstrom",
    "heat_capacity_constant_pressure",
    "heat_capacity_constant_volume",
    "isothermal_compressibility",
    "load_summary",
    "msd_all_origins",
    "mutual_partners",
    "nearest_neighbours",
    "optics_of_snapshots",
    "put_estimate",
    "read_optics",
    "save_summary",
    "summarise_run",
    "thermal_expansion",
    "thermodynamic_series",
    "yeh_hummer",
]
