#!/usr/bin/python3
"""A person with a shell at a terminal, who runs programs through `run_terminal.py KIST run FLAGS... --`. This script is the shell: it leads the session of a
pseudo-terminal, starts jobs in groups of their own and puts them in the foreground. Prints a line for each thing that went well."""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 30
KIST = sys.argv[1:]
READER = r"""
import signal, sys, os, time
counts = {signal.SIGINT: 0, signal.SIGWINCH: 0}
def count(number, frame): counts[number] += 1
for number in counts: signal.signal(number, count)
print("tty" if all(map(os.isatty, (0, 1, 2))) and os.tcgetpgrp(0) == os.getpgrp() else "no tty", flush=True)
for line in sys.stdin:
    time.sleep(0.3)
    print(f"line {line.strip()!r} int {counts[signal.SIGINT]} winch {counts[signal.SIGWINCH]}", flush=True)
    if line.strip() == "end": sys.exit(3)
"""


def main():
    report, writer = os.pipe()
    pid, terminal = pty.fork()
    if pid == 0:
        os.close(report)
        shell(writer)
        os._exit(0)
    os.close(writer)
    played = play(terminal, report)
    os.waitpid(pid, 0)
    sys.exit(0 if played else 1)


def shell(writer):
    """Starts each job and tells of its changes of state, as a shell with job control does."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    for job in ([[*KIST, sys.executable, "-c", READER]], [[*KIST, "sh", "-c", "echo sleeping; exec sleep 600"]], [[*KIST, "sh", "-c", "echo one; exit 3"], ["cat"]]):
        group, pids, previous = 0, [], None
        for place, command in enumerate(job):
            following = os.pipe() if place + 1 < len(job) else None
            pid = os.fork()
            if pid == 0:
                os.setpgid(0, group)
                if place == 0:
                    os.tcsetpgrp(0, os.getpgrp())
                for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTTOU):
                    signal.signal(number, signal.SIG_DFL)
                if previous:
                    os.dup2(previous[0], 0)
                if following:
                    os.dup2(following[1], 1)
                for end in (previous or ()) + (following or ()):
                    os.close(end)
                os.execvp(command[0], command)
            group = group or pid
            try:
                os.setpgid(pid, group)
            except PermissionError:  # It has done so, and is the program by now.
                pass
            for end in previous or ():
                os.close(end)
            previous = following
            pids.append(pid)
        while pids:
            pid, status = os.waitpid(pids[0], os.WUNTRACED)
            if os.WIFSTOPPED(status):
                os.tcsetpgrp(0, os.getpgrp())
                os.write(writer, b"stopped\n")
                time.sleep(0.2)
                os.tcsetpgrp(0, group)
                os.killpg(group, signal.SIGCONT)
                os.write(writer, b"continued\n")
                continue
            pids.pop(0)
            code = os.waitstatus_to_exitcode(status)
            os.write(writer, f"ended {code}\n".encode())
        os.tcsetpgrp(0, os.getpgrp())


def play(terminal, report):
    shown = Reader(terminal)
    told = Reader(report)
    shown.until("tty\r\n")
    print("terminal", flush=True)
    os.write(terminal, b"\x03")
    time.sleep(0.3)
    os.write(terminal, b"a\n")
    shown.until("line 'a' int 1 winch 0")
    print("interrupted once", flush=True)
    os.write(terminal, b"\x1a")
    told.until("stopped\n")
    told.until("continued\n")
    print("stopped and continued", flush=True)
    os.write(terminal, b"typed\n")
    shown.until("line 'typed' int 1 winch 0")
    print("line 'typed'", flush=True)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 100, 0, 0))
    time.sleep(0.3)
    os.write(terminal, b"end\n")
    shown.until("line 'end' int 1 winch 1")
    told.until("ended 3\n")
    print("window once", flush=True)
    shown.until("sleeping\r\n")
    os.write(terminal, b"\x1c")
    told.until("ended 131\n")
    print("killed by terminal: 131", flush=True)
    told.until("ended 3\n")
    told.until("ended 0\n")
    print("pipeline: 3", flush=True)
    return True


class Reader:
    """What came from a descriptor, up to what is awaited."""

    def __init__(self, descriptor):
        self.descriptor, self.text = descriptor, ""

    def until(self, awaited):
        end = time.monotonic() + PATIENCE
        while awaited not in self.text:
            if not select.select([self.descriptor], [], [], max(0, end - time.monotonic()))[0]:
                sys.exit(f"{awaited!r} did not come within {PATIENCE} s after: {self.text!r}")
            try:
                piece = os.read(self.descriptor, 4096)
            except OSError:
                piece = b""
            if not piece:
                sys.exit(f"{awaited!r} did not come before the end, after: {self.text!r}")
            self.text += piece.decode()
        before, _, self.text = self.text.partition(awaited)
        return before + awaited


main()
