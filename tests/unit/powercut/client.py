#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A guest in little for tests/powercut's disks: client.py SOCKET writes a block and flushes, then writes two that it does not flush.

The answers are waited for, the last but not after the cut."""
import socket
import struct
import sys

BLOCK = 4096
REQUEST, ANSWER = 0x25609513, 0x67446698
WRITE, FLUSH, GO = 1, 3, 7

s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])


def get(n):
    data = b""
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            sys.exit("the server went away")
        data += more
    return data


def ask(what, at, data=b""):
    s.sendall(struct.pack(">IHHQQI", REQUEST, 0, what, 7, at, len(data)) + data)
    magic, error, handle = struct.unpack(">IIQ", get(16))
    assert (magic, error, handle) == (ANSWER, 0, 7)


assert get(18)[:8] == b"NBDMAGIC"
name = b"d"
option = struct.pack(">I", len(name)) + name + struct.pack(">H", 0)
s.sendall(struct.pack(">I", 3) + b"IHAVEOPT" + struct.pack(">II", GO, len(option)) + option)
for kind in (3, 1):
    _, _, answer, length = struct.unpack(">QIII", get(20))
    assert answer == kind
    get(length)

ask(WRITE, 0, b"a" * BLOCK)
ask(FLUSH, 0)
ask(WRITE, 16 * BLOCK, b"b" * BLOCK)
ask(WRITE, 32 * BLOCK, b"c" * (2 * BLOCK))
