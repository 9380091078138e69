"""The terms of the free energy; each gives its energy, its potential or operator, its forces and its stress.

Hartree atomic units. Stress is sigma = (1/Omega) dE/d(strain), shape (3, 3), tension positive.
Densities enter by their Fourier coefficients n(G) on the half grid of a real transform (see ``grid``).
"""
