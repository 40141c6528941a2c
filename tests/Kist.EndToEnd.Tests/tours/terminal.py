#!/usr/bin/python3
"""A person at a terminal. Runs `terminal.py PROMPT PROGRAM ARGUMENT...` on a pseudo-terminal, types standard input the moment that PROMPT is shown, and
prints as JSON what the terminal showed, how the program ended and whether the terminal echoes again."""
import json
import os
import pty
import select
import signal
import sys
import termios
import time

PATIENCE = 30

prompt, command, typed = sys.argv[1].encode(), sys.argv[2:], sys.stdin.buffer.read()
pid, terminal = pty.fork()
if pid == 0:
    # A shell that runs the tests in the background ignores interrupts, and so would all that it starts; a person's shell does not.
    for ignored in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(ignored, signal.SIG_DFL)
    os.execv(command[0], command)
end, shown, waiting = time.monotonic() + PATIENCE, b"", True
while select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
    try:
        shown += os.read(terminal, 4096)
    except OSError:  # The program has ended and the terminal is closed.
        break
    if waiting and prompt in shown:
        os.write(terminal, typed)
        waiting = False
else:
    sys.exit(f"nothing more was shown within {PATIENCE} s after: {shown!r}")
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
echoes = bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
json.dump({"shown": shown.decode(), "status": status, "echoes": echoes}, sys.stdout)
