"""Energy, forces and virial of a structure on the processor: the path of one force call lies in this room.

A call of ``BehlerParrinello.evaluate`` passes through the files in this order, each of which imports only earlier ones
of the list below it:

- ``behler_parrinello``: checks the structure, gives each thread its share of the atoms, gathers the result;
- ``neighbours``: linked cells, and the neighbours of one atom;
- ``bonds``: the moments of each atom's bonds, and their forces (only where a potential has functions of moments);
- ``sweep``: the loop over atoms, each finished before the next begins;
- ``symmetry_kernels`` and ``moment_kernels``: the functions of one atom and the gradient of its energy, with
  ``pair_rows`` and ``rows``, the inner loops over neighbours;
- ``network_kernel``: from the functions to the atom's energy.

``tables`` is made once for each potential: functions laid out as the arrays that kernels read.
"""
