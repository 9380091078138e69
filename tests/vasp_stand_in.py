"""What the tests run as VASP: it reads INCAR and POSCAR, and leaves vasprun.xml and CONTCAR as VASP would.

The atoms move at random with the temperature asked for: the files are tested, not the physics.
"""

import sys
from pathlib import Path

from ase.io import read, write

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.vasp_format import thermal_frames, write_vasprun

import llpt


def main():
    """Do the run of the working directory."""
    lines = Path("INCAR").read_text(encoding="utf-8").splitlines()
    incar = dict(line.split(" = ") for line in lines)
    start = read("POSCAR")
    assert len(start) == 16
    if incar["IBRION"] == "0":
        kelvin, gpa, steps = float(incar["TEBEG"]), float(incar["PSTRESS"]) / 10, int(incar["NSW"])
        trajectory = llpt.open_trajectory(
            thermal_frames(kelvin=kelvin, gpa=gpa, timestep_fs=float(incar["POTIM"]), frames=steps + 1),
            timestep_fs=float(incar["POTIM"]),
            temperature_k=kelvin,
            pressure_gpa=gpa,
            electronic_temperature_k=kelvin,
        )
        write_vasprun("vasprun.xml", trajectory, electronic_temperature_k=kelvin)
    write("CONTCAR", start, format="vasp")


if __name__ == "__main__":
    main()
