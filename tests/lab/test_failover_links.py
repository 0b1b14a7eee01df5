"""Links (failover_links.c, address/secondaries.c, track/linkbeat.c): bouncing ones, asked ones, and the
setting that keeps the addresses beside one that is removed."""
import pytest

from failover_node import Relais, keepalived_conf
from netlab import Lab, wait_for

VIP = "192.0.2.10"
NODES = ("lb1", "lb2")


@pytest.fixture
def lab():
    with Lab({"client": 2, "lb1": 11, "lb2": 12}) as built:
        yield built


def start(host, text):
    path = host.write("relais.conf", text)
    path.chmod(0o600)
    return Relais(host, "-k", path)


def test_a_bounce_moves_nothing_and_a_cut_does(lab):
    delays = "interface_up_down_delays {\n eth0 0.8\n}\nlinkbeat_interfaces {\n eth0\n}\n"
    one = start(lab["lb1"], delays + keepalived_conf(150, [f"{VIP}/24"], 1, 3))
    one.wait_state("MASTER", 15)
    wait_for(lambda: "eth0 is asked for its carrier by" in one.log_text(), 10, "a way of asking")
    moves = one.show()["transitions"]
    for _ in range(4):  # in one go: the delay is not to pass because this process waits
        lab["lb1"].net(["ip", "-batch", "-"], input="link set eth0 down\nlink set eth0 up\n")
    assert one.state() == "MASTER"
    lab.cut("lb1")
    one.wait_state("FAULT")
    assert one.show()["transitions"] == moves + 1
    wait_for(lambda: "eth0 has lost a carrier" in one.log_text(), 10, "the answer")
    lab.mend("lb1")
    one.wait_state("BACKUP")
    one.wait_state("MASTER", 15)


def test_a_source_that_is_tracked(lab):
    host, source = lab["lb1"], "192.0.2.50"
    one = start(host, keepalived_conf(150, [f"{VIP}/24"], 0.1, 3, f"mcast_src_ip {source}\ntrack_src_ip"))
    one.wait_state("FAULT", 15)
    assert one.show()["reason"] == f"the source address {source} is missing"
    host.run(["ip", "addr", "add", f"{source}/24", "dev", "eth0"])
    one.wait_state("MASTER", 15)
    host.run(["ip", "addr", "del", f"{source}/24", "dev", "eth0"])
    one.wait_state("FAULT", 15)
    host.run(["ip", "addr", "add", f"{source}/32", "dev", "lo"])  # of the machine is enough
    one.wait_state("MASTER", 15)


def test_secondaries_are_promoted_while_it_runs(lab):
    host = lab["lb1"]
    setting = "/proc/sys/net/ipv4/conf/eth0/promote_secondaries"
    host.run(["sh", "-c", f"echo 0 > {setting}"])

    def value():
        return host.run(["cat", setting]).strip()

    text = keepalived_conf(150, [f"{VIP}/24", "192.0.2.20/24"], 0.1, 3, "promote_secondaries")
    one = start(host, text)
    one.wait_state("MASTER", 15)
    assert value() == "1"
    host.run(["ip", "addr", "del", f"{host.ip4}/24", "dev", "eth0"])  # the first of its network
    wait_for(lambda: len([ip for ip in (VIP, "192.0.2.20") if f" {ip}/" in
                          host.run(["ip", "-4", "addr", "show", "dev", "eth0"])]) == 2, 10, "both VIPs")
    host.run(["ip", "addr", "add", f"{host.ip4}/24", "dev", "eth0"])
    one.reload("-k", host.write("relais.conf", text.replace("promote_secondaries", ""), 0o600))
    wait_for(lambda: value() == "0", 10, "the setting as it was")
    one.reload("-k", host.write("relais.conf", text, 0o600))
    wait_for(lambda: value() == "1", 10, "the setting again")
    one.do("crash")  # another failover process goes on, and knows what to put back
    one.expect("ready")
    wait_for(lambda: one.state() == "MASTER", 10, "MASTER again")
    assert value() == "1"
    one.stop()
    assert value() == "0"


def test_an_interface_that_is_not_tracked_may_be_down(lab):
    one = start(lab["lb1"], keepalived_conf(150, [f"{VIP}/24"], 0.1, 3, "dont_track_primary"))
    one.wait_state("MASTER", 15)
    sent = one.show()["sent"]
    lab.cut("lb1")
    wait_for(lambda: "NO-CARRIER" in lab["lb1"].run(["ip", "link", "show", "eth0"]), 10, "the cut")
    wait_for(lambda: one.show()["sent"] >= sent + 10, 15, "advertisements into the void")
    assert one.state() == "MASTER"
    lab.mend("lb1")
    wait_for(lambda: "NO-CARRIER" not in lab["lb1"].run(["ip", "link", "show", "eth0"]), 10, "the link")
    assert one.show()["transitions"] == 2 and one.state() == "MASTER"
    one.stop()
