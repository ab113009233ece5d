# SPDX-License-Identifier: GPL-2.0-only
"""How the source of a fork compares with the newest one of the suites.

report() gives lines for the user: every file of fs/fuse that differs, and a
warning for each fix to fuse that the newest package's changelog names and the
source in use is older than.  A distribution's fix to fs/fuse reaches our users
only with our next package, so the maintainer that makes one must see it.  Nothing here
stops an import: where it cannot look, one line says why.
"""

import difflib
import gzip
import os
import re
import subprocess
import tarfile

import source

# "- fuse: fix ...", "[arm64] fuse: ...", 'Revert "fuse: ..."', "fs/fuse: ...", "Enable FUSE_PASSTHROUGH"; not efuses, not "refuse".
_FIX = re.compile(r'^(?:\[[^]]*\] *)*(?:Revert "|fs[:/] *)?fuse\b|\bfs/fuse\b|\bFUSE(?:\b|_)')
_ITEM = re.compile(r"^ +[-*] +(.*)$")
_CHANGELOG = re.compile(r"/changelog\.Debian\.gz$")


def later(one, other):
    """Is the first Debian version the later one?"""
    return subprocess.run(["dpkg", "--compare-versions", one, "gt", other], check=False).returncode == 0


def offered(package):
    """The newest version in any configured suite, '' when there is none; pins do not count."""
    try:
        text = source.run("apt-cache", "madison", package)
    except (source.SourceError, FileNotFoundError):
        return ""
    newest = ""
    for line in text.splitlines():
        fields = [f.strip() for f in line.split("|")]
        if len(fields) == 3 and fields[2].endswith("Packages") and (not newest or later(fields[1], newest)):
            newest = fields[1]
    return newest


def differences(old, new, taken):
    """One line for each file of fs/fuse that is not the same in both."""
    def files(src):
        folder = os.path.join(src.root, "fs/fuse")
        return {name for name in os.listdir(folder) if os.path.isfile(os.path.join(folder, name))}
    ours, theirs = files(old), files(new)
    for name in sorted(ours | theirs):
        text = [src.read("fs/fuse/" + name).splitlines() if name in there else []
                for src, there in ((old, ours), (new, theirs))]
        if text[0] == text[1] and name in ours & theirs:
            continue
        added = removed = 0
        for line in list(difflib.unified_diff(*text, lineterm="", n=0))[2:]:
            added += line.startswith("+")
            removed += line.startswith("-")
        note = "" if name in ours else ", only in the newest"
        note += "" if name in theirs else ", no longer in the newest"
        note += "" if name in taken else ", not part of the fork"
        yield f"fs/fuse/{name}: +{added} -{removed}{note}"


def changelog(deb):
    """The text of the package's Debian changelog, '' if it has none."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as unpack:
        with tarfile.open(fileobj=unpack.stdout, mode="r|") as tar:
            for member in tar:
                if member.isfile() and _CHANGELOG.search(member.name):
                    text = gzip.decompress(tar.extractfile(member).read()).decode(errors="replace")
                    # The kernel itself lies behind it.
                    unpack.kill()
                    return text
        unpack.kill()
    return ""


def fixes(text, since, is_later=later):
    """(version, sentence) of each change to fuse in the entries after 'since', newest first.

    A source without a Debian revision has all that its Linux version has: an
    entry counts only when it brings a later one.
    """
    version, item, out = "", None, []

    def take():
        sentence = " ".join(item.split()) if item else ""
        if _FIX.search(sentence):
            out.append((version, sentence))
    for line in text.splitlines():
        head = re.match(r"\S+ \(([^)]+)\)", line)
        start = _ITEM.match(line)
        if head or start or not line.strip() or line.startswith(" -- "):
            take()
            item = start.group(1) if start else None
        elif item is not None:
            item += " " + line
        if head:
            version = head.group(1)
            if not is_later(version if "-" in since else version.rpartition("-")[0] or version, since):
                return out
    take()
    return out


def _fetch(package, version):
    deb = source.deb_path(package, version)
    if not os.path.exists(deb):
        source.download(package, version, quiet=True)
    if not os.path.exists(deb):
        raise source.SourceError(f"{package} {version} cannot be downloaded: is there a network? "
                                 "'apt-get update' refreshes what is offered")
    return deb


def report(src, taken):
    """Lines that say how the source in use compares with the newest."""
    package = f"linux-source-{src.series}"
    version = offered(package)
    used = f"{src.package} {src.version}"
    if not version:
        return [f"could not look whether {used} is the newest: the configured suites offer no {package}"]
    if src.package == package and src.version == version:
        return [f"{version} is the newest {package} of the configured suites"]
    try:
        deb = _fetch(package, version)
        new = source.find(deb, "")
        text = changelog(deb)
        changed = list(differences(src, new, taken))
    except (source.SourceError, OSError, tarfile.TarError, EOFError) as err:
        return [f"could not compare {used} with {package} {version}: {err}"]
    many = {0: "no file of fs/fuse differs", 1: "1 file of fs/fuse differs"}
    out = [f"the newest of the configured suites is {package} {version}; against {used}: "
           f"{many.get(len(changed), f'{len(changed)} files of fs/fuse differ')}"]
    out += ["  " + line for line in changed]
    missing = fixes(text, src.version)
    if missing:
        out.append(f"warning: {package} {version} has what this fork may lack, {len(missing)} "
                   f"change{'s'[:len(missing) > 1]} to fuse: make the fork of it")
    return out + [f"warning: since {since}: {sentence}" for since, sentence in missing]
