"""Orbitals between plane waves and grids: by torch on any device, by code of our own in single precision on the CPU."""

from llpt.dft.transforms.choice import OrbitalTransform, orbital_transform
from llpt.dft.transforms.tensors import TensorTransform
from llpt.dft.transforms.vectorised import VectorisedTransform

__all__ = ["OrbitalTransform", "TensorTransform", "VectorisedTransform", "orbital_transform"]
