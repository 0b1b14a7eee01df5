"""net_namespace (core/sys/netns.c): the failover half lives in a named namespace; what it holds there goes with it."""
import signal

import pytest

from failover_node import reaches
from netlab import Lab, send_signal, wait_for
from stacks import Relais

VIP = "192.0.2.10"
CONF = """\
global_defs {{
    {globals}
}}
vrrp_instance VI_1 {{
    version 3
    interface inner0
    virtual_router_id 51
    priority 100
    advert_int 0.05
    virtual_ipaddress {{
        192.0.2.10/24
    }}
}}
"""


@pytest.fixture
def node():
    with Lab({"lb1": 11, "client": 21}) as lab:
        host = lab["lb1"]
        host.run(["ip", "netns", "add", "edge"])
        host.run(["ip", "link", "add", "link", "eth0", "name", "inner0", "netns", "edge", "type", "macvlan",
                  "mode", "bridge"])
        for words in (["link", "set", "lo", "up"], ["link", "set", "inner0", "up"],
                      ["addr", "add", "192.0.2.12/24", "dev", "inner0"]):
            host.run(["ip", "-n", "edge", *words])
        relais = Relais(host, balancer=False)
        yield lab, relais
        relais.kill()


def holds(host):
    return f" {VIP}/" in host.run(["ip", "-n", "edge", "-4", "addr", "show"])


@pytest.mark.parametrize("how", ["configuration", "command line"])
def test_the_address_is_in_the_namespace_and_leaves_it(node, how):
    lab, relais = node
    host = lab["lb1"]
    host.write("keepalived.conf", CONF.format(globals="net_namespace edge" if how == "configuration" else ""))
    if how == "command line":
        (host.dir / "keepalived").symlink_to(Relais.program)
        relais.master = host.spawn([host.dir / "keepalived", "-n", "-s", "edge", "-f", relais.keepalived_conf],
                                   log="stack.log")
        relais.parts = [relais.master]
    else:
        relais.start()
    wait_for(lambda: holds(host), 10, "the VIP in the namespace")
    assert not host.holds(VIP)
    assert reaches(lab["client"], VIP)
    if how == "configuration":
        send_signal(relais.failover_pid(), signal.SIGKILL)  # another goes on there
        wait_for(lambda: "another continues" in relais.log(), 10, "a new failover process")
        assert reaches(lab["client"], VIP)
    relais.stop()
    assert not holds(host)


def test_a_namespace_that_is_not_there_is_named(node):
    lab, relais = node
    lab["lb1"].write("keepalived.conf", CONF.format(globals="net_namespace nowhere"))
    out = lab["lb1"].run([Relais.program, "-c", "-k", relais.keepalived_conf, "-V"], check=False)
    relais.start()
    wait_for(lambda: "cannot enter the network namespace 'nowhere'" in relais.log(), 10, "a word on it")
    assert "no network namespace 'nowhere'" in relais.log() + out
