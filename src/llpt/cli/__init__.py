"""The commands."""

import gc
import os
import sys
from contextlib import suppress
from pathlib import Path

from llpt.cli.exits import EXIT_FAILED, EXIT_INTERRUPTED, STOPPED
from llpt.cli.interrupts import FREE_S, hearing_ctrl_c, leave_at_once
from llpt.errors import LlptError


def main() -> None:
    """Run a command; what a person can get wrong ends in two lines and a non-zero exit code, never in a traceback.

    Ctrl-C ends it in a word, also while its parts are loaded.
    """
    with hearing_ctrl_c() as interrupt:
        try:
            from llpt.cli.app import run_command  # noqa: PLC0415 - so that Ctrl-C is heard meanwhile

            run_command()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(EXIT_FAILED)
        except SystemExit as end:
            if not (interrupt.heard and end.code == EXIT_INTERRUPTED):
                raise
        except KeyboardInterrupt:
            pass
        except Exception as error:
            if not interrupt.heard:  # a library that Ctrl-C found while it was loaded may say anything
                told = error if isinstance(error, LlptError) else unprinted(error)
                if told is None:
                    raise
                from llpt.cli.console import show_error  # noqa: PLC0415 - likewise

                with suppress(OSError):  # standard error may be what is refused
                    show_error(told)
                sys.exit(EXIT_FAILED)
        else:
            return
        interrupt.over()
        sys.stderr.write(f"{STOPPED}\n")
        sys.exit(EXIT_INTERRUPTED)


def unprinted(error: Exception) -> LlptError | None:
    """Return what a person is told where the disk refused what a command prints; None of any other error.

    Every file is written by ``llpt.files``, which words what the disk says: what is left has no name.
    """
    from llpt.files import disk_refusal  # noqa: PLC0415 - start-up time

    if not isinstance(error, OSError) or error.filename is not None:
        return None
    return disk_refusal(error, Path("to standard output or error"), "write")


COLLECTED_AFTER = 100_000
"""Python looks for cycles after so many new objects; after its own 700, a tenth of a start is spent on what stays."""


def program() -> None:
    """Be the program ``llpt``: run a command, and leave as soon as it has ended."""
    gc.set_threshold(COLLECTED_AFTER)
    code = 0
    try:
        main()
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            raise
        code = end.code or 0
    leave_at_once(code, FREE_S if code == EXIT_INTERRUPTED else None)


__all__ = ["main", "program"]
