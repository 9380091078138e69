"""Constants and conversions: the only place with a conversion factor.

CODATA 2018 (Tiesinga et al., Rev. Mod. Phys. 93, 025010, 2021). ``ase.units`` rests on CODATA 2014, which differs by
8e-9 in the Hartree: convert with the names here wherever numbers of llpt are compared with another program's.
A quantity in unit A is multiplied by ``A_TO_B`` to be in unit B. Atomic units are Hartree atomic units.
"""

from __future__ import annotations

from math import pi

# Defining constants of the SI (exact).
BOLTZMANN_J_PER_K = 1.380649e-23
ELEMENTARY_CHARGE_C = 1.602176634e-19
AVOGADRO_PER_MOL = 6.02214076e23
PLANCK_J_S = 6.62607015e-34

# Measured (CODATA 2018).
HARTREE_TO_J = 4.3597447222071e-18
BOHR_TO_ANGSTROM = 0.529177210903
ELECTRON_MASS_KG = 9.1093837015e-31
ATOMIC_MASS_KG = 1.66053906660e-27

# Energy.
HARTREE_TO_EV = HARTREE_TO_J / ELEMENTARY_CHARGE_C
EV_TO_HARTREE = 1.0 / HARTREE_TO_EV
RYDBERG_TO_HARTREE = 0.5
HARTREE_TO_RYDBERG = 2.0
RYDBERG_TO_EV = HARTREE_TO_EV / 2.0
EV_TO_KJ_PER_MOL = ELEMENTARY_CHARGE_C * AVOGADRO_PER_MOL / 1000.0
KCAL_PER_MOL_TO_EV = 4.184 / EV_TO_KJ_PER_MOL

# Temperature.
BOLTZMANN_EV_PER_K = BOLTZMANN_J_PER_K / ELEMENTARY_CHARGE_C
KELVIN_TO_HARTREE = BOLTZMANN_J_PER_K / HARTREE_TO_J
HARTREE_TO_KELVIN = 1.0 / KELVIN_TO_HARTREE
GAS_CONSTANT_J_PER_MOL_K = BOLTZMANN_J_PER_K * AVOGADRO_PER_MOL

# Length and volume.
ANGSTROM_TO_BOHR = 1.0 / BOHR_TO_ANGSTROM
BOHR3_TO_ANGSTROM3 = BOHR_TO_ANGSTROM**3

# Time.
ATOMIC_TIME_S = PLANCK_J_S / (2.0 * pi) / HARTREE_TO_J
ATOMIC_TIME_TO_FS = ATOMIC_TIME_S * 1e15
FS_TO_ATOMIC_TIME = 1.0 / ATOMIC_TIME_TO_FS
RYDBERG_TIME_TO_FS = 2.0 * ATOMIC_TIME_TO_FS
PS_TO_FS = 1e3
DAY_S = 86_400.0

# Force and pressure.
HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM = HARTREE_TO_EV / BOHR_TO_ANGSTROM
EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR = 1.0 / HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM
EV_PER_ANGSTROM_TO_RYDBERG_PER_BOHR = EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR * HARTREE_TO_RYDBERG
EV_PER_ANGSTROM3_TO_GPA = ELEMENTARY_CHARGE_C * 1e21
GPA_TO_EV_PER_ANGSTROM3 = 1.0 / EV_PER_ANGSTROM3_TO_GPA
HARTREE_PER_BOHR3_TO_EV_PER_ANGSTROM3 = HARTREE_TO_EV / BOHR3_TO_ANGSTROM3
HARTREE_PER_BOHR3_TO_GPA = HARTREE_PER_BOHR3_TO_EV_PER_ANGSTROM3 * EV_PER_ANGSTROM3_TO_GPA
RYDBERG_PER_BOHR_TO_EV_PER_ANGSTROM = RYDBERG_TO_HARTREE * HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM
RYDBERG_PER_BOHR3_TO_GPA = RYDBERG_TO_HARTREE * HARTREE_PER_BOHR3_TO_GPA
KILOBAR_TO_GPA = 0.1
GPA_TO_KILOBAR = 10.0
BAR_TO_GPA = 1e-4
GPA_TO_BAR = 1e4
ATMOSPHERE_TO_GPA = 1.01325e-4

# Mass and density. Hydrogen: IUPAC conventional atomic weight, as used by the programs we compare with.
HYDROGEN_MASS_U = 1.008
HYDROGEN_ATOMIC_NUMBER = 1
ATOMIC_MASS_TO_ELECTRON_MASS = ATOMIC_MASS_KG / ELECTRON_MASS_KG
U_PER_ANGSTROM3_TO_G_PER_CM3 = ATOMIC_MASS_KG * 1e27

# Velocity: eV = u (Å/fs)² × this.
U_ANGSTROM2_PER_FS2_TO_EV = ATOMIC_MASS_KG * 1e10 / ELEMENTARY_CHARGE_C
ASE_VELOCITY_TO_ANGSTROM_PER_FS = U_ANGSTROM2_PER_FS2_TO_EV**-0.5  # ASE's unit of velocity is sqrt(eV/u)
ATOMIC_VELOCITY_TO_ANGSTROM_PER_FS = BOHR_TO_ANGSTROM / ATOMIC_TIME_TO_FS
FS_TO_ASE_TIME = ASE_VELOCITY_TO_ANGSTROM_PER_FS  # in Å over that velocity

# Conductivity.
ATOMIC_CONDUCTIVITY_TO_S_PER_CM = ELEMENTARY_CHARGE_C**2 / (PLANCK_J_S / (2.0 * pi)) / (BOHR_TO_ANGSTROM * 1e-8)


def wigner_seitz_radius_bohr(volume_per_atom_angstrom3: float) -> float:
    """Return r_s, the radius in bohr of the sphere that holds one electron: (3 V / 4 pi)^(1/3).

    Args:
        volume_per_atom_angstrom3: volume per hydrogen atom, > 0.
    """
    return float((3.0 * volume_per_atom_angstrom3 / (4.0 * pi)) ** (1.0 / 3.0) * ANGSTROM_TO_BOHR)


def volume_per_atom_angstrom3(wigner_seitz_radius: float) -> float:
    """Return the volume per atom in Å³ at the Wigner–Seitz radius r_s (bohr)."""
    return 4.0 / 3.0 * pi * (wigner_seitz_radius * BOHR_TO_ANGSTROM) ** 3


def hydrogen_density_g_per_cm3(volume_per_atom: float) -> float:
    """Return the mass density of hydrogen in g/cm³ at a volume per atom in Å³."""
    return HYDROGEN_MASS_U * U_PER_ANGSTROM3_TO_G_PER_CM3 / volume_per_atom
