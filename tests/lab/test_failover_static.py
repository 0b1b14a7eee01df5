"""track_group (failover_static.c, address/keep_ask.c): an instance whose static address or route cannot be
put back is in FAULT, and one whose can be is not."""
import pytest

from failover_node import Relais, keepalived_conf
from netlab import Lab, wait_for

CONF = keepalived_conf(150, ["192.0.2.10/24"], 0.1, 3) + """\
track_group G1 {
    group {
        VI_1
    }
}
static_ipaddress {
    192.0.2.201/29 dev d0 track_group G1
}
static_routes {
    192.0.2.208/29 dev d0 track_group G1
}
"""


@pytest.fixture
def lab():
    with Lab({"client": 2, "lb1": 11}) as built:
        yield built


def test_only_what_cannot_be_put_back_is_a_fault(lab):
    host = lab["lb1"]

    def ip(*words):
        return host.run(["ip", *words])

    def make():
        ip("link", "add", "d0", "type", "veth", "peer", "name", "d1")
        ip("link", "set", "d1", "up")
        ip("link", "set", "d0", "up")

    make()
    node = Relais(host, "-k", host.write("relais.conf", CONF, 0o600))
    node.wait_state("MASTER", 15)
    moves = node.show()["transitions"]
    ip("addr", "del", "192.0.2.201/29", "dev", "d0")
    wait_for(lambda: "192.0.2.201" in ip("addr", "show", "dev", "d0"), 10, "the address again")
    ip("route", "del", "192.0.2.208/29", "dev", "d0")
    wait_for(lambda: "192.0.2.208" in ip("route", "show"), 10, "the route again")
    assert node.show()["transitions"] == moves
    ip("link", "set", "d0", "down")  # no route over it can be added
    node.wait_state("FAULT")
    assert "static 192.0.2.208/29" in node.show()["reason"]
    ip("link", "set", "d0", "up")
    node.wait_state("MASTER", 15)
    ip("link", "del", "d0")
    node.wait_state("FAULT")
    node.reload("-k", host.write("relais.conf", CONF.replace(" track_group G1", ""), 0o600))
    node.wait_state("MASTER", 15)  # nobody tracks it any more
    node.reload("-k", host.write("relais.conf", CONF, 0o600))
    node.wait_state("FAULT")
    make()
    node.wait_state("MASTER", 15)
    assert "192.0.2.201" in ip("addr", "show", "dev", "d0")
    node.stop()
