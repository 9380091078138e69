"""Energy, forces and virial of a structure on the processor: the path of one force call lies in this room.

``BehlerParrinello.evaluate`` passes through these files, from the top down:

- ``behler_parrinello``: checks the structure, hands each thread its share of the atoms (``sharing``), adds the results;
- ``sweep``: the loop over atoms, each finished before the next begins:
  ``neighbours`` (linked cells), then ``symmetry_kernels`` (the functions of the atom, and the gradient of its energy;
  ``pair_rows`` and ``rows`` are their inner loops), and between the two ``network_kernel`` (the energy);
- ``bonds`` and ``moment_kernels`` as well, where a potential has functions of the moments of bonds.

``tables`` is made once for each potential: its functions laid out as the arrays that kernels read.
"""
