"""Quantum ESPRESSO's pw.x, driven over an i-PI socket."""
