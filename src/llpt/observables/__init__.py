"""From a trajectory to numbers with errors."""

from llpt.observables.displacement import Displacements, OriginCurves, msd_all_origins
from llpt.observables.fluctuations import (
    electronic_heat_capacity,
    heat_capacity_constant_pressure,
    heat_capacity_constant_volume,
    isothermal_compressibility,
    thermal_expansion,
    total_heat_capacity,
)
from llpt.observables.molecules import BondLifetimes, Molecules
from llpt.observables.neighbours import mutual_partners, nearest_neighbours
from llpt.observables.optics import OpticsResult, OpticsSettings, optics_of_snapshots, read_optics
from llpt.observables.pair_correlation import FirstPeak, PairCorrelation, greatest_radius_angstrom
from llpt.observables.snapshots import THEORY_OPTIONS, Snapshots, snapshots_of_files, snapshots_of_run
from llpt.observables.solid_order import SolidOrder
from llpt.observables.source import FrameSource
from llpt.observables.structure_factor import StructureFactor
from llpt.observables.summary import (
    SUMMARY_FORMAT,
    estimate_of,
    load_summary,
    put_estimate,
    save_summary,
    summarise_run,
)
from llpt.observables.thermodynamics import ThermodynamicSeries, density, enthalpy, thermodynamic_series
from llpt.observables.transport import Transport, corrected_diffusion, extrapolated_diffusion, yeh_hummer
from llpt.observables.velocity import VelocityCorrelation, Vibrations
from llpt.observables.viscosity import shear_viscosity

__all__ = [
    "SUMMARY_FORMAT",
    "THEORY_OPTIONS",
    "BondLifetimes",
    "Displacements",
    "FirstPeak",
    "FrameSource",
    "Molecules",
    "OpticsResult",
    "OpticsSettings",
    "OriginCurves",
    "PairCorrelation",
    "Snapshots",
    "SolidOrder",
    "StructureFactor",
    "ThermodynamicSeries",
    "Transport",
    "VelocityCorrelation",
    "Vibrations",
    "corrected_diffusion",
    "density",
    "electronic_heat_capacity",
    "enthalpy",
    "estimate_of",
    "extrapolated_diffusion",
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
    "shear_viscosity",
    "snapshots_of_files",
    "snapshots_of_run",
    "summarise_run",
    "thermal_expansion",
    "thermodynamic_series",
    "total_heat_capacity",
    "yeh_hummer",
]
