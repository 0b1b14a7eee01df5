#!/usr/bin/python3
"""Many virtual routers on two nodes: relais and Debian's keepalived with the same file, side by side.

50 instances (half IPv4, half IPv6) hold 255 addresses. Measured for each interval and stack: what
the VRRP process of master and backup costs, how many states changed while nothing happened, and,
when the master's cable is pulled, how long after the first address the last one came.
Writes a markdown table; takes about a minute for each row. Needs root, ends by itself.

    failover_scale.py [--relais build/relais] [--adverts 1,0.1,0.01] [--out bench/results/failover_scale.md]

The processor time of who sends has in it what the kernel does for veth, the bridge and the receiver's
socket until the packet lies there, as all of it runs in the call that sends: about half of it here.
"""
import argparse
import os
import pathlib
import statistics
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests/lab"))
from many import HOSTS, N_INSTANCES, N_VIPS, config, held  # noqa: E402
from netlab import AddressWatcher, Lab, LabError, now_us, wait_for  # noqa: E402
from stacks import STACKS, Pair, relais_works  # noqa: E402

SECONDS = 5


class Terse(Pair):
    log_options = []


COMPARED = {"relais": (STACKS["relais"], "relais"), "keepalived": (Terse, "keepalived"),
            "keepalived-D": (Pair, "keepalived -D")}


class PromptWatcher(AddressWatcher):
    """A busy machine must not delay the times."""

    def run(self):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(60))
        super().run()


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def transitions(nodes):
    return sum(node.log().count("Entering ") for node in nodes)


def measure(stack, advert):
    with Lab(HOSTS) as lab:
        nodes = []
        for name, priority in (("lb1", 150), ("lb2", 100)):
            lab[name].write("keepalived.conf", config(priority, advert))
            nodes.append(COMPARED[stack][0](lab[name], balancer=False))
        try:
            nodes[0].start()
            wait_for(lambda: len(held(lab["lb1"])) == N_VIPS, 60, "all addresses on lb1")
            nodes[1].start()
            return watch(lab, nodes, advert)
        finally:
            for node in nodes:
                node.kill()


def watch(lab, nodes, advert):
    row = {"stable": True}
    time.sleep(max(3, 5 * advert))  # the starting bursts of announcements are over
    before = [cpu_s(node.failover_pid()) for node in nodes], transitions(nodes), time.monotonic()
    time.sleep(SECONDS)
    span = time.monotonic() - before[2]
    row["master"], row["backup"] = (100 * (cpu_s(node.failover_pid()) - was) / span
                                    for node, was in zip(nodes, before[0]))
    row["transitions"] = transitions(nodes) - before[1]
    watcher = PromptWatcher(lab["lb2"])
    cut_us = now_us()
    lab.cut("lb1")
    time.sleep(0.5 + 5 * advert)  # polling starts processes, which would hold up the watcher
    try:
        wait_for(lambda: len(held(lab["lb2"])) == N_VIPS, 30, "all addresses on lb2", 0.2)
    except LabError:
        row["stable"] = False
    wanted = set(held(lab["lb2"]))
    first_seen = {}
    for when, (sign, address) in watcher.items(cut_us):
        if sign == "+" and address in wanted:
            first_seen.setdefault(address, when)
    watcher.stop()
    row["n"] = len(first_seen)
    if first_seen:
        times = sorted(first_seen.values())
        row["first"], row["spread"] = (times[0] - cut_us) / 1000, (times[-1] - times[0]) / 1000
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--relais", default=TOP / "build/relais")
    parser.add_argument("--adverts", default="1,0.1,0.01")
    parser.add_argument("--stacks", default="relais,keepalived,keepalived-D")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out")
    args = parser.parse_args()
    if not relais_works(args.relais):
        sys.exit("relais does not run here")
    lines = ["| advertisement | stack | adverts/s | master: % of a core | backup: % of a core |"
             " transitions in 5 s of quiet | first address after the cut | last after the first |",
             "|---|---|---|---|---|---|---|---|"]
    for advert in map(float, args.adverts.split(",")):
        rows = {stack: [] for stack in args.stacks.split(",")}
        for _ in range(args.runs):
            for stack in rows:
                rows[stack].append(measure(stack, advert))
                print(f"{advert:g} s {stack}: {rows[stack][-1]}", flush=True)
        for stack, found in rows.items():
            middle = lambda key: statistics.median(row.get(key, float("nan")) for row in found)
            lines.append(
                f"| {advert:g} s | {COMPARED[stack][1]} "
                f"| {N_INSTANCES / advert:.0f} | {middle('master'):.1f} | {middle('backup'):.1f} "
                f"| {middle('transitions'):.0f} | {middle('first'):.0f} ms | {middle('spread'):.0f} ms |")
    text = "\n".join(lines) + "\n"
    print(text)
    if args.out:
        load = ", ".join(f"{n:.1f}" for n in os.getloadavg())
        pathlib.Path(args.out).write_text(
            f"{__doc__.strip()}\n\nMedian of {args.runs}; {os.cpu_count()} cores, load at the end {load}.\n\n{text}")


if __name__ == "__main__":
    main()
