"""How the threads of numerical libraries wait for each other. Imports nothing: it must be read before torch is."""

ASLEEP = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000", "KMP_BLOCKTIME": "0"}
"""Environment in which threads that wait look a thousand times for work and then sleep.

Waking a thread takes as long as much of a small step of DFT; where another program wants the same cores, looking is
time lost to both. Measured: ``docs/performance.md``.
"""
