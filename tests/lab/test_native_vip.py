"""One file for both halves: `vip` sections beside the proxies, `bind vip@NAME`, on two nodes."""
import signal

import pytest

from netlab import Lab, send_signal, wait_for
from stacks import HAPROXY_CFG, VIP, VIP6, Relais, start_webs

NODES = ("lb1", "lb2")
VIPS = """
vip front
    interface eth0
    id 51
    priority {priority}
    interval 50ms
    address 192.0.2.10/24
    excluded-address 2001:db8::10/64 dev eth0
    hold-down 0
    track backend web min 1
"""


def config(host, vips=VIPS):
    priority = 150 if host.name == "lb1" else 100
    text = HAPROXY_CFG.replace("bind :80", "bind vip@front:80").replace("inter 500ms", "inter 100ms")
    return host.write("haproxy.cfg", text + vips.format(priority=priority))


class Node(Relais):
    def start(self):
        (self.host.root / "run/haproxy").mkdir(exist_ok=True)
        self.master = self.host.spawn([self.program, "-db", "-f", self.haproxy_cfg], log="stack.log")
        self.parts = [self.master]
        self.be_nice()


@pytest.fixture
def pair():
    with Lab() as lab:
        start_webs(lab)
        nodes = {}
        for name in NODES:
            config(lab[name])
            nodes[name] = Node(lab[name])
            nodes[name].start()
        wait_for(lambda: lab.holders(VIP, NODES) == ["lb1"], 15, "a VIP on lb1")
        yield lab, nodes
        for node in nodes.values():
            node.kill()


def serves(lab, address):
    host = f"[{address}]" if ":" in address else address
    return lab["client"].run(["curl", "-sf", "-m", "5", f"http://{host}/"], check=False)


def test_one_file_holds_and_serves_the_addresses_of_both_families(pair):
    lab, nodes = pair
    wait_for(lambda: serves(lab, VIP) and serves(lab, VIP6), 20, "both addresses to serve")
    nodes["lb1"].stop()
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb2"], 15, "the VIP on lb2")
    wait_for(lambda: serves(lab, VIP) and serves(lab, VIP6), 20, "both addresses to serve from lb2")


def test_a_reload_reads_the_section_again_and_takes_nothing_away(pair):
    lab, nodes = pair
    config(lab["lb1"], VIPS + "    address 192.0.2.20/24\n")
    config(lab["lb2"], VIPS + "    address 192.0.2.20/24\n")
    nodes["lb2"].reload()
    nodes["lb1"].reload()
    wait_for(lambda: lab.holders("192.0.2.20", NODES) == ["lb1"], 10, "the second address on lb1")
    wait_for(lambda: serves(lab, "192.0.2.20"), 10, "the second address to serve")
    assert lab.holders(VIP, NODES) == ["lb1"]
    shown = nodes["lb1"].ask("show vip detail")
    assert "front" in shown and "backend web" in shown


def test_without_its_sections_the_node_gives_the_address_up(pair):
    lab, nodes = pair
    lab["lb1"].write("haproxy.cfg", HAPROXY_CFG)
    send_signal(nodes["lb1"].master.pid, signal.SIGUSR2)
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb2"], 10, "the VIP on lb2")
    wait_for(lambda: not nodes["lb1"].failover_pid(), 10, "no failover process on lb1")
