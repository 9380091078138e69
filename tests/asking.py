"""Ask a command that serves pages until it is stopped for its first page, then stop it as Ctrl-C does.

``python -m tests.asking llpt status quick --web`` fails where the command prints no address, where the page is not
given, or where the command does not end in peace.
"""

import re
import signal
import subprocess
import sys
import urllib.request

WAIT_S = 600
"""At most; on an idle machine it takes seconds."""


def ask(command):
    """Return what the command serves first."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = next(filter(None, (re.search(r"http://\S+", line) for line in process.stdout)))[0]
            with urllib.request.urlopen(address, timeout=WAIT_S) as answer:  # noqa: S310 - http, as matched
                page = answer.read()
        finally:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=WAIT_S)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return page


if __name__ == "__main__":
    assert b"<html" in ask(sys.argv[1:])
