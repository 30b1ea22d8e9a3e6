"""The end of a program: told to stop it ends in time, and hung it ends by itself.

Ending by force loses nothing. What is acknowledged to a publisher is on disk, what is acknowledged
to the log is committed, so a program may end between any two instructions; a kill -9 does the same.
An orderly end only spares others the wait for a member or a session that has gone.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

STOP_WITHIN_S = 8.0
"""From SIGTERM to the end by force. Programs take below 1 s when nothing is in the way; psycopg
alone waits 5 s for the cancellation of a query at a database that does not answer."""

START_WITHIN_S = 60.0
"""A program without a first heartbeat by then hangs; the supervisor gives it as long."""

HANGS_AFTER_S = 30.0
"""A program without a further heartbeat by then hangs. The longest legitimate work between two of
them, a commit that covers the backlog of an hour, takes below 1 s."""

_SIGNALS = {signal.SIGTERM, signal.SIGINT}

Beat = Callable[[Mapping[str, Any]], None]


def guard(within_s: float = STOP_WITHIN_S) -> None:
    """Make this program end with status 0 when it is told to, whatever state it is in.

    SIGTERM and SIGINT reach the program's own handlers, as soon as Python runs in the main thread
    again; before it has any, they end it at once. One that has not ended `within_s` later says on
    standard error where it hangs, and ends.

    Call it once, in the main thread and before there are others. Child processes would inherit
    the blocked signals; our programs have none.

    Args:
        within_s: seconds from the signal to the end by force.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no KeyboardInterrupt: both mean the same
    # Blocked here and thereby in every later thread, so that they wake the one that waits for
    # them even where the main thread hangs.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    threading.Thread(target=_attend, args=(within_s,), name="stopping", daemon=True).start()
    faulthandler.dump_traceback_later(START_WITHIN_S, exit=True)


def _attend(within_s: float) -> None:
    number = signal.sigwait(_SIGNALS)
    if signal.getsignal(number) is signal.SIG_DFL:
        os._exit(0)  # still starting: it holds nothing
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    signal.raise_signal(number)  # to the handlers, which Python runs in the main thread
    time.sleep(within_s)
    print(f"not ended {within_s:g} s after the signal; it ends by force, from here:",
          file=sys.stderr, flush=True)  # fmt: skip
    faulthandler.dump_traceback()
    os._exit(0)


def watched(beat: Beat, within_s: float = HANGS_AFTER_S) -> Beat:
    """Return a heartbeat that ends the program, with status 1, when no other follows in time.

    It says on standard error where every thread is. That is done by a thread without Python, so a
    library that never lets go of the interpreter is noticed too.

    *Caveat.* The clock goes on while a process is stopped (SIGSTOP): one that is continued after
    `within_s` ends. The log has given its partitions to others long before, see
    `worker.session_timeout_s`.

    Args:
        beat: called with every heartbeat.
        within_s: seconds from one heartbeat to the next, at most.
    """

    def armed(facts: Mapping[str, Any]) -> None:
        faulthandler.dump_traceback_later(within_s, exit=True)
        beat(facts)

    return armed
