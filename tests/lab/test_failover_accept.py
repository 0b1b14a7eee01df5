"""no_accept and strict mode: a master that is not the owner holds its addresses and answers for them in
ARP and neighbour discovery, but takes no packet (address/wall.c)."""
import json
import signal

import pytest

from failover_node import Relais, reaches
from netlab import Lab, send_signal, wait_for

VIP, VIP6 = "192.0.2.10", "2001:db8::10"
CONF = """\
vrrp_instance VI_1 {{
    interface eth0
    virtual_router_id 51
    priority {priority}
    version 3
    advert_int 0.1
    {words}
    virtual_ipaddress {{
        {vip}/24
    }}
    virtual_ipaddress_excluded {{
        {vip6}/64
    }}
}}
"""


@pytest.fixture
def lab():
    with Lab({"client": 2, "lb1": 11}) as built:
        yield built


def conf(host, words, priority=100):
    return host.write("keepalived.conf", CONF.format(words=words, priority=priority, vip=VIP, vip6=VIP6), 0o600)


def start(lab, words, priority=100):
    node = Relais(lab["lb1"], "-k", conf(lab["lb1"], words, priority))
    node.wait_state("MASTER")
    assert lab["lb1"].holds(VIP) and lab["lb1"].holds(VIP6)
    return node


def tables(host):
    return [x["table"]["name"] for x in json.loads(host.run(["nft", "-j", "list", "tables"]))["nftables"]
            if "table" in x]


def resolves(client, ip):
    """The client knows a hardware address for it."""
    return "lladdr" in client.run(["ip", "neigh", "show", "to", ip, "dev", "eth0"])


@pytest.mark.parametrize("words", ["no_accept", "strict_mode on"])
def test_addresses_are_held_and_answer_nobody(lab, words):
    node = start(lab, words)
    for ip in (VIP, VIP6):
        assert not reaches(lab["client"], ip, 0.5)
        assert resolves(lab["client"], ip), "ARP and neighbour discovery are never dropped"
    assert reaches(lab["client"], lab["lb1"].ip4), "the node's own address answers as ever"
    assert tables(lab["lb1"]) == ["relais"]
    assert node.reload("-k", conf(lab["lb1"], "accept"))["adapted"] == 1
    assert tables(lab["lb1"]) == []
    assert reaches(lab["client"], VIP) and reaches(lab["client"], VIP6)
    assert node.show()["transitions"] == 2
    node.stop()


def test_the_owner_accepts_whatever_is_written(lab):
    node = start(lab, "no_accept", 255)
    assert reaches(lab["client"], VIP) and reaches(lab["client"], VIP6)
    assert tables(lab["lb1"]) == []
    node.stop()


def test_nothing_is_left_behind(lab):
    node = start(lab, "no_accept")
    node.do("crash")
    node.expect("ready")
    node.wait_state("MASTER")
    assert tables(lab["lb1"]) == ["relais"] and not reaches(lab["client"], VIP, 0.3)
    send_signal(node.failover_pid(), signal.SIGKILL)
    node.expect("ended")
    assert tables(lab["lb1"]) == []
    node = start(lab, "no_accept")
    node.stop()
    wait_for(lambda: tables(lab["lb1"]) == [], 10, "the table to go")
