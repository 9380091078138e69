"""How a command ends: its exit codes, and its word after Ctrl-C."""

EXIT_FAILED = 1
EXIT_UNFINISHED = 3
EXIT_INTERRUPTED = 130
STOPPED = "Stopped."
