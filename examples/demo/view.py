"""The demo's screen: plain ANSI, drawn anew five times a second."""
import os
import re
import sys
import termios
import time
import tty

from netlab import comm_of, descendants_of, state_of
from shop import BALANCERS, DATABASES, DB_VIP, VIP, WEBS

BOLD, DIM, RED, GREEN, YELLOW, PLAIN = (f"\x1b[{n}m" for n in (1, 2, 31, 32, 33, 0))
HELP = "c cut node   k kill -9 balancer   h freeze balancer   w kill web   s slow web   d lose db   " \
       "p planned stop   m mend all   q quit"


class Screen:
    """The terminal in key-at-a-time mode on its alternate page; restores both at the end."""

    def __enter__(self):
        self.saved = termios.tcgetattr(sys.stdin)
        tty.setcbreak(sys.stdin)
        sys.stdout.write("\x1b[?1049h\x1b[?25l")
        return self

    def __exit__(self, *_):
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self.saved)
        sys.stdout.write("\x1b[?25h\x1b[?1049l")
        sys.stdout.flush()

    def draw(self, lines):
        columns = os.get_terminal_size().columns
        text = "".join(f"{cut_to(line, columns)}\x1b[K\n" for line in lines)
        sys.stdout.write(f"\x1b[H{text}\x1b[J")
        sys.stdout.flush()


def cut_to(line, columns):
    shown, out, at = 0, "", 0
    while at < len(line) and shown < columns:
        if line[at] == "\x1b":
            end = line.index("m", at) + 1
            out, at = out + line[at:end], end
        else:
            out, at, shown = out + line[at], at + 1, shown + 1
    return out + PLAIN


def node_line(shop, name, address):
    node, lab = shop.nodes[name], shop.lab
    jobs = [f"{comm_of(pid)}{' (frozen)' if state_of(pid) == 'T' else ''}"
            for part in node.parts for pid in [part.pid] + descendants_of(part.pid)
            if state_of(pid) not in (None, "Z")]
    holds = address in [v for v in (VIP, DB_VIP) if name in shop.holders.of(v)]
    mark = f"{GREEN}{BOLD}VIP{PLAIN}" if holds else "   "
    link = f"{RED}link cut{PLAIN}" if name in lab.cuts else "link up "
    return f"   {name}  {mark}  {link}  {', '.join(filter(None, jobs)) or RED + 'nothing runs' + PLAIN}"


def web_line(name, state, rate):
    colour = GREEN if state.startswith("UP") else YELLOW if state == "?" else RED
    return f"   {name}  {colour}{state:<12}{PLAIN} {rate:6.0f} pages/s  {'#' * int(rate / 4)}"


def said_of(line):
    """What `show vip` says of an instance, without its counters."""
    since = re.search(r"since \S*T([\d:]+)", line)
    reason = re.search(r'reason "([^"]*)"', line)
    words = line.split()
    return f"{words[0]} {words[1]}{' since ' + since[1] if since else ''}{': ' + reason[1] if reason else ''}"


def picture(shop, started, story):
    seen = shop.meter.snapshot() or {"good": 0, "failed": 0, "all_failed": 0, "all_good": 0, "since": 0,
                                     "gap_ms": 0, "served": {}, "database": {}}
    vip, db_vip = shop.holders.of(VIP), shop.holders.of(DB_VIP)
    status = f"{GREEN}served{PLAIN}" if seen["gap_ms"] < 100 else \
        f"{RED}no good page for {seen['gap_ms']:.0f} ms{PLAIN}"
    what = "MariaDB" if shop.database == "mariadb" else \
        "a small TCP server in its place; make run DB=mariadb takes a real one"
    lines = [f"{BOLD}relais: a shop on eight hosts{PLAIN}   {time.monotonic() - started:4.0f} s",
             f"{DIM}{HELP}{PLAIN}", "",
             f" client ──► {BOLD}{VIP}{PLAIN} held by {BOLD}{' and '.join(vip) or 'nobody'}{PLAIN}   {status}",
             f"   {seen['good']:5.0f} pages/s   {seen['failed']} errors in the last second   "
             f"{seen['all_good']:,} pages and {seen['all_failed']} errors in all", ""]
    lines += [node_line(shop, name, VIP) for name in BALANCERS]
    for name in BALANCERS:
        lines += [f"{DIM}        {said_of(line)}{PLAIN}" for line in shop.vip_lines(name)]
    states = shop.server_states()
    lines += [""] + [web_line(name, states[name], seen["served"].get(name, 0)) for name in WEBS]
    answers = ", ".join(f"{name} {rate:.0f}/s" for name, rate in seen["database"].items() if rate > 0.5)
    lines += ["", f" web ──► {BOLD}{DB_VIP}{PLAIN} held by {BOLD}{' and '.join(db_vip) or 'nobody'}{PLAIN}"
              f"   answers: {answers or 'none'}   ({what})"]
    lines += [node_line(shop, name, DB_VIP) for name in DATABASES]
    lines += ["", " what was broken, and the longest time a client then went without a good page:"]
    for when, text, outage in story[-8:]:
        lines.append(f"   {when:5.0f} s  {text:<44} {outage:8.0f} ms" if outage is not None
                     else f"   {when:5.0f} s  {text}")
    return lines
