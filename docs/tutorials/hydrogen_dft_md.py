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
# # DFT molecular dynamics of hydrogen in five minutes
#
# Dense hydrogen at 150 GPa and 1500 K: forces from Kohn–Sham DFT (PBE, plane waves, electrons at the temperature of
# the ions), dynamics at constant pressure. All is chosen for speed: 16 atoms, a low cutoff, 0.14 ps. The numbers
# illustrate; the error bars say how far. This takes half a minute on two cores.

# %%
import llpt
from llpt.structure import molecular_fluid

start = molecular_fluid(atoms=16, density_g_per_cm3=0.85, seed=1)

# %% [markdown]
# ## An engine
#
# An engine gives energy, forces and stress; it is an ASE calculator. `dft` is the built-in one, and `evaluate` labels
# structures with it.

# %%
theory = {"xc": "pbe", "ecut_ry": 25, "electronic_temperature_k": 1500}
with llpt.make_engine("dft", theory) as engine:
    [labelled] = llpt.evaluate([start], engine)

print(f"free energy {labelled.get_potential_energy(force_consistent=True) / len(labelled):.3f} eV/atom")
print(f"largest force {abs(labelled.get_forces()).max():.1f} eV/Å")

# %% [markdown]
# ## One run
#
# The run goes into a directory and is safe against a kill: the same call continues it, and with more `steps` makes it
# longer. The barostat is fast (30 fs), so that the volume fluctuates several times in so short a run.

# %%
settings = llpt.RunSettings(
    ensemble="npt",
    temperature_k=1500,
    pressure_gpa=150,
    barostat_time_fs=30,
    timestep_fs=0.4,
    steps=350,
    seed=1,
    positions_every=2,
)
with llpt.make_engine("dft", theory, purpose=settings.purpose) as engine:
    outcome = llpt.run_md(start, engine, settings, "hydrogen")
outcome

# %%
trajectory = llpt.open_trajectory("hydrogen")
ax = llpt.plot(trajectory, "pressure")
ax.figure.savefig("pressure.png")

# %% [markdown]
# The pressure contains the correction for the finite set of plane waves, as the barostat saw it. The drift of the
# conserved quantity tells whether time step and convergence are good enough; hold it against k_B T, here 129 meV.

# %%
ax = llpt.plot(trajectory, "conserved")
ax.figure.savefig("conserved.png")

# %% [markdown]
# ## What came out
#
# The first 100 steps are left out: the start was a lattice of molecules and not yet a fluid.

# %%
found = llpt.observe(trajectory, discard_steps=100)
print("density           ", found.density)
print("pressure          ", found.pressure)
print("bound in molecules", found.molecular_fraction)

# %% [markdown]
# The pair correlation function, with its error. The cell is small, so it ends early: half the smallest width of the
# cell, 1.5 Å. The peak near 0.8 Å is the bond of H₂.

# %%
ax = llpt.plot(found, "rdf")
ax.figure.savefig("pair-correlation.png")

# %% [markdown]
# Everything else that this run allows, and why the rest is absent:

# %%
found
