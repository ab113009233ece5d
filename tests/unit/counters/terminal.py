# SPDX-License-Identifier: GPL-2.0-only
"""extfuse top in a terminal (a pty): pages, keys, sizes, and how it ends.  Runs in the folder that run beside this file makes.
Nothing rests on time: each step waits for what must be seen."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios

WAIT = 60
failed = 0


def complain(text):
    global failed
    failed = 1
    print("FAILED:", text)


class Top:
    def __init__(self, *args, size=(24, 80), term="xterm"):
        self.master, slave = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.pid = os.fork()
        if not self.pid:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for fd in (0, 1, 2):
                os.dup2(slave, fd)
            os.closerange(3, 64)
            os.execve("./extfuse", ["extfuse", "top", "--interval=0.1", *args], dict(os.environ, TERM=term))
        self.text = ""

    def resize(self, lines, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read(self):
        if not select.select([self.master], [], [], WAIT)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.text += data.decode("utf-8", "replace")
        return bool(data)

    def page(self):
        """The newest page that is whole, as lines."""
        pages = re.findall(r"\x1b\[H(.*?)\x1b\[J", self.text, re.S)
        return re.sub("\x1b\\[K|\r", "", pages[-1]).split("\n") if pages else []

    def until(self, pattern, what):
        """A page with a line that matches; None after a complaint."""
        self.text = self.text[-65536:]
        while True:
            page = self.page()
            if any(re.search(pattern, line) for line in page):
                return page
            if not self.read():
                complain(f"{what}: no line '{pattern}' in {page or self.text!r}")
                return None

    def key(self, key):
        self.text = ""
        os.write(self.master, key.encode())

    def end(self, what, status, words=None):
        """It ends, leaves the terminal as it was, and says these words last. They are read while it ends: a full terminal
        would hold it up."""
        pid, left = 0, WAIT * 50
        while not pid:
            if select.select([self.master], [], [], 0.02)[0]:
                self.read()
            pid, state = os.waitpid(self.pid, os.WNOHANG)
            left -= 1
            if not pid and left < 0:
                complain(f"{what}: it does not end")
                os.kill(self.pid, signal.SIGKILL)
                left = WAIT * 50
        while select.select([self.master], [], [], 0)[0] and self.read():
            pass
        if os.waitstatus_to_exitcode(state) != status:
            complain(f"{what}: {os.waitstatus_to_exitcode(state)}, expected {status}: {self.text[-300:]!r}")
        _, left, rest = self.text.rpartition("\x1b[?25h\x1b[?1049l")
        if not left:
            complain(f"{what}: the page is not left: {self.text[-300:]!r}")
        if words and not re.search(words, rest) or not words and rest:
            complain(f"{what}: it said {rest!r}, expected {words}")
        if termios.tcgetattr(self.slave) != self.before:
            complain(f"{what}: the terminal is not as it was")
        os.close(self.master)
        os.close(self.slave)


def write(name, text):
    """As one, for it is read at any time."""
    with open(name + ".new", "w", encoding="utf-8") as f:
        f.write(text)
    os.rename(name + ".new", name)


def mount(number, target):
    return f"{100 + number} 1 0:{number} / {target} rw - extfuse /src rw\n"


def names(page):
    """Of the rows: what is between the heading and the keys."""
    at = [i for i, line in enumerate(page) if line.startswith(("opcode ", "mount "))][0]
    return [line.split()[0] for line in page[at + 1:] if line.strip() and not line.startswith("q: ")]


COUNTERS = "2 state ATTACHED metacache\n2 GETATTR answered %d\n2 LOOKUP upcalls 5000\n2 READ passed 300\n2 READ samples 1\n2 READ sample_ns 77\n" + \
    "3 state ATTACHED hide\n3 WRITE passed 40\n"
write("mountinfo", mount(2, "/mnt") + mount(3, "/two"))
write("counters", COUNTERS % 1000)

# One mount: opcodes; the numbers move, and the bar says who has answered.
top = Top("/mnt")
page = top.until(r"last 0\.[1-9] s:", "the first pages")
if page:
    if page[0] != "/mnt: metacache" or sorted(names(page)) != ["GETATTR", "LOOKUP", "READ"]:
        complain(f"the first page: {page}")
    if any(len(line) > 79 for line in page) or len(page) > 24:
        complain(f"it does not fit: {page}")
write("counters", COUNTERS % 9000)
page = top.until(r"^GETATTR +9000 +[1-9][0-9]* +100% +0% +0% +- #{12}$", "a rate")
if page and names(page)[0] != "GETATTR":
    complain(f"not sorted by rate: {page}")
# Nothing comes any more: no shares. Since the attach there are.
top.until(r"^GETATTR +9000 +0 +- +- +- +- *$", "a second without requests")
top.key("t")
top.until(r"^READ +300 +0 +0% +100% +0% +77 =$", "shares since the attach")
for order, first in ("requests", "GETATTR"), ("daemon", "LOOKUP"), ("ns/run", "READ"), ("name", "GETATTR"), ("rate", "GETATTR"):
    top.key("s")
    page = top.until(f"sorted by {order} ", f"order by {order}")
    if page and names(page)[0] != first:
        complain(f"by {order}: {page}")
# With one mount there is no other view.
top.key("m")
top.until("^opcode ", "m with one mount")
top.key("q")
top.end("q", 0)

# Another size, and a key, at once, and not only at the next look; the smallest windows too.
top = Top("/mnt", "--interval=3600")
top.until("^GETATTR ", "a page that stays")
for lines, columns, pattern in (50, 200, "^GETATTR .{130}#"), (8, 80, "more: make the window higher"), (24, 20, "^q: quit .{12}$"), \
        (1, 1, "^/$"), (24, 80, "^q: quit .*sorted by rate "):
    top.text = ""
    top.resize(lines, columns)
    os.kill(top.pid, signal.SIGWINCH)
    page = top.until(pattern, f"{columns} x {lines}")
    if page and (len(page) > lines or any(len(line) > columns for line in page)):
        complain(f"{columns} x {lines}: {page}")
top.key("s")
top.until("sorted by requests ", "a key")
top.key("q")
top.end("q", 0)

# All mounts; the view changes; one comes, and one goes.
top = Top()
page = top.until("^/two +40 ", "mounts")
if page and (page[0] != "2 extfuse mounts" or sorted(names(page)) != ["/mnt", "/two"]):
    complain(f"mounts: {page}")
top.key("m")
page = top.until("^WRITE +40 ", "opcodes of all mounts")
if page and sorted(names(page)) != ["GETATTR", "LOOKUP", "READ", "WRITE"]:
    complain(f"opcodes of all mounts: {page}")
top.key("m")
top.until("^/mnt ", "mounts again")
write("mountinfo", mount(2, "/mnt"))
top.until("^1 extfuse mount$", "a mount that goes")
write("mountinfo", "")
top.until("^0 extfuse mounts$", "no mount is left")
write("mountinfo", mount(2, "/mnt") + mount(3, "/two"))
top.until("^2 extfuse mounts$", "mounts that come")
os.write(top.master, b"\x03")
top.end("Ctrl-C", 0)

for sig in signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT:
    top = Top("/mnt")
    top.until("^GETATTR ", sig.name)
    os.kill(top.pid, sig)
    top.end(sig.name, 0)

# Stopped, the terminal is as it was; seen again, the page is.
top = Top("/mnt")
top.until("^GETATTR ", "before it is stopped")
os.kill(top.pid, signal.SIGTSTP)
os.waitpid(top.pid, os.WUNTRACED)
if termios.tcgetattr(top.slave) != top.before:
    complain("stopped: the terminal is not as it was")
while select.select([top.master], [], [], 0)[0] and top.read():
    pass
if not top.text.endswith("\x1b[?25h\x1b[?1049l"):
    complain(f"stopped: the page is not left: {top.text[-300:]!r}")
top.text = ""
os.kill(top.pid, signal.SIGCONT)
top.until("^GETATTR ", "after it was stopped")
top.key("q")
top.end("q after a stop", 0)

# The mount that it was about goes, another has its place; or only the connection goes.
for what, name, text in ("unmounted", "mountinfo", mount(3, "/two")), ("its place is taken", "mountinfo", mount(3, "/mnt")), \
        ("its number is taken, too", "mountinfo", mount(2, "/mnt").replace("102 ", "902 ")), \
        ("no connection", "counters", "3 state ATTACHED hide\n"):
    write("mountinfo", mount(2, "/mnt") + mount(3, "/two"))
    write("counters", COUNTERS % 1)
    top = Top("/mnt")
    top.until("^GETATTR ", what)
    write(name, text)
    top.end(what, 1, "^extfuse: /mnt was unmounted\r\n$")

# A state that is no acceleration is said; so is a mount that never had any.
write("mountinfo", mount(2, "/mnt"))
write("counters", "2 state NONE -\n")
top = Top("/mnt")
top.until("^/mnt: no extension was attached$", "nothing attached")
write("counters", "2 state ABORTED metacache\n")
top.until("^/mnt: the daemon is gone", "aborted")
top.key("q")
top.end("q", 0)

# The terminal goes: it ends.
top = Top("/mnt")
top.until("^/mnt: ", "before the terminal goes")
os.close(top.slave)
os.close(top.master)
os.waitpid(top.pid, 0)
print("ok: pages, keys, sizes, ends" if not failed else "see above")
sys.exit(failed)
