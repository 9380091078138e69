"""The papers of pseudopotentials that several plane-wave codes take."""

from __future__ import annotations

from llpt.papers import Paper

GOEDECKER_1996 = Paper(
    key="goedecker1996",
    authors="S. Goedecker and M. Teter and J. Hutter",
    title="Separable dual-space Gaussian pseudopotentials",
    journal="Phys. Rev. B",
    volume="54",
    page="1703",
    year="1996",
    doi="10.1103/PhysRevB.54.1703",
)
KRACK_2005 = Paper(
    key="krack2005",
    authors="M. Krack",
    title="Pseudopotentials for H to Kr optimized for gradient-corrected exchange-correlation functionals",
    journal="Theor. Chem. Acc.",
    volume="114",
    page="145",
    year="2005",
    doi="10.1007/s00214-005-0655-y",
)
GTH_PBE = (GOEDECKER_1996, KRACK_2005)
"""Of the form of the pseudopotential, and of its parameters for PBE."""
BLOECHL_1994 = Paper(
    key="bloechl1994",
    authors="P. E. Blöchl",
    title="Projector augmented-wave method",
    journal="Phys. Rev. B",
    volume="50",
    page="17953",
    year="1994",
    doi="10.1103/PhysRevB.50.17953",
)
