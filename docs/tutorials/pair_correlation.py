# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # g(r) with its error, from your own trajectory
#
# You have a trajectory and want its pair correlation function, with an error band that you can trust. If you have none
# at hand, the next cell makes one: liquid argon, 108 Lennard-Jones atoms, by ASE alone (a quarter of a minute).

# %%
import numpy as np
from ase import units
from ase.build import bulk
from ase.calculators.lj import LennardJones
from ase.io import read
from ase.md.bussi import Bussi

import llpt

argon = bulk("Ar", "fcc", a=5.8, cubic=True) * (3, 3, 3)
argon.calc = LennardJones(sigma=3.405, epsilon=0.0103, rc=7.5)
random = np.random.default_rng(1)
argon.set_velocities(random.normal(scale=np.sqrt(units.kB * 600.0 / argon.get_masses()[:, None]), size=(108, 3)))
dynamics = {"timestep": 10.0 * units.fs, "temperature_K": 130.0, "taut": 100.0 * units.fs, "rng": random}
Bussi(argon, **dynamics).run(100)  # the crystal melts
Bussi(argon, **dynamics, trajectory="argon.traj", loginterval=5).run(500)

# %% [markdown]
# ## Open it
#
# `open_trajectory` takes a file (or files) of VASP, pw.x, CP2K, LAMMPS, i-PI, extended XYZ, H5MD and ASE, a list of
# `ase.Atoms`, a universe of MDAnalysis, an array of positions, or a run directory of `llpt`. What the file does not say
# you add: here the time from frame to frame, 5 steps of 10 fs.

# %%
trajectory = llpt.open_trajectory("argon.traj", timestep_fs=50.0)
trajectory

# %% [markdown]
# Every frame is an `ase.Atoms` with what was computed of it.

# %%
trajectory.atoms(-1).get_forces()[:3]

# %% [markdown]
# ## Observe it
#
# `observe` reads the frames once and averages everything that they allow. Each number is an `Estimate`: value, standard
# error (68 %), unit and the number of independent samples behind it.

# %%
found = llpt.observe(trajectory, discard_steps=20)
found

# %%
print(found.density, found.pressure, found.rdf_peak_height, sep="\n")

# %% [markdown]
# The density has no error, for the cell never changed. What a trajectory does not allow is absent, with the reason:

# %%
found.absent

# %% [markdown]
# ## Draw it
#
# A curve is an `xarray.DataArray` (`found.rdf`) with its error beside it (`found["rdf_error"]`). `llpt.plot` draws it
# onto axes of matplotlib, given or new, and returns them.

# %%
ax = llpt.plot(found, "rdf", label="argon, 130 K")
ax.axhline(1.0, color="0.6", lw=0.6)
ax.figure.savefig("pair-correlation.png")

# %% [markdown]
# The band is one standard error. It knows that neighbouring frames resemble each other: each bin of g(r) is a time
# series, and its error grows with the series' correlation time. A run too short to know its own error says so:

# %%
short = llpt.observe(trajectory, discard_steps=95, only=("rdf_peak_height", "rdf"))
print(short.rdf_peak_height)

# %% [markdown]
# ## Other ways in
#
# The same from structures in memory, and from bare positions without velocities. g(r) needs no time step, so none is
# given here.

# %%
structures = read("argon.traj", ":")
positions = np.array([atoms.positions for atoms in structures])
bare = llpt.open_trajectory(positions, cell=structures[0].cell[:], elements="Ar")
again = llpt.observe(bare, discard_steps=20, only=("rdf",))
assert np.allclose(again.rdf, found.rdf)
assert np.allclose(llpt.observe(llpt.open_trajectory(structures), discard_steps=20).rdf, found.rdf)
