# SPDX-License-Identifier: GPL-2.0-only
"""Where the fork's originals come from.

find() gives a Source for a linux-source .deb, its tarball, an unpacked tree
(also one with no more than fs/, include/ and Makefile), or, when nothing is
named, for the newest linux-source package of the suite.  What is unpacked from
an archive lies in the cache, keyed by the archive's sha256.
"""

import contextlib
import fcntl
import glob
import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import tempfile

DEFAULT_SERIES = "6.1"
# What an import reads, and what 'make lint' uses of the kernel's own tools.
WANTED = re.compile(r"(?:^|/)linux-[^/]*/(Makefile|fs/fuse/[^/]+|"
                    r"scripts/(?:checkpatch\.pl|spelling\.txt|const_structs\.checkpatch))$")


class SourceError(Exception):
    """One line for the user."""


class Source:
    """One kernel source: where its files are and what it calls itself."""

    def __init__(self, root, package, version="", sha256=""):
        self.root, self.package, self.sha256 = root, package, sha256
        self.linux = self._linux()
        self.series = ".".join(self.linux.split(".")[:2])
        self.version = version or self.linux

    def read(self, path):
        try:
            with open(os.path.join(self.root, path), encoding="utf-8") as text:
                return text.read()
        except FileNotFoundError as err:
            raise SourceError(f"{self.package}: has no {path}: is KERNEL_SRC a kernel source "
                              f"of the series whose edits are used?") from err

    def _linux(self):
        found = dict(re.findall(r"^(VERSION|PATCHLEVEL|SUBLEVEL) *= *(\d+)", self.read("Makefile"), re.M))
        try:
            return "{VERSION}.{PATCHLEVEL}.{SUBLEVEL}".format(**found)
        except KeyError as err:
            raise SourceError(f"{self.package}: its Makefile has no {err.args[0]}: "
                              "KERNEL_SRC must be the top of a kernel source") from err


def cache_dir(*parts):
    top = os.environ.get("EXTFUSE_CACHE") or os.path.expanduser("~/.cache/extfuse")
    path = os.path.join(top, *parts)
    os.makedirs(path, exist_ok=True)
    return path


@contextlib.contextmanager
def _locked(path):
    with open(path, "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as data:
        for block in iter(lambda: data.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise SourceError(f"{command[0]} failed: {last}")
    return done.stdout


def _take(tar, into):
    """The few files that an import reads, out of an open tarball."""
    for member in tar:
        name = WANTED.search(member.name)
        if member.isfile() and name:
            path = os.path.join(into, name.group(1))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as out:
                shutil.copyfileobj(tar.extractfile(member), out)


def _unpack_deb(deb, into):
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as unpack:
        with tarfile.open(fileobj=unpack.stdout, mode="r|") as outer:
            for member in outer:
                if re.search(r"/linux-source-[\d.]+\.tar\.\w+$", member.name):
                    _unpack_tar(outer.extractfile(member), into)
        unpack.stdout.close()


def _unpack_tar(fileobj, into):
    # xz by its own program: half the time of Python's, and one core more.
    with tempfile.TemporaryFile() as whole:
        head = fileobj.read(6)
        tool = {b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd"}.get(head if head[:2] == b"\xfd7" else head[:4], "gzip")
        whole.write(head)
        shutil.copyfileobj(fileobj, whole, 1 << 20)
        whole.seek(0)
        with subprocess.Popen([tool, "-dc"], stdin=whole, stdout=subprocess.PIPE) as unpack:
            with tarfile.open(fileobj=unpack.stdout, mode="r|") as tar:
                _take(tar, into)
            unpack.stdout.close()


def _from_archive(path, unpack, package, version=""):
    """Unpacks once; the lock and the rename keep two imports from meeting."""
    digest = _sha256(path)
    top = cache_dir("fork-source")
    root = os.path.join(top, f"{digest[:40]}-{hashlib.sha256(WANTED.pattern.encode()).hexdigest()[:8]}")
    with _locked(root + ".lock"):
        if not os.path.isdir(root):
            new = tempfile.mkdtemp(dir=top)
            try:
                unpack(path, new)
                if not os.path.isfile(os.path.join(new, "Makefile")):
                    raise SourceError(f"{os.path.basename(path)}: holds no kernel source")
                os.rename(new, root)
            finally:
                shutil.rmtree(new, ignore_errors=True)
    return Source(root, package, version, digest)


def _owner(path):
    """The installed package that a tarball belongs to, and its version."""
    try:
        package = run("dpkg-query", "-S", os.path.abspath(path)).split(":")[0]
        return package, run("dpkg-query", "-W", "-f", "${Version}", package).strip()
    except (SourceError, FileNotFoundError):
        return f"tarball {os.path.basename(path)}", ""


def _open(path):
    name = os.path.basename(os.path.normpath(path))
    if os.path.isdir(path):
        return Source(path, f"unpacked tree {name}")
    if not os.path.isfile(path):
        raise SourceError(f"{path}: no such file or directory: set KERNEL_SRC to a linux-source .deb, "
                          "its tarball, or an unpacked tree")
    if path.endswith(".deb"):
        about = run("dpkg-deb", "-f", path, "Package", "Version")
        info = dict(line.split(": ", 1) for line in about.splitlines())
        return _from_archive(path, _unpack_deb, info["Package"], info["Version"])

    def unpack(tarball, into):
        with open(tarball, "rb") as data:
            _unpack_tar(data, into)
    return _from_archive(path, unpack, *_owner(path))


def candidate(package):
    """The version that the suite offers, '' when it offers none."""
    try:
        policy = run("apt-cache", "policy", package)
    except (SourceError, FileNotFoundError):
        return ""
    found = re.search(r"Candidate: (\S+)", policy)
    return found.group(1) if found and found.group(1) != "(none)" else ""


def deb_path(package, version):
    """Where the cache has that package, or would have it."""
    return os.path.join(cache_dir("debs"), f"{package}_{version.replace(':', '%3a')}_all.deb")


def _fetch(series):
    """The suite's linux-source package, from the cache or the network."""
    package = f"linux-source-{series}"
    version = candidate(package)
    if version:
        deb = deb_path(package, version)
        if not os.path.exists(deb):
            download(package, version)
        if os.path.exists(deb):
            return deb
    kept = sorted(glob.glob(os.path.join(cache_dir("debs"), package + "_*.deb")), key=os.path.getmtime)
    if not kept:
        raise SourceError(f"{package}: this system's package sources offer none: run 'make deps', "
                          "or set KERNEL_SRC to a kernel source")
    return kept[-1]


def download(package, version, quiet=False):
    """Into the cache; whether it came is for the caller to look at."""
    debs = cache_dir("debs")
    with _locked(os.path.join(debs, package + ".lock")):
        if os.path.exists(deb_path(package, version)):
            return
        with tempfile.TemporaryDirectory(dir=debs) as new:
            subprocess.run(["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download",
                            f"{package}={version}"], cwd=new, check=False,
                           stderr=subprocess.DEVNULL if quiet else None)
            for name in os.listdir(new):
                os.replace(os.path.join(new, name), os.path.join(debs, name))


def find(path, series):
    return _open(path or _fetch(series or DEFAULT_SERIES))
