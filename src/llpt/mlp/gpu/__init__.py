"""The same potentials in torch, for a GPU: the formulas of ``evaluation`` for many atoms at once."""
