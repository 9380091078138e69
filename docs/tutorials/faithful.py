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
# # Is my potential faithful?
#
# You have runs of a reference (DFT, say) and runs of a potential that shall stand in for it, at the same states. Is the
# potential faithful, by how much does it differ, and do the runs prove anything? `llpt.compare` answers with one of
# *faithful*, *not faithful* and *not resolved*, and says why. It needs no study directory: only the trajectories.

# %%
from ase.build import bulk
from ase.io import write

import llpt

# %% [markdown]
# ## Runs to compare
#
# Skip this section if you have your own. Here argon by Lennard-Jones plays the reference, and the potential is the same
# with atoms three per cent larger. Both run at 1 GPa and three temperatures, with 32 atoms (half a minute). Any ASE
# calculator is an engine: `make_engine` takes its class by name, or the calculator itself.

# %%
sizes_angstrom = {"reference": 3.405, "potential": 3.405 * 1.03}
temperatures_k = (450, 500, 550)
start = bulk("Ar", "fcc", a=5.3, cubic=True) * (2, 2, 2)

for name, sigma in sizes_angstrom.items():
    for temperature in temperatures_k:
        settings = llpt.RunSettings(
            ensemble="npt",
            temperature_k=temperature,
            pressure_gpa=1.0,
            timestep_fs=10.0,
            thermostat="langevin",
            thermostat_time_fs=200.0,
            barostat_time_fs=100.0,
            steps=400,
            seed=temperature,
            positions_every=2,
        )
        options = {"sigma": sigma, "epsilon": 0.0103, "rc": 7.0}
        with llpt.make_engine("ase:ase.calculators.lj.LennardJones", options) as engine:
            llpt.run_md(start, engine, settings, f"{name}-{temperature}")

# %% [markdown]
# So that this resembles what you have, the runs go through files as other programs write them: an `XDATCAR` (positions
# and cells, nothing else) for each run of the reference, extended XYZ for the potential.

# %%
for temperature in temperatures_k:
    run = llpt.open_trajectory(f"reference-{temperature}")
    write(f"XDATCAR-{temperature}", [run.atoms(index) for index in range(len(run))], format="vasp-xdatcar")
    llpt.open_trajectory(f"potential-{temperature}").export_extxyz(f"potential-{temperature}.extxyz")

# %% [markdown]
# ## Observe them
#
# What a file does not say is said here: the time from frame to frame, and which temperature and pressure were set. The
# first 60 frames of each run are left out.

# %%
runs = {name: [] for name in sizes_angstrom}
for temperature in temperatures_k:
    known = {"timestep_fs": 20.0, "temperature_k": temperature, "pressure_gpa": 1.0}
    for name, file in (("reference", f"XDATCAR-{temperature}"), ("potential", f"potential-{temperature}.extxyz")):
        runs[name].append(llpt.observe(llpt.open_trajectory(file, **known), discard_steps=60))

for one, other in zip(runs["reference"], runs["potential"], strict=True):
    print(one.density, "against", other.density)

# %% [markdown]
# g(r) of both at the lowest temperature:

# %%
ax = llpt.plot(runs["reference"][0], label="reference")
llpt.plot(runs["potential"][0], ax=ax, label="potential")
ax.figure.savefig("pair-correlation.png")

# %% [markdown]
# ## Isobars
#
# The runs of one engine at one pressure are an isobar. `locate` looks for a transition on it by every criterion there
# is, and each criterion says what it found, or why nothing. (`density_rises=False`: argon expands on heating.)

# %%
reference, potential = (
    llpt.locate(llpt.Isobar.from_summaries(runs[name], engine=name), density_rises=False) for name in sizes_angstrom
)
ax = llpt.plot([reference, potential])
ax.figure.savefig("isobars.png")

# %%
for criterion, result in reference.criteria.items():
    print(f"{criterion}: {result.reason}")

# %% [markdown]
# ## The verdict
#
# Thresholds say how large a difference you can live with, and they are fixed before one looks. By default runs under
# 1 ps or with fewer than 256 atoms prove nothing; these are a demonstration, so they may be small.

# %%
thresholds = llpt.Thresholds(density_percent=1.0, transition_temperature_k=50, minimum_atoms=32)
verdict = llpt.compare([reference], [potential], thresholds)
print(verdict.value)
for reason in verdict.reasons:
    print("-", reason)

# %%
ax = llpt.plot(verdict)
ax.figure.savefig("verdict.png")

# %% [markdown]
# Three per cent in the size of the atoms is some six in the density, more than the threshold and proven: *not
# faithful*. One who can live with ten per cent gets *not resolved* from the same runs, because three temperatures tell
# nothing of a transition. The verdict says what it would take.

# %%
wide = llpt.Thresholds(density_percent=10.0, minimum_atoms=32)
open_verdict = llpt.compare([reference], [potential], wide)
print(open_verdict.value)
for requirement in open_verdict.requirements:
    print("-", requirement.sentence)
