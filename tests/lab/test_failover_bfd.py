"""BFD (src/failover/bfd, failover_bfd.c): relais beside relais and beside Debian's keepalived. VRRP is
slow (1 s) in these stories, so what moves within a few tenths of a second was moved by BFD."""
import pytest

from failover_node import Keepalived, Relais, keepalived_conf
from netlab import Lab, now_us, wait_for

VIP = "192.0.2.10"
NODES = ("lb1", "lb2")


@pytest.fixture
def lab():
    with Lab({"client": 2, "lb1": 11, "lb2": 12, "web1": 31}) as built:
        yield built


def session(source, neighbor, extra="", ms=50):
    return f"""\
bfd_instance b1 {{
    neighbor_ip {neighbor}
    source_ip {source}
    min_rx {ms}
    min_tx {ms}
    multiplier 3
    {extra}
}}
"""


def conf(source, neighbor, priority, track, extra=""):
    return session(source, neighbor, extra) + keepalived_conf(
        priority, [f"{VIP}/24"], 1, 2, f"nopreempt\n    track_bfd {{\n        b1{track}\n    }}")


def start(host, text):
    path = host.write("relais.conf", text)
    path.chmod(0o600)
    return Relais(host, "-k", path)


@pytest.mark.parametrize("family", ("IPv4", "IPv6"))
def test_the_vip_moves_when_the_neighbor_is_gone(lab, family):
    """Both ask the same neighbor on another host; the path of the master to it breaks alone."""
    third = lab["web1"].ip4 if family == "IPv4" else lab["web1"].ip6
    own = [getattr(lab[name], "ip4" if family == "IPv4" else "ip6") for name in NODES]
    neighbor = lab["web1"].write("relais.conf", "".join(
        session(third, ip).replace("b1", f"b{i}") for i, ip in enumerate(own)) +
        keepalived_conf(50, ["192.0.2.77/24"], vrid=77))
    third_node = Relais(lab["web1"], "-k", neighbor)
    one = start(lab["lb1"], conf(own[0], third, 250, ""))
    one.wait_state("MASTER", 15)
    two = start(lab["lb2"], conf(own[1], third, 240, ""))
    two.wait_state("BACKUP")
    wait_for(lambda: "b1: Up" in two.log_text(), 10, "a session on lb2")
    cut = now_us()
    lab.partition("lb1", "web1")
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb2"], 10, f"the VIP on lb2\n{one.log_text()}")
    took_ms = (now_us() - cut) / 1000
    assert one.state() == "FAULT"
    assert "bfd b1 is down" in one.show()["reason"]
    lab.heal()
    one.wait_state("BACKUP")
    assert lab.holders(VIP, NODES) == ["lb2"]  # nopreempt
    print(f"{family}: moved {took_ms:.0f} ms after the cut")
    third_node.stop()  # AdminDown: everybody is told at once
    one.wait_state("FAULT")
    two.wait_state("FAULT")


def test_keepalived_and_relais_see_each_other(lab):
    """Positive weights, so that each is the higher one while it sees the other. A second of detection: this
    keepalived runs at ordinary priority, and may be late on a busy machine."""
    def patient(*args):
        return conf(*args).replace("multiplier 3", "multiplier 20")

    text = patient(lab["lb1"].ip4, lab["lb2"].ip4, 150, " weight 5")
    one = start(lab["lb1"], text)
    one.wait_state("MASTER", 15)
    assert one.show()["priority"] == 150
    two = Keepalived(lab["lb2"], patient(lab["lb2"].ip4, lab["lb1"].ip4, 100, " weight 5"), vrrp_only=False)
    wait_for(lambda: one.show()["priority"] == 155, 15, f"a session\n{one.log_text()}\n{two.log_text()}")
    wait_for(lambda: "BFD instance b1 is UP" in two.log_text(), 10, f"keepalived's\n{two.log_text()}")
    ups = one.log_text().count("b1: Up")
    one.reload("-k", lab["lb1"].write("relais.conf", text.replace("min_tx 50", "min_tx 20"), 0o600))
    assert one.show()["priority"] == 155
    lab.cut("lb2")
    wait_for(lambda: one.show()["priority"] == 150, 10, f"seen as gone\n{one.log_text()}")
    wait_for(lambda: "BFD instance b1 is DOWN" in two.log_text(), 10, f"relais gone\n{two.log_text()}")
    assert one.log_text().count("b1: Up") == ups  # the reload had not touched it
    lab.mend("lb2")
    wait_for(lambda: one.show()["priority"] == 155, 10, f"seen again\n{one.log_text()}")
    two.stop()
    wait_for(lambda: one.show()["priority"] == 150, 10, f"keepalived has stopped\n{one.log_text()}")


def test_a_flood_from_elsewhere_does_nothing(lab):
    one = start(lab["lb1"], conf(lab["lb1"].ip4, lab["lb2"].ip4, 150, " weight 5"))
    two = start(lab["lb2"], conf(lab["lb2"].ip4, lab["lb1"].ip4, 100, " weight 5"))
    wait_for(lambda: one.show()["priority"] == 155, 15, f"a session\n{one.log_text()}")
    down = bytes([0x20, 0x40, 3, 24]) + bytes([0, 0, 0, 9]) + bytes(16)
    with lab["web1"].socket(2, 2) as sock:  # AF_INET, SOCK_DGRAM
        for n in range(100000):
            sock.sendto(down if n & 1 else down[:n % 24], (lab["lb1"].ip4, 3784))
    wait_for(lambda: "comes from no configured neighbor" in one.log_text(), 10, "the log line")
    assert one.log_text().count("dropped: ") <= 12
    assert one.log_text().count("bfd b1: ") <= 4, one.log_text()  # Down, Init, Up and nothing else
    assert one.show()["priority"] == 155
    two.stop()
