"""What a Behler–Parrinello potential is, and its files: symmetry functions, moments of bonds, scaling, network.

Definitions alone: nothing here is compiled and nothing is evaluated.
"""
