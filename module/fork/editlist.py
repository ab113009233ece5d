# SPDX-License-Identifier: GPL-2.0-only
"""The edits that turn fs/fuse into the fork: their file format and their use.

An edit names what it changes, where, and how often that must occur; it never
goes by line number and quotes at most three consecutive foreign lines, so the
repository holds no kernel code.  A source that does not match is an EditError
that says which edit, which file, what was expected, what was found, and where
to look.  README.md has the format; import uses this module.
"""

import re
from dataclasses import dataclass, field

MAX_FOREIGN_LINES = 3
ACTIONS = ("replace", "before", "after")
# What became of an edit, as PROVENANCE and 'make fork' say it.
APPLIED, THERE, FOREIGN = "applied", "in the source", "not for this source"


class EditError(Exception):
    """One line for the user: the edit, the file, why, and where to look."""


@dataclass
class Wording:
    """What an edit looks for and what it writes; after 'or:' as other sources word it."""
    find: list = field(default_factory=list)
    inline: bool = False            # find is a part of a line, not whole lines
    action: str = ""
    text: list = field(default_factory=list)


@dataclass
class Edit:
    name: str
    origin: str                     # "6.1.edits:12", where to look
    file: str = ""
    scope: str = ""                 # "in:", a function, struct or variable
    count: int = 1
    why: str = ""
    fixed: str = ""                 # a fix: the kernel's releases that have it
    has: list = field(default_factory=list)     # words of a source that needs the edit no more, any of them
    only: str = ""                  # words of a source that the edit is for
    wordings: list = field(default_factory=lambda: [Wording()])


@dataclass
class EditList:
    files: list = field(default_factory=list)
    edits: list = field(default_factory=list)


def _check(edit):
    """Refuse an edit that is incomplete or quotes too much."""
    def bad(why):
        raise EditError(f"{edit.origin}: edit {edit.name}: {why}")
    for key in ("file", "why"):
        if not getattr(edit, key):
            bad(f"has no '{key}:'")
    if edit.fixed and not edit.has:
        bad("is a fix and has no 'has:': by what is a source known that has it?")
    if edit.has and not edit.fixed:
        bad("has no 'fixed:': which releases of the kernel have what it mends?")
    if edit.count < 1:
        bad("count must be at least 1")
    for wording in edit.wordings:
        if not wording.find:
            bad("has no 'find:'")
        if not wording.action:
            bad(f"has no '{'/'.join(ACTIONS)}:'")
        if len(wording.find) > MAX_FOREIGN_LINES:
            bad(f"quotes {len(wording.find)} lines of {edit.file}, at most "
                f"{MAX_FOREIGN_LINES} are allowed: find a shorter mark")
        if wording.inline and wording.action != "replace":
            bad("a part of a line can only be replaced")


class _Parser:
    """Reads one list; 'include:' and 'drop:' make a series out of shared edits."""

    def __init__(self, load):
        self.load = load            # name -> text of that list
        self.out = EditList()

    def read(self, name):
        edit, block = None, None
        for number, raw in enumerate(self.load(name).splitlines(), 1):
            where = f"{name}:{number}"
            if raw.startswith("|"):
                if block is None:
                    raise EditError(f"{where}: text outside of a block")
                block.append(raw[1:])
                continue
            line = raw.strip()
            block = None
            if not line or line.startswith("#"):
                continue
            key, sep, value = line.partition(":")
            value = value.strip()
            if not sep:
                raise EditError(f"{where}: neither 'key: value' nor '|text': {line}")
            if key == "edit":
                edit = Edit(value, where)
                self.out.edits.append(edit)
            elif edit is None:
                self.directive(where, key, value)
            else:
                block = self.field(where, edit, key, value)
        return self.out

    def directive(self, where, key, value):
        if key == "files":
            self.out.files += value.split()
        elif key == "include":
            self.read(value)
        elif key == "drop":
            kept = [e for e in self.out.edits if e.name != value]
            if len(kept) == len(self.out.edits):
                raise EditError(f"{where}: no edit '{value}' to drop")
            self.out.edits = kept
        else:
            raise EditError(f"{where}: unknown directive '{key}' before the first edit")

    def field(self, where, edit, key, value):
        wording = edit.wordings[-1]
        if key == "or":
            edit.wordings.append(Wording())
            return None
        if key == "find":
            wording.inline = bool(value)
            wording.find = [value] if value else []
            return None if value else wording.find
        if key in ACTIONS:
            wording.action = key
            wording.text = [value] if wording.inline else []
            return None if wording.inline else wording.text
        if key == "count":
            if not value.isdigit():
                raise EditError(f"{where}: count is not a number: {value}")
            edit.count = int(value)
        elif key == "in":
            edit.scope = value
        elif key == "has":
            edit.has.append(value)
        elif key in ("file", "why", "fixed", "only"):
            setattr(edit, key, value)
        else:
            raise EditError(f"{where}: unknown key '{key}' in edit {edit.name}")
        return None


def parse(name, load):
    """The complete list 'name'; load(name) gives the text of one list."""
    out = _Parser(load).read(name)
    seen = {}
    for edit in out.edits:
        _check(edit)
        if edit.name in seen:
            raise EditError(f"{edit.origin}: edit {edit.name} is there already: {seen[edit.name]}")
        seen[edit.name] = edit.origin
    if not out.files:
        raise EditError(f"{name}: names no 'files:' to take")
    return out


def place(series):
    """Where a series stands in the row of all, for distances: majors since 3 end at 19 or 20."""
    found = re.fullmatch(r"(\d+)\.(\d+)", series)
    if not found:
        raise EditError(f"'{series}' is no kernel series: SERIES= takes one like 6.1")
    return int(found.group(1)) * 20 + int(found.group(2))


def nearest(series, known):
    """Of the known series the one with the least distance; of two the later, because
    distributions bring changes of later series into earlier ones, never the other way."""
    if not known:
        raise EditError(f"series {series}: there is no list of edits at all")
    return min(known, key=lambda other: (abs(place(other) - place(series)), -place(other)))


def _scopes(lines, name):
    """[first, end) of each definition of 'name': column 0 up to its closing brace."""
    is_type = name.startswith(("struct ", "union ", "enum "))
    mark = re.compile(re.escape(name) + r"\s*\{" if is_type
                      else r"\b" + re.escape(name) + r"\s*(\(|(\[\w*\])?\s*=\s*\{)")
    found, i = [], 0
    while i < len(lines):
        if re.match(r"[A-Za-z_]", lines[i]) and mark.search(lines[i]):
            head = i
            while head < len(lines) and not re.search(r"[{;]\s*$", lines[head]):
                head += 1
            if head < len(lines) and lines[head].rstrip().endswith("{"):
                end = head + 1
                while end < len(lines) and not lines[end].startswith("}"):
                    end += 1
                found.append((i, end + 1))
                i = end
        i += 1
    return found


def _plain(line):
    return " ".join(line.split())


def _indent(line):
    return line[:len(line) - len(line.lstrip())]


def _matches(lines, wording, first, end):
    """Line numbers where the wording matches; for parts of lines one per occurrence."""
    want = [_plain(line) for line in wording.find]
    if wording.inline:
        return [i for i in range(first, end)
                for _ in range(lines[i].count(wording.find[0]))]
    hits, i = [], first
    while i + len(want) <= end:
        if [_plain(line) for line in lines[i:i + len(want)]] == want:
            hits.append(i)
            i += len(want)
        else:
            i += 1
    return hits


def _look(lines, wording, first, end, hits):
    """Where a person should look when the count is not the expected one."""
    if hits:
        at = sorted({h + 1 for h in hits})
    else:
        words = set(re.findall(r"\w{4,}", wording.find[0]))
        score = [(len(words & set(re.findall(r"\w{4,}", lines[i]))), i + 1)
                 for i in range(first, end)]
        best = max((s for s, _ in score), default=0)
        at = [i for s, i in score if s == best][:3] if best else [first + 1]
    return "line " + ", ".join(str(i) for i in at[:5])


def _changed(wording, lines, hits, first, end):
    """The lines with the wording's text put where it was found."""
    if wording.inline:
        return [line.replace(wording.find[0], wording.text[0]) if first <= i < end else line
                for i, line in enumerate(lines)]
    out, at, size = [], 0, len(wording.find)
    for hit in hits:
        anchor = lines[hit + size - 1] if wording.action == "after" else lines[hit]
        new = [_indent(anchor) + line if line else "" for line in wording.text]
        old = lines[hit:hit + size]
        out += lines[at:hit] + {"before": new + old, "after": old + new, "replace": new}[wording.action]
        at = hit + size
    return out + lines[at:]


def _needless(edit, original):
    """THERE or FOREIGN if the original source says so by itself, else APPLIED."""
    def there(words, lines):
        return any(words in _plain(line) for line in lines)
    # Without the scope: a series for which the edit is not meant may lack the function.
    if edit.only and not there(edit.only, original):
        return FOREIGN
    scopes = _scopes(original, edit.scope) if edit.scope else [(0, len(original))]
    if any(there(words, original[first:end]) for words in edit.has for first, end in scopes):
        return THERE
    return APPLIED


def apply(edit, lines, original):
    """(what became of the edit, the lines), or an EditError; 'original' is without the edits before."""
    first, end = 0, len(lines)
    def bad(expected, found, where):
        raise EditError(f"edit {edit.name} ({edit.origin}): {edit.file}: expected {expected}, "
                        f"found {found}: look at {where}, then adapt the edit")
    became = _needless(edit, original)
    if became != APPLIED:
        return became, lines
    if edit.scope:
        scopes = _scopes(lines, edit.scope)
        if len(scopes) != 1:
            bad(f"1 definition of {edit.scope}", len(scopes),
                ", ".join(f"line {s + 1}" for s, _ in scopes) or f"what uses {edit.scope} in that file")
        first, end = scopes[0]
    found = [(wording, _matches(lines, wording, first, end)) for wording in edit.wordings]
    for wording, hits in found:
        if len(hits) == edit.count:
            return APPLIED, _changed(wording, lines, hits, first, end)
    # The wording that comes nearest says where to look.
    wording, hits = max(found, key=lambda each: len(each[1]))
    what = " or ".join(f"{edit.count} of '{_plain(w.find[0])}'" for w in edit.wordings)
    what += f" in {edit.scope}" if edit.scope else ""
    what += "".join(f", or '{words}' of a source that has the fix" for words in edit.has)
    return bad(what, len(hits), _look(lines, wording, first, end, hits))
