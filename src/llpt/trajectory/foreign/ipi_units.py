"""Units that i-PI names in braces, and the properties of its table that are read, in the units of llpt."""

from __future__ import annotations

from llpt.units import (
    ASE_VELOCITY_TO_ANGSTROM_PER_FS,
    ATOMIC_TIME_TO_FS,
    ATOMIC_VELOCITY_TO_ANGSTROM_PER_FS,
    BAR_TO_GPA,
    BOHR_TO_ANGSTROM,
    EV_PER_ANGSTROM3_TO_GPA,
    EV_TO_KJ_PER_MOL,
    HARTREE_PER_BOHR3_TO_GPA,
    HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM,
    HARTREE_TO_EV,
    HARTREE_TO_KELVIN,
)

PREFIXES = {"": 1.0, "milli": 1e-3, "micro": 1e-6, "nano": 1e-9, "pico": 1e-12, "femto": 1e-15}
PREFIXES |= {"kilo": 1e3, "mega": 1e6, "giga": 1e9}
LENGTH_IN_ANGSTROM = {"atomic_unit": BOHR_TO_ANGSTROM, "angstrom": 1.0, "meter": 1e10, "ase": 1.0}
VELOCITY_IN_ANGSTROM_PER_FS = {
    "atomic_unit": ATOMIC_VELOCITY_TO_ANGSTROM_PER_FS,
    "m/s": 1e-5,
    "ase": ASE_VELOCITY_TO_ANGSTROM_PER_FS,
}
FORCE_IN_EV_PER_ANGSTROM = {"atomic_unit": HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM, "ev/ang": 1.0, "ase": 1.0}
ENERGY_IN_EV = {"atomic_unit": HARTREE_TO_EV, "electronvolt": 1.0, "j/mol": 1e-3 / EV_TO_KJ_PER_MOL}
TIME_IN_FS = {"atomic_unit": ATOMIC_TIME_TO_FS, "second": 1e15}
TEMPERATURE_IN_K = {"atomic_unit": HARTREE_TO_KELVIN, "kelvin": 1.0}
PRESSURE_IN_GPA = {
    "atomic_unit": HARTREE_PER_BOHR3_TO_GPA,
    "pascal": 1e-9,
    "bar": BAR_TO_GPA,
    "ev/ang3": EV_PER_ANGSTROM3_TO_GPA,
}

PROPERTIES = {
    "step": {"atomic_unit": 1.0},
    "time": TIME_IN_FS,
    "potential": ENERGY_IN_EV,
    "kinetic_md": ENERGY_IN_EV,
    "conserved": ENERGY_IN_EV,
    "temperature": TEMPERATURE_IN_K,
    "kinetic_cv": ENERGY_IN_EV,
    "pressure_cv": PRESSURE_IN_GPA,
    "pressure_md": PRESSURE_IN_GPA,
    "stress_md": PRESSURE_IN_GPA,
    "ensemble_temperature": TEMPERATURE_IN_K,
}
