"""The commands."""

import sys


def main() -> None:
    """Run a command, as ``llpt.cli.app.main`` does; Ctrl-C ends it in a word also while its parts are loaded."""
    try:
        from llpt.cli.app import main as run_command  # noqa: PLC0415 - so that Ctrl-C is heard meanwhile
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
    run_command()


__all__ = ["main"]
