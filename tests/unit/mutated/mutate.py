#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""BPF objects that are none any more: mutate.py PROGRAM NUMBER OBJECT... calls PROGRAM inspect for each.

What becomes of an object is drawn from a seed, 1 and up, and is written into the current folder. A status beside 0 and 1 is a
finding, whose object stays there; so is a run that does not end."""
import random
import subprocess
import sys

ELF_HEADER, SECTION_TABLE = 64, slice(40, 48)
ODD = (0, 1, 0x7F, 0x80, 0xFF)


def cut_off(data, r):
    del data[r.randrange(len(data)):]


def spoil(data, r, first, last, most):
    for _ in range(r.randrange(1, most)):
        data[r.randrange(first, last)] = r.choice(ODD + (r.randrange(256),))


def mutate(data, r):
    sections = int.from_bytes(data[SECTION_TABLE], "little")
    how = r.randrange(4)
    if how == 0:
        cut_off(data, r)
    elif how == 1:
        spoil(data, r, 0, ELF_HEADER, 8)
    elif how == 2:
        spoil(data, r, sections, len(data), 6)
    else:
        spoil(data, r, 0, len(data), 40)


program, number = sys.argv[1], int(sys.argv[2])
objects = []
for name in sys.argv[3:]:
    with open(name, "rb") as f:
        objects.append(f.read())
findings = refused = 0
for seed in range(1, number + 1):
    r = random.Random(seed)
    data = bytearray(r.choice(objects))
    mutate(data, r)
    name = f"{seed}.bpf.o"
    with open(name, "wb") as f:
        f.write(data)
    try:
        done = subprocess.run([program, "inspect", name], capture_output=True, timeout=120, check=False)
        status, said = done.returncode, done.stderr.decode(errors="replace")
    except subprocess.TimeoutExpired:
        status, said = "no end", ""
    refused += status == 1
    if status not in (0, 1):
        findings += 1
        print(f"FAILED: seed {seed}: {status}\n{said}")
if refused < number // 4:
    findings += 1
    print(f"FAILED: only {refused} of {number} were refused")
print(f"{number} objects, {refused} refused, {findings} findings")
sys.exit(findings > 0)
