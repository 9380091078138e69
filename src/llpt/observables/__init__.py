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
from llpt.observables.kept import ROUNDING, compare_kept, outdated, renewed, versions_in
from llpt.observables.molecules import BondLifetimes, Molecules
from llpt.observables.need import Need
from llpt.observables.neighbours import mutual_partners, nearest_neighbours
from llpt.observables.observations import Observations, as_summary, observe
from llpt.observables.optics import OpticsResult, optics_of_snapshots, read_optics
from llpt.observables.optics_response import OpticsSettings
from llpt.observables.pair_correlation import FirstPeak, PairCorrelation, greatest_radius_angstrom
from llpt.observables.record import (
    Absent,
    Accumulator,
    Axis,
    DerivedObservable,
    FrameObservable,
    Observable,
    Quantity,
    Reasoned,
    StepObservable,
    with_unit,
)
from llpt.observables.registry import all_observables, describe_observables, quantity
from llpt.observables.snapshots import Snapshots, snapshots_of_files, snapshots_of_run
from llpt.observables.solid_order import SolidOrder
from llpt.observables.source import FrameSource
from llpt.observables.step_series import ThermodynamicSeries, thermodynamic_series
from llpt.observables.structure_factor import StructureFactor
from llpt.observables.summary import (
    FAILED,
    SUMMARY_FORMAT,
    as_netcdf,
    estimate_of,
    failures,
    load_summary,
    put_estimate,
    sampled_names,
    save_summary,
    summarise_run,
    with_files,
)
from llpt.observables.thermodynamics import density, enthalpy
from llpt.observables.transport import corrected_diffusion, extrapolated_diffusion, yeh_hummer
from llpt.observables.velocity import VelocityCorrelation, Vibrations
from llpt.observables.viscosity import shear_viscosity

__all__ = [
    "FAILED",
    "ROUNDING",
    "SUMMARY_FORMAT",
    "Absent",
    "Accumulator",
    "Axis",
    "BondLifetimes",
    "DerivedObservable",
    "Displacements",
    "FirstPeak",
    "FrameObservable",
    "FrameSource",
    "Molecules",
    "Need",
    "Observable",
    "Observations",
    "OpticsResult",
    "OpticsSettings",
    "OriginCurves",
    "PairCorrelation",
    "Quantity",
    "Reasoned",
    "Snapshots",
    "SolidOrder",
    "StepObservable",
    "StructureFactor",
    "ThermodynamicSeries",
    "VelocityCorrelation",
    "Vibrations",
    "all_observables",
    "as_netcdf",
    "as_summary",
    "compare_kept",
    "corrected_diffusion",
    "density",
    "describe_observables",
    "electronic_heat_capacity",
    "enthalpy",
    "estimate_of",
    "extrapolated_diffusion",
    "failures",
    "greatest_radius_angstrom",
    "heat_capacity_constant_pressure",
    "heat_capacity_constant_volume",
    "isothermal_compressibility",
    "load_summary",
    "msd_all_origins",
    "mutual_partners",
    "nearest_neighbours",
    "observe",
    "optics_of_snapshots",
    "outdated",
    "put_estimate",
    "quantity",
    "read_optics",
    "renewed",
    "sampled_names",
    "save_summary",
    "shear_viscosity",
    "snapshots_of_files",
    "snapshots_of_run",
    "summarise_run",
    "thermal_expansion",
    "thermodynamic_series",
    "total_heat_capacity",
    "versions_in",
    "with_files",
    "with_unit",
    "yeh_hummer",
]
