#!/usr/bin/python3
"""Measures what clients see when things break, for Debian's pair and for relais, in one run.

A client opens a connection every 5 ms; the outage is the longest time without a good reply after the
fault. Both stacks get the same files, take turns run by run, and each figure is the median of --runs.
Writes a markdown table to bench/results/lab.md (and the single figures beside it as JSON).

    report.py [--runs 5] [--adverts 1,0.1,0.01] [--stacks pair,relais] [--faults cut,stop...]
"""
import argparse
import json
import pathlib
import platform
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from failover_node import adverts
from netlab import TOP, AddressWatcher, Lab, LabError, Prober, Sniffer, largest_gap_ms, now_us, wait_for
from stacks import STACKS, VIP, relais_works, start_webs, write_files

CAP_S = {"heal": 60}  # an outage that has not ended by then is cut off there and marked; others:
CAP_DEFAULT_S = 15
NODES = ("lb1", "lb2")
FAULTS = {
    "noise": "nothing (the lab's own noise)",
    "cut": "link of the master cut",
    "lost": "node lost (all its processes frozen, link cut)",
    "stop": "planned stop (SIGTERM)",
    "kill": "balancer killed (-9)",
    "kill-restart": "balancer killed, restarted as systemd does (100 ms)",
    "hang": "balancer hung (SIGSTOP)",
    "failover": "VRRP process killed (-9)",
    "failover-whole": "all of the failover's own processes killed (-9)",
    "frozen": "node frozen (SIGSTOP of everything) and thawed later",
    "preempt": "preemption: the better node returns",
    "delete": "VIP deleted by hand",
    "partition": "partition of the two nodes (while it lasts)",
    "heal": "partition healed",
    "reload": "50 reloads under load (1,000 new connections/s)",
}


class Client:
    """The prober, with a thread that keeps its last line at hand."""

    def __init__(self, host, **options):
        self.prober = Prober(host, VIP, stream_ms=50, **options)
        self.last, self.steady_since, self.n_good = {}, None, 0
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.prober.lines():
            self.last = line
            if line["since_good_us"] > 100000 or line["max_gap_us"] > 100000:
                self.steady_since = None
            elif self.steady_since is None:
                self.steady_since = time.monotonic()

    def is_steady(self, seconds):
        since = self.steady_since
        return since is not None and time.monotonic() - since >= seconds

    def stop(self):
        self.prober.process.terminate()
        self.thread.join(timeout=20)
        self.prober.process.wait(timeout=20)
        return self.last


class Bench:
    """One lab with one stack on both nodes; faults are broken and mended one after the other."""

    def __init__(self, stack_name, advert):
        self.advert, self.lab, self.last_kill_s = advert, Lab(), 0
        start_webs(self.lab)
        self.node = {}
        for name in NODES:
            write_files(self.lab[name], advert)
            self.node[name] = STACKS[stack_name](self.lab[name])
            self.node[name].start()
        self.settle()

    def settle(self):
        """Back to: every process runs, lb1 alone holds the address, the client is served."""
        self.lab.mend_all()
        for name in NODES:
            if not self.node[name].parts or not self.node[name].is_running() or \
                    not self.node[name].balancer_pids() or not self.node[name].failover_pid():
                self.node[name].kill()
                self.node[name].start()
        wait_for(lambda: self.lab.holders(VIP, NODES) == ["lb1"], 60, "lb1 alone to hold the VIP", 0.05)
        client = Client(self.lab["client"])
        try:
            wait_for(lambda: client.is_steady(0.5), 60, "a served client")
        finally:
            client.stop()

    def measure(self, fault):
        if fault.startswith("failover"):  # single deaths are measured, not a second one soon after
            time.sleep(max(0, self.last_kill_s + 11 - time.monotonic()))
        self.early = None
        if fault == "preempt":
            self.node["lb1"].stop()
            wait_for(lambda: self.lab.holders(VIP, NODES) == ["lb2"], 20, "the VIP on lb2")
        client = Client(self.lab["client"], keep=10, interval_ms=1 if fault == "reload" else 5)
        wait_for(lambda: client.is_steady(0.3), 30, "a steady client")
        watchers = {name: AddressWatcher(self.lab[name]) for name in NODES}
        start = now_us()
        try:
            getattr(self, "do_" + fault.replace("-", "_"))()
            if fault == "heal":
                start = self.healed_us
            watch_s = 3.6 * self.advert + 1
            time.sleep(max(0, watch_s - (now_us() - start) / 1e6))
            try:
                wait_for(lambda: client.is_steady(0.5), CAP_S.get(fault, CAP_DEFAULT_S), "recovery", 0.02)
                ended = True
            except LabError:
                ended = False
            holders = self.lab.holders(VIP, NODES)
        finally:
            for watcher in watchers.values():
                watcher.stop()
            result = client.stop()
        moves = sum(len(watcher.changes(VIP, start)) for watcher in watchers.values())
        failed = sum(1 for when, _ in result["error_times"] if when > start)
        self.settle()
        return {"gap_ms": largest_gap_ms(result, start), "ended": ended, "holders": holders,
                "broken": result["keep"]["broken"], "closed": result["keep"]["closed"],
                "failed": failed, "moves": moves, "early": self.early,
                "errors": {k: v for k, v in result["errors"].items() if v}}

    def do_noise(self):
        time.sleep(3)

    def do_cut(self):
        self.lab.cut("lb1")

    def do_lost(self):
        self.lab["lb1"].freeze()
        self.lab.cut("lb1")

    def do_stop(self):
        self.node["lb1"].stop()

    def do_kill(self):
        self.node["lb1"].kill_balancer()

    def do_kill_restart(self):
        self.node["lb1"].kill_balancer()
        self.node["lb1"].restart_balancer_as_systemd_does()

    def do_hang(self):
        self.node["lb1"].hang_balancer()

    def do_failover(self):
        self.node["lb1"].kill_failover()
        self.last_kill_s = time.monotonic()

    def do_failover_whole(self):
        self.node["lb1"].kill_failover_whole()
        self.last_kill_s = time.monotonic()

    def do_partition(self):
        self.lab.partition(*NODES)
        wait_for(lambda: len(self.lab.holders(VIP, NODES)) == 2, 20, "the second holder")

    def do_heal(self):
        self.do_partition()
        time.sleep(4 * self.advert + 1)
        self.lab.heal()
        self.healed_us = now_us()

    def do_frozen(self):
        """What it sends as master when it comes back, before a master would have been heard."""
        sniffer = Sniffer(self.lab["client"])
        try:
            self.lab["lb1"].freeze()
            wait_for(lambda: self.lab["lb2"].holds(VIP), 20, "the VIP on lb2")
            time.sleep(1)
            thawed_us = now_us()
            self.lab["lb1"].thaw()
            time.sleep(2 * self.advert)
            self.early = sum(1 for when, source, priority in adverts(sniffer, thawed_us)
                             if source == self.lab["lb1"].ip4 and priority > 0)
        finally:
            sniffer.stop()

    def do_preempt(self):
        self.node["lb1"].start()
        wait_for(lambda: self.lab.holders(VIP, NODES) == ["lb1"], 30, "the VIP back on lb1")

    def do_delete(self):
        self.lab["lb1"].run(["ip", "addr", "del", f"{VIP}/24", "dev", "eth0"])

    def do_reload(self):
        for _ in range(50):
            self.node["lb1"].reload()
            time.sleep(0.3)

    def close(self):
        for node in self.node.values():
            node.kill()
        self.lab.close()


def figure(runs, fault):
    """The cell of a table: the median outage and what else an operator would want to know."""
    if not runs:
        return "—"
    gap = statistics.median(r["gap_ms"] for r in runs)
    open_ended = sum(not r["ended"] for r in runs)
    text = f"> {CAP_S.get(fault, CAP_DEFAULT_S):,} s" if open_ended * 2 > len(runs) else f"{gap:,.0f} ms"
    worst = max(r["gap_ms"] for r in runs)
    if not open_ended and worst > 1.5 * gap + 20:
        text += f" (worst {worst:,.0f})"
    notes = []
    broken = statistics.median(r["broken"] for r in runs)
    closed = statistics.median(r["closed"] for r in runs)
    if fault == "reload":
        notes += [f"{broken:.0f}/10 connections broken", f"{closed:.0f}/10 closed between two requests"]
    elif fault != "noise":
        notes.append(f"{broken + closed:.0f}/10 connections lost")
    failed = sum(r["failed"] for r in runs)
    if fault in ("kill", "kill-restart", "reload", "failover", "failover-whole"):
        kinds = sorted({k for r in runs for k in r["errors"]})
        notes.append(f"{failed} requests lost" + (f" ({', '.join(kinds)})" if failed else ""))
    if fault in ("reload", "failover", "failover-whole", "hang", "kill", "delete"):
        notes.append(f"{statistics.median(r['moves'] for r in runs):.0f} address changes")
    if fault == "frozen":
        notes.append(f"{statistics.median(r['early'] for r in runs):.0f} advertisements as master at once")
    if any(len(r["holders"]) > 1 for r in runs) and fault != "partition":
        notes.append("**two holders**")
    if any(len(r["holders"]) == 0 for r in runs):
        notes.append("**no holder**")
    return text + (f"<br>{'; '.join(notes)}" if notes else "")


def table(results, options):
    names = {"pair": "keepalived 2.2.7 + haproxy 2.6", "relais": "relais"}
    heads = [f"{names[s]}, {float(a) * 1000:.0f} ms" for a in options.adverts for s in options.stacks]
    lines = ["| fault | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
    for fault in options.faults:
        cells = [figure(results.get((s, a, fault), []), fault)
                 for a in options.adverts for s in options.stacks]
        lines.append(f"| {FAULTS[fault]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def describe(options):
    commit = subprocess.getoutput(f"git -C {TOP} rev-parse --short HEAD").split()[-1]
    with open("/proc/cpuinfo") as f:
        model = next((x.split(":")[1].strip() for x in f if x.startswith("model name")), "?")
        f.seek(0)
        n_cpus = sum(x.startswith("processor") for x in f)
    return (f"Measured {time.strftime('%Y-%m-%d')} at commit {commit}, Linux {platform.release()}, "
            f"{n_cpus} × {model}; one machine, network namespaces (tests/lab). "
            f"Median of {options.runs}, the stacks take turns run by run, same files for both.")


NOTES = """\
The outage is the longest time without a good reply, seen by a client that opens a connection every
5 ms. Columns name the advertisement interval (VRRPv3). "Lost" counts ten connections kept open
through the master, each asking every 100 ms. The pair watches haproxy with the usual `killall -0 haproxy`, every 2 s; nothing
restarts it but where the row says so. A frozen node's early advertisements are those within two
intervals after it was thawed. A reload is SIGUSR2 to haproxy's master and SIGHUP to
keepalived, or SIGUSR2 to relais; address changes are counted on both nodes.
"""


def save(results, options):
    folder = TOP / "bench" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    text = f"# The lab: outages that clients see\n\n{describe(options)}\n\n{NOTES}\n{table(results, options)}\n"
    pathlib.Path(options.out or folder / "lab.md").write_text(text)
    return text


def measure_all(options):
    results = {}
    for advert in options.adverts:
        benches = {}
        try:
            for name in options.stacks:
                benches[name] = Bench(name, float(advert))
            for run in range(options.runs):
                for fault in options.faults:
                    for name, bench in list(benches.items()):
                        try:
                            one = bench.measure(fault)
                        except LabError as error:
                            print(f"{name} {advert} {fault}: {error}; starting afresh", flush=True)
                            bench.close()
                            benches[name] = Bench(name, float(advert))
                            continue
                        results.setdefault((name, advert, fault), []).append(one)
                        print(f"{advert:>5} s  run {run + 1}  {fault:<15} {name:<7} "
                              f"{one['gap_ms']:8.1f} ms  {json.dumps(one)}", flush=True)
                save(results, options)
        finally:
            for bench in benches.values():
                bench.close()
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--adverts", default="1,0.1,0.01", type=lambda x: x.split(","))
    parser.add_argument("--stacks", default="pair,relais", type=lambda x: x.split(","))
    parser.add_argument("--faults", default=",".join(FAULTS), type=lambda x: x.split(","))
    parser.add_argument("--relais")
    parser.add_argument("--out")
    options = parser.parse_args()
    if "relais" in options.stacks and not relais_works(options.relais):
        sys.exit("report.py: no relais; run make first")
    print(save(measure_all(options), options))


if __name__ == "__main__":
    main()
