"""Nodes with one VIP, as torture.py wants them: relais (the whole program) or keepalived on two or three
hosts, a client that asks the VIP each 10 ms, and what must be so when it is quiet again."""
import json
import os
import signal
import socket
import struct
import threading
import time

from netlab import TOP, LabError, children_of, comm_of, is_alive, now_us, send_signal, wait_for
from stacks import Relais as Stack

VIP, VIP6 = "192.0.2.10", "2001:db8::10"
PRIORITIES = {"lb1": 150, "lb2": 100, "lb3": 80}
SETTLE_S = 20
PROGRAM = os.environ.get("RELAIS", str(TOP / "build/relais"))


class Pinger(threading.Thread):
    """A client that asks the VIP each 10 ms; gap_ms() is its longest time without an answer."""

    def __init__(self, host, address):
        super().__init__(daemon=True)
        self.v6 = ":" in address
        self.sock = host.socket(socket.AF_INET6 if self.v6 else socket.AF_INET, socket.SOCK_RAW,
                                socket.IPPROTO_ICMPV6 if self.v6 else socket.IPPROTO_ICMP)
        self.sock.settimeout(0.01)
        self.address, self.answers, self.stopping = address, [now_us()], False
        self.start()

    def run(self):
        sequence, due = 0, 0
        while not self.stopping:
            if now_us() >= due:
                due, sequence = now_us() + 10000, (sequence + 1) & 0xffff
                packet = bytearray(struct.pack("!BBHHH", 128 if self.v6 else 8, 0, 0, 4711, sequence))
                if not self.v6:
                    n = sum(struct.unpack("!4H", packet))
                    packet[2:4] = struct.pack("!H", ~((n & 0xffff) + (n >> 16)) & 0xffff)
                try:
                    self.sock.sendto(packet, (self.address, 0))
                except OSError:
                    pass
            try:
                data, source = self.sock.recvfrom(2000)
            except (TimeoutError, OSError):
                continue
            if source[0] == self.address and data[0 if self.v6 else 20] == (129 if self.v6 else 0):
                self.answers.append(now_us())

    def gap_ms(self, since_us=0):
        times = [t for t in self.answers if t >= since_us] + [now_us()]
        return max((b - a for a, b in zip(times, times[1:])), default=0) // 1000

    def stop(self):
        self.stopping = True
        self.join()
        self.sock.close()


class Node:
    def __init__(self, host, cluster):
        self.host, self.cluster, self.master = host, cluster, None
        self.name, self.priority = host.name, PRIORITIES[host.name]

    def write(self, **changes):
        text = self.cluster.config(self, **changes)
        self.host.write("keepalived.conf", text, 0o600)

    def start(self, wait=True):
        self.write()
        self.launch()
        if wait:
            wait_for(lambda: self.vips(), 10, f"{self.name} to run\n{self.log()[-2000:]}")

    def launch(self, argv=None):
        path = self.host.dir / "keepalived.conf"
        argv = argv or [PROGRAM, "-db", "-k", path, "-S", "/run/relais.sock"]
        self.master = self.host.spawn(argv, log="log")

    def vips(self):
        try:
            return json.loads(Stack.ask(self, "show vip json", "run/relais.sock") or "[]")
        except (OSError, ValueError):
            return []

    def show(self):
        return next(iter(self.vips()), {"state": "-", "reason": ""})

    def pids(self):
        return [self.master.pid] + children_of(self.master.pid)

    def pid(self, comm):
        return next((p for p in self.pids() if comm_of(p) == comm and is_alive(p)), None)

    def failover(self):
        return self.pid("relais-failover")

    def reload(self, **changes):
        self.write(**changes)
        send_signal(self.master.pid, signal.SIGHUP)

    def stop(self):
        send_signal(self.master.pid, signal.SIGTERM)
        wait_for(lambda: not self.host.processes(), 15, f"{self.name} to end\n{self.log()[-2000:]}")

    def kill(self):
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in self.host.processes():
                send_signal(pid, number)
        wait_for(lambda: not self.host.processes(), 10, f"{self.name} to die")

    def ensure(self):
        """Runs, and has its address and link: whatever was done to it."""
        self.host.thaw()
        if not any(comm_of(p) in ("relais", "keepalived") for p in self.host.processes()):
            self.launch()

    def log(self):
        path = self.host.dir / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def usage(self):
        """(descriptors, KiB resident) of all its processes."""
        fds = rss = 0
        for pid in self.host.processes():
            try:
                fds += len(os.listdir(f"/proc/{pid}/fd"))
                with open(f"/proc/{pid}/status") as f:
                    rss += next((int(x.split()[1]) for x in f if x.startswith("VmRSS")), 0)
            except OSError:
                pass
        return fds, rss

    def mac(self, device="eth0"):
        return self.host.net(["cat", f"/sys/class/net/{device}/address"]).strip()


class KeepalivedNode(Node):
    def launch(self, argv=None):
        path = self.host.dir / "keepalived.conf"
        super().launch(["/usr/sbin/keepalived", "-n", "-l", "-D", "-P", "-f", path])

    def vips(self):
        return [{"state": "?", "reason": ""}]


class Cluster:
    def __init__(self, lab, names=("lb1", "lb2"), vips=(f"{VIP}/24",), advert=0.1, extra="", version=3,
                 glob="", keepalived=(), also=(), routes=(), rules=(), tail=""):
        self.lab, self.vip_lines, self.advert, self.extra = lab, vips, advert, extra
        self.version, self.glob = version, glob
        self.vip = vips[0].split("/")[0]
        self.nodes = {n: (KeepalivedNode if n in keepalived else Node)(lab[n], self) for n in names}
        self.pinger, self.also, self.routes, self.rules, self.tail = None, also, routes, rules, tail

    def __getitem__(self, name):
        return self.nodes[name]

    def config(self, node, priority=None, extra=None, vips=None, advert=None, vrid=51, glob=None,
               interface="eth0"):
        lines = "\n".join(f"        {v}" for v in (vips or self.vip_lines))
        extra = self.extra if extra is None else extra
        glob = self.glob if glob is None else glob
        if callable(extra):
            extra = extra(node)
        return f"""\
global_defs {{
    router_id {node.name}
    script_user root
    {glob}
}}
vrrp_instance VI_1 {{
    version {self.version}
    state BACKUP
    interface {interface}
    virtual_router_id {vrid}
    priority {priority or node.priority}
    advert_int {advert or self.advert}
    {extra}
    virtual_ipaddress {{
{lines}
    }}
}}
""" + self.tail.replace("PRIORITY", str(priority or node.priority))

    def start(self):
        for node in self.nodes.values():
            node.start()
        self.settle("start")
        self.pinger = Pinger(self.lab["client"], self.vip)
        self.before = {n: node.usage() for n, node in self.nodes.items()}
        return self

    def holders(self):
        return [n for n in self.nodes if any(self.vip == a for a in self.all_addresses(n))]

    def all_addresses(self, name):
        links = json.loads(self.lab[name].net(["ip", "-j", "addr"]))
        return [a["local"] for link in links for a in link.get("addr_info", ())]

    def settle(self, what, holder=None, timeout_s=SETTLE_S, steady_s=0.5):
        """One holder (this one), whom the client reaches and knows, and so for a while. The time until
        it was so, in ms."""
        begun = since = time.monotonic()
        last, why = None, ""
        while time.monotonic() - begun < timeout_s:
            now, why = self.verdict(holder)
            if now is None or now != last:
                since, last = time.monotonic(), now
            elif time.monotonic() - since > steady_s:
                return int((since - begun) * 1000)
            time.sleep(0.02)
        raise LabError(f"{what}: {why}; " + ", ".join(
            f"{n} {x.show()['state']} ({x.show()['reason']})" for n, x in self.nodes.items()))

    def verdict(self, holder):
        """(who holds it, ""), or (None, what is wrong)."""
        asked, held = now_us(), self.holders()
        masters = [n for n, x in self.nodes.items() if x.show()["state"] == "MASTER"]
        known = not any(isinstance(x, KeepalivedNode) for x in self.nodes.values())
        if len(held) != 1 or holder not in (None, held[0]):
            return None, f"held by {held}, not {holder or 'one'}"
        if known and masters != held:
            return None, f"held by {held}, masters {masters}"
        for n in self.nodes:
            wrong = self.what_else(n, n == held[0])
            if wrong:
                return None, wrong
        if self.pinger and self.pinger.answers[-1] < asked - 100000:
            return None, f"{held[0]} holds, no answer; client has {self.neighbour()}"
        if self.pinger and not self.client_knows(held[0]):
            return None, f"{held[0]} holds, client has {self.neighbour()}"
        return held[0], ""

    def what_else(self, name, holds):
        """What comes with the address is there with it, and only then; or what is wrong."""
        net = self.lab[name].net
        there = [a for a in self.also if a in self.all_addresses(name)]
        there += [r for r in self.routes if r in net(["ip", "route", "show", "table", "all"])]
        there += [r for r in self.rules if r in net(["ip", "rule"])]
        missing = [x for x in (*self.also, *self.routes, *self.rules) if x not in there]
        return f"{name} lacks {missing}" if holds and missing else \
            f"{name} still has {there}" if there and not holds else ""

    def neighbour(self):
        return self.lab["client"].net(["ip", "neigh", "show", self.vip]).strip()

    def client_knows(self, name):
        links = self.lab[name].net(["ip", "-o", "link"])
        seen = self.neighbour().split("lladdr ")[-1].split(" ")[0]
        return seen and seen in links

    def leaks(self):
        """What processes have more than at the start."""
        found = []
        for n, node in self.nodes.items():
            def is_over():
                fds, rss = node.usage()
                return fds > self.before[n][0] + 8 or rss > self.before[n][1] + 4000
            end = time.monotonic() + 5
            while is_over() and time.monotonic() < end:
                time.sleep(0.2)
            if is_over():
                found.append(f"{n}: fds, KiB {self.before[n]} -> {node.usage()}")
        return found

    def lines(self):
        return {n: node.log().count("\n") for n, node in self.nodes.items()}

    def ip(self, name, *batch):
        self.lab[name].net(["ip", "-batch", "-"], input="\n".join(batch) + "\n")

    def nft(self, *rules):
        self.lab.switch.net(["nft", "; ".join(f"add rule bridge lab forward {r}" for r in rules)])
