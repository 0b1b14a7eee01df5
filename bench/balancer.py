#!/usr/bin/python3
"""relais beside Debian's haproxy on one machine: what a request costs the proxy.

Both proxies run at the same time with the same configuration and one thread, and take turns round by
round over loopback (in a network namespace of their own). The figure is the CPU time that the proxy's
processes used, from the scheduler's own account (/proc/PID/task/*/schedstat), per request. Counting
instructions (callgrind) repeats on any machine; the times do not. Writes bench/results/balancer.md.

    balancer.py [--rounds 5] [--programs haproxy,relais] [--no-callgrind]
"""
import argparse
import json
import os
import pathlib
import platform
import re
import resource
import signal
import statistics
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests" / "lab"))
from netlab import Lab, descendants_of, send_signal, tool, wait_for

ORIGIN, BULK = 9000, 9001
PORTS = {"haproxy": 8000, "relais": 8100}
LIMIT = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
N_IDLE = min(10000, (LIMIT - 200) // 2)
CONFIG = """\
global
    nbthread 1
    maxconn {maxconn}

defaults
    timeout connect 5s
    timeout client 1m
    timeout server 1m

frontend web
    mode http
    bind 127.0.0.1:{http}
    default_backend web

backend web
    mode http
    server origin 127.0.0.1:{origin}

listen separate
    mode http
    http-reuse never
    bind 127.0.0.1:{separate}
    server origin 127.0.0.1:{origin}

listen bulk
    mode tcp
    bind 127.0.0.1:{tcp}
    server origin 127.0.0.1:{bulk}

listen tunnel
    mode tcp
    bind 127.0.0.1:{tunnel}
    server origin 127.0.0.1:{origin}

frontend rules
    mode http
    bind 127.0.0.1:{rules}
{acls}
    http-request set-header X-Kind api if a1 or a2 or a3 or a4 or a5 or a6
    http-request set-header X-Seen yes if a7 or a8 or a9 or a10 or a11 or a12
    http-request del-header X-Secret unless a13 a14 a15 a16
    http-request add-header X-Via relais if !a17 !a18 !a19 !a20
    http-response set-header X-Served yes
    default_backend web
"""
ACLS = "\n".join(f"    acl a{n} {test}" for n, test in enumerate(
    ["path_beg /api", "path_end .php .asp", "path /login", "hdr(host) -i www.example.org",
     "hdr_beg(host) static.", "method PUT", "src 192.0.2.0/24", "hdr_sub(user-agent) bot", "path_dir img",
     "url_beg /old", "hdr_cnt(cookie) gt 3", "path_len gt 200", "hdr(x-debug) -m found", "src 127.0.0.0/8",
     "method GET", "path_beg /", "urlp(id) -m found", "hdr(accept) -m sub xml", "path_sub admin",
     "dst_port 1"], 1))
ROWS = {  # name: (title, load's arguments, requests, unit, target)
    "keep": ("HTTP/1 keep-alive, 1 KiB", ("keep", 0, 50, 100000), 100000, "µs/request", 0.75),
    "close": ("one connection per request, 1 KiB", ("close", 0, 50, 20000), 20000, "µs/request", 0.8),
    "separate": ("the same, `http-reuse never`", ("close", 2, 50, 20000), 20000, "µs/request", 0.8),
    "bulk": ("TCP, 1 GiB", ("bulk", 1, 1, 1 << 30), 1000, "ms/GiB", 0.2),
}


COUNTED = [  # load's mode, listener, what it is, the house's bound (user instructions)
    ("keep", 0, "keep-alive request", 6000),
    ("close", 0, "connection with one request", 7000),
    ("close", 3, "TCP session, one request and answer", 3000),
    ("keep", 4, "keep-alive request with 20 ACLs and 5 header edits", 9000),
]


class Proxy:
    def __init__(self, host, name, program, wrapper=(), **options):
        self.host, self.name, self.port = host, name, PORTS[name]
        config = host.write(f"{name}.cfg", CONFIG.format(
            http=self.port, tcp=self.port + 1, separate=self.port + 2, tunnel=self.port + 3,
            rules=self.port + 4, acls=ACLS, origin=ORIGIN, bulk=BULK, maxconn=N_IDLE))
        self.process = host.spawn([*wrapper, program, "-db", "-f", config], log=f"{name}.log", **options)
        ports = f"( sport = :{self.port} or sport = :{self.port + 1} or sport = :{self.port + 2} )"
        wait_for(lambda: self.process.poll() is not None or
                 len(host.run(["ss", "-Hltn", ports]).splitlines()) >= 3, 30, f"{name} to listen", 0.1)
        if self.process.poll() is not None:
            sys.exit(f"{name} did not start:\n" + (host.dir / f"{name}.log").read_text()[-2000:])
        time.sleep(0.3)

    def pids(self):
        return [self.process.pid] + descendants_of(self.process.pid)

    def cpu_ns(self):
        total = 0
        for pid in self.pids():
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                    total += int(f.read().split()[0])
        return total

    def memory(self):
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/smaps_rollup") as f:
                total += sum(int(x.split()[1]) * 1024 for x in f if x.startswith("Private_"))
        return total

    def load(self, mode, offset, connections, amount):
        out = self.host.run([tool("load"), mode, self.port + offset, connections, amount], check=False)
        result = json.loads(out)
        if result["errors"]:
            print(f"{self.name}: {mode}: {result['errors']} errors", file=sys.stderr)
        return result

    def stop(self):
        send_signal(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            for pid in self.pids():
                send_signal(pid, signal.SIGKILL)
            self.process.wait()


def measure_times(proxies, rounds):
    figures = {}
    for name, (title, load, n, unit, _) in ROWS.items():
        for proxy in proxies:
            proxy.load(*load[:3], max(load[3] // 20, 50))
        for number in range(rounds):
            for proxy in proxies:
                before = proxy.cpu_ns()
                result = proxy.load(*load)
                cost = (proxy.cpu_ns() - before) / 1000 / n
                figures.setdefault((name, proxy.name), []).append(cost)
                print(f"{title:<34} round {number + 1} {proxy.name:<8} {cost:8.2f} {unit}  "
                      f"({result['seconds']:.2f} s, {result['errors']} errors)", flush=True)
    return {key: statistics.median(x) for key, x in figures.items()}


def measure_idle(host, name, program):
    """Memory of N_IDLE kept connections, each of which has had one answer, in a fresh proxy."""
    proxy = Proxy(host, name, program)
    proxy.load("keep", 0, 10, 1000)
    before = proxy.memory()
    client = host.spawn([tool("load"), "idle", proxy.port, N_IDLE, 0], stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE, text=True)
    result = json.loads(client.stdout.readline())
    time.sleep(1)
    per_connection = (proxy.memory() - before) / N_IDLE
    client.stdin.close()
    client.wait()
    proxy.stop()
    print(f"{N_IDLE:,} idle connections {name:<8} {per_connection:.0f} bytes each "
          f"({result['errors']} errors)", flush=True)
    return per_connection


def build_shim():
    program = TOP / "build" / "lab" / "valgrind_shim.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "-Wall", "-Werror", "-o", program,
                    TOP / "bench" / "valgrind_shim.c", "-ldl", "-pthread"], check=True)
    return str(program)


def count_instructions(host, name, program, mode, offset):
    """User instructions per request: a run with many minus a run with few, so startup cancels out."""
    totals = []
    valgrind = ["valgrind", "-q", "--tool=callgrind", "--trace-children=yes",
                f"--callgrind-out-file={host.dir}/cg.%p"]
    environment = {**os.environ, **({"LD_PRELOAD": build_shim()} if name == "relais" else {})}
    for n in (200, 1200):
        for old in host.dir.glob("cg.*"):
            old.unlink()
        proxy = Proxy(host, name, program, valgrind, env=environment)
        time.sleep(1)
        proxy.load(mode, offset, 1 if mode == "keep" else 5, n)
        time.sleep(0.5)
        proxy.stop()
        found = [re.search(r"^summary: (\d+)", p.read_text(), re.M) for p in host.dir.glob("cg.*")]
        totals.append(sum(int(match[1]) for match in found if match))
    return (totals[1] - totals[0]) / 1000


def describe(options, programs):
    commit = subprocess.getoutput(f"git -C {TOP} rev-parse --short HEAD").split()[-1]
    version = subprocess.run([programs["haproxy"], "-v"], capture_output=True, text=True).stdout.split()[2]
    with open("/proc/cpuinfo") as f:
        cpu = next((x.split(":")[1].strip() for x in f if x.startswith("model name")), "?")
    reuse = ("With the default `http-reuse`, haproxy opens a server connection for the first request of each "
             "client connection; relais took one from its pool, hence the row with `never`.")
    return (f"Measured {time.strftime('%Y-%m-%d')} at commit {commit} against haproxy {version}, Linux "
            f"{platform.release()}, {os.cpu_count()} × {cpu}. Both with `nbthread 1` and the same file "
            f"(bench/balancer.py), running side by side and taking turns; median of {options.rounds} "
            f"rounds; client and origin share the machine. CPU is user and kernel time of all of a "
            f"proxy's processes. {reuse}")


def table(rows):
    lines = ["| what | haproxy 2.6 | relais | ratio | aim |", "|---|---|---|---|---|"]
    for title, old, new, digits, unit, aim in rows:
        cell = lambda x: "—" if x is None else f"{x:,.{digits}f} {unit}"
        ratio = f"{new / old:.2f}" if old and new is not None else "—"
        lines.append(f"| {title} | {cell(old)} | {cell(new)} | {ratio} | {aim} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--programs", default="haproxy,relais", type=lambda x: x.split(","))
    parser.add_argument("--relais", default=str(TOP / "build/relais"))
    parser.add_argument("--no-callgrind", action="store_true")
    parser.add_argument("--out", default=str(TOP / "bench/results/balancer.md"))
    options = parser.parse_args()
    programs = {"haproxy": "/usr/sbin/haproxy", "relais": str(pathlib.Path(options.relais).resolve())}
    names, rows = options.programs, []
    with Lab(hosts={"bench": 1}) as lab:
        host = lab["bench"]
        # BBR paces each segment by a timer of its own: over loopback that is most of the cost, of both
        host.run(["sysctl", "-qw", "net.ipv4.tcp_congestion_control=reno"])
        host.spawn([tool("origin"), ORIGIN, BULK], log="origin.log")
        proxies = [Proxy(host, name, programs[name]) for name in names]
        times = measure_times(proxies, options.rounds)
        for proxy in proxies:
            proxy.stop()
        for name, (title, _, _, unit, aim) in ROWS.items():
            rows.append((title, times.get((name, "haproxy")), times.get((name, "relais")), 1, unit,
                         f"≤ {aim}"))
        idle = {name: measure_idle(host, name, programs[name]) for name in names}
        rows.append((f"{N_IDLE:,} idle connections", idle.get("haproxy"), idle.get("relais"), 0,
                     "bytes each", "≤ 400 bytes"))
        if not options.no_callgrind:
            for mode, offset, title, aim in COUNTED:
                counts = {n: count_instructions(host, n, programs[n], mode, offset) for n in names}
                rows.append((f"user instructions, {title}", counts.get("haproxy"),
                             counts.get("relais"), 0, "", f"≤ {aim:,}"))
    text = f"# The balancer: what a request costs\n\n{describe(options, programs)}\n\n{table(rows)}\n"
    pathlib.Path(options.out).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(options.out).write_text(text)
    print(text)


if __name__ == "__main__":
    main()
