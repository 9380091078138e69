"""How the threads of numerical libraries wait for each other. Imports nothing: it must be read before torch is."""

ASLEEP = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000", "KMP_BLOCKTIME": "0"}
"""Environment in which threads that wait look a thousand times for work and then sleep.

Waking a thread takes as long as much of a small step of DFT: two threads, 64 atoms, 0.080 s a step where they sleep at
once, 0.056 s with a thousand looks and with more. Where another program wants the same cores, looking is time lost to
both: 0.108 s without, 0.13 s with a thousand looks, 0.31 s with ten thousand.
"""
