"""Two nodes that sign their advertisements: keys change by reload without a move, and what a third machine
sends moves nobody."""
import socket
import struct

import pytest

from failover_node import Relais, keepalived_conf
from netlab import Lab, wait_for

VIP = "192.0.2.10"
OLD, NEW = "hex:" + "11" * 32, "hex:" + "22" * 32
NODES = ("lb1", "lb2")


@pytest.fixture
def lab():
    with Lab({"client": 2, "lb1": 11, "lb2": 12}) as built:
        yield built


def advert(priority):
    body = struct.pack("!BBBBHH4s", 0x31, 51, priority, 1, 10, 0, socket.inet_aton(VIP))
    total = sum(struct.unpack("!6H", body))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return body[:6] + struct.pack("!H", ~total & 0xffff) + body[8:]  # RFC 9568: the message alone


def write_keys(lab, text):
    return {name: lab[name].write("vrrp.keys", text, 0o600) for name in NODES}


def write_conf(lab, extra=""):
    return {name: lab[name].write("relais.conf", keepalived_conf(
        priority, [f"{VIP}/24"], 0.1, 3,
        f"authentication {{\n auth_type HMAC\n key-file {lab[name].dir}/vrrp.keys\n {extra}\n }}"))
        for name, priority in (("lb1", 150), ("lb2", 100))}


def reload_all(conf, nodes):
    for name in nodes:
        report = nodes[name].reload("-k", conf[name])
        assert report["adapted"] == 1 and report.get("errors", 0) == 0, report


def hears(node, n=5):
    before = node.show()["received"]
    wait_for(lambda: node.show()["received"] >= before + n, 10, "signed adverts that are taken")


def test_keys_change_without_a_move(lab):
    write_keys(lab, f"1 {OLD}\n")
    conf = write_conf(lab)
    nodes = {name: Relais(lab[name], "-k", conf[name]) for name in NODES}
    nodes["lb1"].wait_state("MASTER")
    hears(nodes["lb2"])
    moves = {name: nodes[name].show()["transitions"] for name in NODES}
    write_keys(lab, f"1 {OLD}\n2 {NEW}\n")
    reload_all(conf, nodes)
    conf = write_conf(lab, "active_key 2")
    reload_all(conf, nodes)
    hears(nodes["lb2"])
    write_keys(lab, f"2 {NEW}\n")
    reload_all(conf, nodes)
    hears(nodes["lb2"])
    assert {name: nodes[name].show()["transitions"] for name in NODES} == moves
    assert nodes["lb2"].show()["dropped"] == 0
    assert lab.holders(VIP, NODES) == ["lb1"]


def test_a_third_machine_moves_nobody(lab):
    write_keys(lab, f"1 {OLD}\n")
    conf = write_conf(lab)
    nodes = {name: Relais(lab[name], "-k", conf[name]) for name in NODES}
    nodes["lb1"].wait_state("MASTER")
    hears(nodes["lb2"])
    moves = {name: nodes[name].show()["transitions"] for name in NODES}
    with lab["client"].socket(socket.AF_INET, socket.SOCK_RAW, 112) as sock:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(lab["client"].ip4))
        for priority in (254, 0, 255, 1) * 5:
            sock.sendto(advert(priority), ("224.0.0.18", 0))
    for name in NODES:
        wait_for(lambda: nodes[name].show()["kinds"]["unsigned"] == 20, 10, f"{name} to count 20")
    hears(nodes["lb2"])
    assert {name: nodes[name].show()["transitions"] for name in NODES} == moves
    assert lab.holders(VIP, NODES) == ["lb1"]
    # a process that goes on for a killed one does not forget what it heard, nor where it was itself
    for name in NODES:
        nodes[name].do("crash")
        nodes[name].expect("ready")
    wait_for(lambda: nodes["lb1"].state() == "MASTER" and nodes["lb2"].state() == "BACKUP", 10, "both back")
    hears(nodes["lb2"])
    assert nodes["lb2"].show()["kinds"]["replay"] == nodes["lb2"].show()["kinds"]["auth"] == 0
    assert lab.holders(VIP, NODES) == ["lb1"]
