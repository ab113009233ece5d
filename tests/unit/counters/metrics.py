# SPDX-License-Identifier: GPL-2.0-only
"""Reads OpenMetrics text on stdin, and complains of what the specification (version 1.0) does not allow, or the
textfile collector of a node exporter does not read.  Its argument: how many mounts there must be.  Prints their names."""
import re
import sys

KINDS = {"counter": ["_total"], "gauge": [""], "summary": ["_count", "_sum"]}
SAMPLE = re.compile(r'^([a-z][a-z0-9_]*)\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} ([0-9]+(?:\.[0-9]+)?)$')
LABEL = re.compile(r'([a-z]+)="((?:[^"\\]|\\.)*)"(?:,|$)')

text = sys.stdin.buffer.read().decode("utf-8")
assert text.endswith("# EOF\n"), "the end is not # EOF"
families, seen, mounts = {}, set(), set()
current = None
for line in text[:-len("# EOF\n")].splitlines():
    assert line and line == line.rstrip(), f"blanks: '{line}'"
    if line.startswith("#"):
        _, word, name, rest = line.split(" ", 3)
        if not current or current["name"] != name:
            assert name not in families, f"{name}: its lines are not together"
            current = families[name] = {"name": name, "samples": 0, "metric": None, "metrics": set()}
        assert word in ("TYPE", "UNIT", "HELP") and word not in current, f"'{line}'"
        assert not current["samples"], f"{name}: '{line}' comes after a sample"
        current[word] = rest
        if word == "TYPE":
            assert rest in KINDS, f"type {rest}"
            assert rest != "counter" or not name.endswith("_total"), name
        if word == "UNIT":
            assert name.endswith("_" + rest), f"{name} does not end in its unit {rest}"
        continue
    match = SAMPLE.match(line)
    assert match, f"no sample: '{line}'"
    name, labels = match[1], LABEL.findall(match[2])
    suffix = name[len(current["name"]):]
    assert name.startswith(current["name"]) and suffix in KINDS[current["TYPE"]], f"{name} is not of {current['name']}"
    assert len({key for key, _ in labels}) == len(labels) > 0, f"labels: '{line}'"
    key = (name, tuple(sorted(labels)))
    assert key not in seen, f"twice: '{line}'"
    seen.add(key)
    # Samples of one metric stand together.
    metric = tuple(sorted(labels))
    if metric != current["metric"]:
        assert metric not in current["metrics"], f"not together: '{line}'"
        current["metrics"].add(metric)
        current["metric"] = metric
    current["samples"] += 1
    mounts.add(dict(labels)["mount"])
    assert "." not in match[3] or suffix == "_sum", f"not a whole number: '{line}'"
for name, family in families.items():
    assert "TYPE" in family and family.get("HELP", "").endswith("."), f"{name} has no TYPE or no HELP"
    assert name.startswith("extfuse_"), name
    assert "seconds" not in name or family.get("UNIT") == "seconds", f"{name} has no UNIT"
assert families and len(mounts) == int(sys.argv[1]), f"{len(families)} families, mounts {mounts}"
for name in sorted(mounts):
    print("mount", re.sub(r"\\([\"\\])", r"\1", name))
