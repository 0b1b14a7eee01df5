#!/usr/bin/python3
"""What `keepalived -t` says of a file beside what relais says, as keepalived and with -c.

    tests/verdicts/verdicts.py [PROGRAM] [--write] [-v]

Over the files of tests/verdicts/keepalived (one rule each; the first line says which) and over people's
own files where there are any (see tools/count-configs). Each difference stands in
docs/keepalived-differences.md with its reason; a difference that is not there fails, and so does a row
there that is no difference any more (main/check/check.c gives the exit statuses). People's own files are
compared too, but only noted: there may be others tomorrow, and they depend on what is installed here.
--write prints the rows as they are now, for that paper. Runs in a network namespace of its own, with the
interfaces that the files name; needs root and keepalived.
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
OURS = TOP / "tests/verdicts/keepalived"
THEIRS = pathlib.Path(os.environ.get("RELAIS_CONFIGS", TOP.parent / "shared" / "configs"))
PAPER = TOP / "docs/keepalived-differences.md"
INTERFACES = {"eth0": "192.0.2.1/24", "eth1": "2001:db8:1::1/64", "eth2": "192.0.2.201/24"}
AS_MINUS_C = {0: "silent", 5: "warns", 6: "warns"}
ROW = re.compile(r"^\| `([^`]+)` \| (-?\d+) \| (-?\d+) \| (\w+) \| (.*?) \|$", re.M)


def run(*argv, **options):
    return subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=30, **options)


def add_interface(name, address=None):
    peer = f"p{len(socket.if_nameindex())}"
    run("ip", "link", "add", name, "type", "veth", "peer", "name", peer)
    for x in (name, peer):
        run("ip", "link", "set", x, "up")
    if address:
        run("ip", "address", "add", address, "dev", name)


def named_interfaces(text):
    """What a file of somebody else's calls an interface."""
    names = set(re.findall(r"^\s*(?:interface|lvs_sync_daemon_interface)\s+([\w.-]{1,15})\s", text, re.M))
    names |= set(re.findall(r"\sdev\s+([\w.-]{1,15})\b", text))
    for block in re.findall(r"track_interface\s*\{([^}]*)\}", text):
        names |= set(re.findall(r"^\s*([\w.-]{1,15})", block, re.M))
    return names - {"lo"}


def look(path, programs):
    """(keepalived -t, relais as keepalived -t, relais -c) of a file."""
    relais, as_keepalived = programs
    folder = path.parent
    theirs = run("keepalived", "-t", "-f", str(path), cwd=folder).returncode
    ours = run(as_keepalived, "-t", "-f", str(path), cwd=folder).returncode
    checked = run(relais, "-c", "-k", str(path), cwd=folder)
    word = "refuses" if checked.returncode else "warns" if ": warning: " in checked.stderr else "silent"
    return theirs, ours, word


def differs(seen):
    theirs, ours, word = seen
    return theirs != ours or AS_MINUS_C.get(theirs, "refuses") != word


def main():
    arguments = [x for x in sys.argv[1:] if not x.startswith("-")]
    relais = str(pathlib.Path(arguments[0] if arguments else TOP / "build/relais").resolve())
    if not shutil.which("keepalived") or os.geteuid() != 0:
        print("verdicts: no keepalived, or not root\n0 passed, 0 failed, 1 skipped")
        return 0
    if os.environ.get("RELAIS_VERDICTS") != "inside":
        os.environ["RELAIS_VERDICTS"] = "inside"
        os.execvp("unshare", ["unshare", "-n", sys.executable, __file__, *sys.argv[1:]])
    for name, address in INTERFACES.items():
        add_interface(name, address)
    files = sorted(OURS.glob("*.conf"))
    if not shutil.which("killall"):
        files = [x for x in files if "killall" not in x.read_text()]
    if THEIRS.is_dir():
        files += sorted(THEIRS.glob("*.conf"))
    for path in files:
        for name in sorted(named_interfaces(path.read_text(errors="replace"))):
            if path.parent == THEIRS and name not in [x for _, x in socket.if_nameindex()]:
                add_interface(name)
    with tempfile.TemporaryDirectory(prefix="relais-verdicts-") as folder:
        os.symlink(relais, f"{folder}/keepalived")
        seen = {path.name[:-5]: look(path, (relais, f"{folder}/keepalived")) for path in files}
    return judge(seen)


def complaint(now, listed, reason):
    """What is wrong between what was seen and the paper's row, or None."""
    if differs(now) and (listed != now or not reason.strip()):
        return (f"keepalived -t {now[0]}, relais as keepalived {now[1]}, relais -c {now[2]}; "
                f"{PAPER.name} has {listed or 'no row'}")
    if not differs(now) and listed:
        return f"no difference any more, {PAPER.name} has {listed}: take the row out"
    return None


def judge(seen):
    rows = {m[0]: ((int(m[1]), int(m[2]), m[3]), m[4]) for m in ROW.findall(PAPER.read_text())}
    ours = {x.name[:-5] for x in OURS.glob("*.conf")}
    n_failed = 0
    for name, now in seen.items():
        listed, reason = rows.get(name, (None, ""))
        if "--write" in sys.argv and differs(now):
            print(f"| `{name}` | {now[0]} | {now[1]} | {now[2]} | {reason} |")
        elif "-v" in sys.argv:
            print(f"{name:28} {now[0]:3} {now[1]:3} {now[2]}")
        wrong = complaint(now, listed, reason)
        if wrong:
            print(f"FAIL {name}: {wrong}")
            n_failed += 1
    gone = rows.keys() - seen.keys() - ours
    if gone:
        print(f"note: not here: {', '.join(sorted(gone))}")
    print(f"verdicts: {len(seen)} files, {sum(map(differs, seen.values()))} differences\n"
          f"{len(seen) - n_failed} passed, {n_failed} failed")
    return 1 if n_failed else 0


sys.exit(main())
