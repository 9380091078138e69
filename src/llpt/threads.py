"""How the threads of numerical libraries wait for each other. Imports nothing: it must be read before torch is."""

ASLEEP = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}
"""Environment in which threads that wait do so asleep. Spinning costs a factor of ten as soon as another program wants
the same cores (32 atoms of DFT: 2.2 against 0.26 s per step), and nothing measurable gains by it."""
