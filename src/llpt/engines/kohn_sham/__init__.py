"""The built-in DFT as an engine: its record, and apart from it what needs torch."""
