"""How often the ensemble's certificate, and physical_validation where it is installed, call right and wrong runs wrong.

    python benchmarks/certificates.py [RUNS]

Kinetic energies of the canonical ensemble, and volumes of two pressures, correlated over 0, 5 or 20 samples; then with
0.6 of their fluctuation, as a thermostat and a barostat leave that only steer. Percent of runs that are called wrong.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
from collections import Counter

import numpy as np
from scipy.signal import lfilter
from scipy.stats import gamma, norm

from llpt.audit.ensemble import EnsembleOutcome, kinetic_energy_checks, pressure_pair_check
from llpt.units import BOLTZMANN_EV_PER_K, EV_PER_ANGSTROM3_TO_GPA

KELVIN, DEGREES, SAMPLES, STIFFNESS = 900.0, 93, 4000, 0.02
THERMAL_EV = BOLTZMANN_EV_PER_K * KELVIN
PRESSURES_GPA = (200.0, 201.0)
SIGMAS = 3.0


def correlated(random: np.random.Generator, memory: float) -> np.ndarray:
    """Return normal samples that are correlated over so many."""
    kept = np.exp(-1.0 / memory) if memory else 0.0
    noise = np.sqrt(1.0 - kept**2) * random.normal(size=SAMPLES)
    noise[0] = random.normal()
    return lfilter([1.0], [1.0, -kept], noise)


def samples(seed: int, memory: float, share: float) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return kinetic energies in eV, and volumes of the two pressures in Å³."""
    random = np.random.default_rng((seed, int(memory), int(10 * share)))
    mean = 0.5 * DEGREES * THERMAL_EV
    kinetic = gamma.ppf(norm.cdf(correlated(random, memory)), 0.5 * DEGREES) * THERMAL_EV
    width = share * np.sqrt(THERMAL_EV / STIFFNESS)
    one, other = (
        60.0 - pressure / EV_PER_ANGSTROM3_TO_GPA / STIFFNESS + width * correlated(random, memory)
        for pressure in PRESSURES_GPA
    )
    return mean + share * (kinetic - mean), (one, other)


def of_llpt(kinetic: np.ndarray, volumes: tuple[np.ndarray, np.ndarray]) -> list[bool]:
    """Return whether mean, variance and pair are called wrong."""
    checks = [
        *kinetic_energy_checks(kinetic, temperature_k=KELVIN, degrees_of_freedom=DEGREES),
        pressure_pair_check(volumes, pressures_gpa=PRESSURES_GPA, temperature_k=KELVIN),
    ]
    return [check.outcome is EnsembleOutcome.FAILS for check in checks]


def of_library(kinetic: np.ndarray, volumes: tuple[np.ndarray, np.ndarray]) -> list[bool]:
    """Return the same of physical_validation, beyond three of its standard errors."""
    library = importlib.import_module("physical_validation")
    quiet = {"screen": False, "filename": None, "data_is_uncorrelated": False}
    with contextlib.redirect_stdout(io.StringIO()):
        mean, width = library.util.kinetic_energy.check_mean_std(
            kin=kinetic, temp=KELVIN, ndof=DEGREES, kb=BOLTZMANN_EV_PER_K, verbosity=0, bs_repetitions=50,
            bootstrap_seed=1, ene_unit=None, temp_unit=None, **quiet,
        )  # fmt: skip
        pair = library.util.ensemble.check_1d(
            traj1=volumes[0], traj2=volumes[1], param1=PRESSURES_GPA[0], param2=PRESSURES_GPA[1],
            kb=BOLTZMANN_EV_PER_K, quantity="V", dtemp=False, dpress=True, dmu=False, temp=KELVIN,
            pvconvert=1.0 / EV_PER_ANGSTROM3_TO_GPA, nbins=40, cutoff=0.001, bootstrap_seed=1, bootstrap_error=False,
            bootstrap_repetitions=200, verbosity=0, xlabel="V", xunit=None, **quiet,
        )[0]  # fmt: skip
    return [abs(each) > SIGMAS for each in (mean, width, pair)]


def main() -> None:
    """Print one line for each kind of runs and each judge."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 80
    judges = {"llpt": of_llpt}
    with contextlib.suppress(ImportError):
        importlib.import_module("physical_validation")
        judges["physical_validation"] = of_library
    for memory in (0.0, 5.0, 20.0):
        for share in (1.0, 0.6):
            for name, judge in judges.items():
                wrong: Counter[str] = Counter()
                for seed in range(runs):
                    found = judge(*samples(seed, memory, share))
                    wrong.update(what for what, each in zip(("mean", "variance", "pair"), found, strict=True) if each)
                rates = ", ".join(f"{what} {100.0 * wrong[what] / runs:.0f} %" for what in ("mean", "variance", "pair"))
                print(f"memory {memory:4.0f}, share {share}: {name:20} {rates}", flush=True)


if __name__ == "__main__":
    main()
