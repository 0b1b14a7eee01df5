"""relais -c --listen beside another node (failover/lint/overhear_socket.c): what is heard on the LAN is
judged by our file, and a VIP that answers without an advertisement is found by asking for it."""
import socket
import struct
import subprocess
import threading

import pytest

from failover_node import Keepalived, adverts, keepalived_conf
from netlab import Lab, Sniffer, wait_for
from stacks import VIP, Relais

GROUP = "224.0.0.18"
VIPS = ["192.0.2.10/24"]
PASS = "authentication {{\n auth_type PASS\n auth_pass {}\n }}"


def listen(host, seconds, *arguments):
    process = host.spawn([Relais.program, "-c", "-k", "ours.conf", "--listen", str(seconds), *arguments],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said, _ = process.communicate(timeout=30)
    return said, process.returncode


@pytest.fixture(scope="module")
def lab():
    with Lab() as built:
        yield built


def advert(version=2, vrid=51, priority=90, interval=1, vip=VIP, password=b""):
    """A VRRP message over IPv4 as lb2 would send it."""
    head = (struct.pack("!BBBBBB", 0x21, vrid, priority, 1, bool(password), interval) if version == 2 else
            struct.pack("!BBBBH", 0x31, vrid, priority, 1, interval * 100))
    tail = socket.inet_aton(vip) + (password.ljust(8, b"\0") if version == 2 else b"")
    pseudo = socket.inet_aton("192.0.2.12") + socket.inet_aton(GROUP) + struct.pack("!HH", 112, 12)
    total = head + tail[:4 if version == 3 or not password else 12] + (pseudo if version == 3 else b"")
    if version == 2 and not password:
        total += tail[4:]
    total = sum(struct.unpack(f"!{len(total) // 2}H", total))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return head + struct.pack("!H", ~total & 0xffff) + tail


class Speaker(threading.Thread):
    """Says the same advertisement from lb2 until it is stopped."""

    def __init__(self, lab, message):
        super().__init__(daemon=True)
        self.sock = lab["lb2"].socket(socket.AF_INET, socket.SOCK_RAW, 112)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        self.message, self.done = message, threading.Event()
        self.start()

    def run(self):
        while not self.done.wait(0.05):
            self.sock.sendto(self.message, (GROUP, 0))

    def stop(self):
        self.done.set()
        self.join()
        self.sock.close()


HEARD = {  # what lb2 says, what our file says besides, what is said of it, is it a warning
    "fits": ({}, "", "is master with priority 90: it fits", False),
    "another cluster": ({"vip": "192.0.2.77"}, "", "another cluster has this virtual_router_id", True),
    "version": ({"version": 3}, "", "version 3, ours is 2", True),
    "password": ({"password": b"one"}, PASS.format("two"), "another auth_pass", True),
    "interval": ({"interval": 2}, "", "advert_int 2 s, ours is 1 s", True),
    "priority": ({"priority": 100}, "", "priority 100, as ours", True),
    "another VRID": ({"vrid": 60}, "", "advertises VRID 60", False),
}


@pytest.mark.parametrize("case", HEARD)
def test_what_is_heard_is_judged(lab, case):
    theirs, ours, text, warns = HEARD[case]
    lab["lb1"].write("ours.conf", keepalived_conf(100, VIPS, extra=ours))
    sniffer, speaker = Sniffer(lab["lb1"]), Speaker(lab, advert(**theirs))
    try:
        wait_for(lambda: adverts(sniffer), 10, "an advertisement")
        said, status = listen(lab["lb1"], 1)
    finally:
        speaker.stop()
        sniffer.stop()
    assert text in said and status == 0, said
    assert (": warning: " in said) == warns, said
    assert {x[1] for x in adverts(sniffer)} == {"192.0.2.12"}, "nothing was advertised by us"


def test_keepalived_beside_us_is_heard_and_fits(lab):
    lab["lb1"].write("ours.conf", keepalived_conf(100, VIPS))
    other = Keepalived(lab["lb2"], keepalived_conf(200, VIPS))
    try:
        wait_for(lambda: lab["lb2"].holds(VIP), 15, "keepalived to be master")
        said, status = listen(lab["lb1"], 3)  # it speaks once a second
    finally:
        other.stop()
    assert "192.0.2.12 on eth0 is master with priority 200: it fits" in said and status == 0, said
    assert ": warning: " not in said, said


def test_a_vip_that_answers_without_an_advertisement_is_found(lab):
    lab["lb1"].write("ours.conf", keepalived_conf(100, VIPS))
    said, _ = listen(lab["lb1"], 0.1)
    assert ": warning: " not in said, said
    lab["client"].run(["ip", "addr", "add", f"{VIP}/24", "dev", "eth0"])
    try:
        said, status = listen(lab["lb1"], 0.5)
        assert f"answers for {VIP}" in said and "ours.conf:10:9: warning" in said and status == 0, said
        said, status = listen(lab["lb1"], 0.5, "-dW")
        assert status == 1, said
    finally:
        lab["client"].run(["ip", "addr", "del", f"{VIP}/24", "dev", "eth0"])


def test_who_may_not_listen_is_told(lab):
    lab["lb1"].write("ours.conf", keepalived_conf(100, VIPS))
    process = lab["lb1"].spawn(["setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", Relais.program,
                                "-c", "-k", "ours.conf", "--listen", "0.1"], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 1 and "Operation not permitted" in said, said


def test_the_other_nodes_file_is_compared_in_either_grammar(lab):
    host = lab["lb1"]
    host.write("ours.conf", keepalived_conf(100, VIPS, version=3))
    host.write("theirs.conf", keepalived_conf(100, VIPS, version=3))
    host.write("theirs.cfg", "vip VI_1\n    interface eth0\n    id 51\n    priority 90\n    address 192.0.2.77/24\n")
    compare = [str(Relais.program), "-c", "-k", "ours.conf", "--peer"]
    for peer, words in (("theirs.conf", ["priority 100 on both"]),
                        ("theirs.cfg", ["the other node has no 192.0.2.10", "the other node has 192.0.2.77"])):
        process = host.spawn([*compare, peer], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said, _ = process.communicate(timeout=20)
        assert process.returncode == 0 and said.count(": warning: ") == len(words), said
        assert all(word in said for word in words), said
