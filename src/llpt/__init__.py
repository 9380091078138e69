"""llpt: is a machine-learnt potential a faithful surrogate of its reference theory across a phase transition?"""

from importlib.metadata import version

__version__ = version("llpt")
