"""Who answers for an address while it moves: clients must end up with the winner, whatever the
loser's kernel said last. What counts is the order of the frames as a client sees them."""
import socket
import struct
import threading

import pytest

from failover_node import Keepalived, Relais, garps, keepalived_conf, reaches, unsolicited_nas
from netlab import Lab, Sniffer, now_us, wait_for

VIP, VIP6 = "192.0.2.10", "2001:db8::10"
NODES = ("lb1", "lb2")
FAST = ("-a", "50")
PREEMPTIONS = 5


@pytest.fixture
def lab():
    with Lab({"client": 2, "lb1": 11, "lb2": 12}) as built:
        yield built


def mac_of(host):
    return bytes.fromhex(host.run(["cat", "/sys/class/net/eth0/address"]).strip().replace(":", ""))


def text_of(mac):
    return ":".join(f"{b:02x}" for b in mac)


def claims(sniffer, ip, since_us):
    """Every ARP packet whose sender says that it has the address: (time, MAC)."""
    address = socket.inet_aton(ip)
    return [(when, frame[22:28]) for when, frame in sniffer.items(since_us)
            if frame[12:14] == b"\x08\x06" and frame[28:32] == address]


class Asker(threading.Thread):
    """Asks everybody for the address, a thousand times a second: what a busy segment's clients do."""

    def __init__(self, host, ip):
        super().__init__(daemon=True)
        mac = mac_of(host)
        self.frame = (b"\xff" * 6 + mac + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x800, 6, 4, 1) + mac +
                      socket.inet_aton(host.ip4) + bytes(6) + socket.inet_aton(ip))
        self.sock = host.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.sock.bind(("eth0", 0))
        self.stopping = threading.Event()
        self.start()

    def run(self):
        while not self.stopping.wait(0.001):
            self.sock.send(self.frame)

    def stop(self):
        self.stopping.set()
        self.join()
        self.sock.close()


def neighbour(host, ip):
    """The hardware address that the host's kernel sends to, or None."""
    words = host.run(["ip", "neigh", "show", ip, "dev", "eth0"]).split()
    return words[words.index("lladdr") + 1] if "lladdr" in words else None


@pytest.mark.parametrize("loser", ["relais", "keepalived"])
def test_the_last_word_at_a_preemption_is_the_winners(lab, loser):
    """A client that believes every ARP packet at once (no locktime), and asks all the time."""
    believe_all(lab["client"])
    macs = {mac_of(lab[name]): name for name in NODES}
    conf = {name: lab[name].write("k.conf", keepalived_conf(priority, [f"{VIP}/24"], 0.05, 3))
            for name, priority in (("lb1", 150), ("lb2", 100))}
    two = Relais(lab["lb2"], "-k", conf["lb2"]) if loser == "relais" else \
        Keepalived(lab["lb2"], conf["lb2"].read_text())
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb2"], 10, "the address on lb2")
    sniffer = Sniffer(lab["client"])
    for _ in range(PREEMPTIONS):
        assert reaches(lab["client"], VIP)
        asker = Asker(lab["client"], VIP)
        since = now_us()
        one = Relais(lab["lb1"], "-k", conf["lb1"])
        one.wait_state("MASTER")
        wait_for(lambda: lab.holders(VIP, NODES) == ["lb1"], 10, "the address on lb1 alone")
        asker.stop()
        wait_for(lambda: neighbour(lab["client"], VIP) == text_of(mac_of(lab["lb1"])), 10, "the client's entry")
        theirs = wait_for(lambda: [when for when, mac in claims(sniffer, VIP, since) if macs[mac] == "lb2"], 10,
                          "answers of the loser")
        wait_for(lambda: [when for when, mac in garps(sniffer, VIP, since)
                          if macs[mac] == "lb1" and when > theirs[-1]], 10,
                 "an announcement of the winner behind the loser's last answer")
        assert reaches(lab["client"], VIP)
        assert "used" not in two.log_text(), "the loser does not fight for what it has lost"
        one.stop()
        wait_for(lambda: lab.holders(VIP, NODES) == ["lb2"], 15, "the address on lb2 again")
    sniffer.stop()


def believe_all(host):
    """No locktime: an ARP packet right behind another one counts too."""
    host.run(["sh", "-c", "echo 0 > /proc/sys/net/ipv4/neigh/eth0/locktime"])


def speak_from(host, ip, target):
    """Sends something from the address: the host's kernel looks for the target in its name."""
    with host.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((ip, 0))
        sock.sendto(b"x", (target, 9))


def test_a_frozen_nodes_kernel_that_speaks_for_the_address_is_corrected(lab):
    """Its processes stand still, its kernel looks for a neighbour in the name of the address: the clients that
    hear it turn to it. The master announces against it, and so again when it says so again."""
    one = Relais(lab["lb1"], "-p", "150", *FAST, "-L", "0", f"{VIP}/24")
    one.wait_state("MASTER")
    two = Relais(lab["lb2"], "-p", "100", *FAST, "-L", "0", f"{VIP}/24")
    two.wait_state("BACKUP")
    mine, theirs = (text_of(mac_of(lab[name])) for name in ("lb2", "lb1"))
    lab["lb1"].freeze()
    two.wait_state("MASTER")
    assert reaches(lab["client"], VIP)
    # the probes of the duplicate guard are over, so nobody else looks
    lab["lb1"].net(["ip", "addr", "del", f"{VIP}/24", "dev", "eth0"])
    wait_for(lambda: "nobody else answers" in two.log_text(), 20, "the end of the asking")
    believe_all(lab["client"])
    lab["lb1"].net(["ip", "addr", "add", f"{VIP}/32", "dev", "eth0"])
    sniffer = Sniffer(lab["client"])
    for number in (1, 2):
        since = now_us()
        speak_from(lab["lb1"], VIP, f"192.0.2.7{number}")
        heard = wait_for(lambda: [when for when, mac in claims(sniffer, VIP, since) if text_of(mac) == theirs], 10,
                         "lb1's kernel to look for a neighbour")
        wait_for(lambda: [when for when, mac in garps(sniffer, VIP, since)
                          if text_of(mac) == mine and when > heard[-1]], 10, f"announcement {number} of lb2")
        wait_for(lambda: neighbour(lab["client"], VIP) == mine, 10, "the client's entry")
    assert f"{theirs} used {VIP} as its own" in two.log_text()
    lab["lb1"].thaw()  # what it finds is not its own: it lets go, and preempts by the protocol
    one.wait_state("MASTER")
    two.wait_state("BACKUP")
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb1"], 10, "the address on lb1 alone")
    assert reaches(lab["client"], VIP)
    sniffer.stop()


def test_ipv6_claims_are_corrected_too(lab):
    """A solicitation whose source is the address, with another's hardware address in it."""
    one = Relais(lab["lb1"], "-p", "150", *FAST, f"{VIP6}/64")
    one.wait_state("MASTER")
    assert reaches(lab["client"], VIP6)
    wait_for(lambda: "nobody else answers" in one.log_text() or one.show()["sent"] > 20, 10, "quiet")
    sniffer = Sniffer(lab["client"])
    since = now_us()
    lab["lb2"].run(["ip", "-6", "addr", "add", f"{VIP6}/128", "dev", "eth0", "nodad"])
    speak_from(lab["lb2"], VIP6, "2001:db8::77")
    wait_for(lambda: "as its own: announcing again" in one.log_text(), 10, "the claim")
    packed = socket.inet_pton(socket.AF_INET6, VIP6)
    wait_for(lambda: unsolicited_nas(sniffer, packed, since), 10, "lb1's announcement")
    sniffer.stop()
