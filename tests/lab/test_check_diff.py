"""relais -c --diff beside a running relais: what it says a reload will do is what the reload then does
(main/check/check.c, diff.c, diff_balancer.c, running.c)."""
import re
import subprocess

import pytest

from netlab import AddressWatcher, Lab, wait_for
from stacks import HAPROXY_CFG, VIP, Relais, start_webs

BASE = """\
global_defs {
    script_user root
    enable_script_security
}
vrrp_script good {
    script "/bin/true"
    interval 1
    weight -10
}
vrrp_instance A {
    version 3
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 0.1
    virtual_ipaddress {
        192.0.2.10/24
    }
}
vrrp_instance B {
    version 3
    interface eth0
    virtual_router_id 52
    priority 100
    advert_int 0.1
    virtual_ipaddress {
        192.0.2.15/24
    }
}
"""
KEPT, ADAPTED, REBUILT, ADDED, REMOVED = range(5)


def in_a(old, new):
    """The change within the first instance only."""
    head, a, b = BASE.partition("vrrp_instance B")
    assert old in head
    return head.replace(old, new) + a + b


def without_b():
    return BASE.partition("vrrp_instance B")[0]


def also(text):
    return in_a("    advert_int 0.1\n", f"    advert_int 0.1\n    {text}\n")


CHANGES = {  # the new file; kept, adapted, rebuilt, added, removed; the addresses that leave this node
    "nothing": (BASE, (2, 0, 0, 0, 0), ()),
    "a comment": ("# new\n" + BASE, (2, 0, 0, 0, 0), ()),
    "priority up": (in_a("priority 100", "priority 110"), (1, 1, 0, 0, 0), ()),
    "priority down": (in_a("priority 100", "priority 90"), (1, 1, 0, 0, 0), ()),
    "advert_int": (in_a("advert_int 0.1", "advert_int 0.2"), (1, 1, 0, 0, 0), ()),
    "nopreempt": (also("nopreempt"), (1, 1, 0, 0, 0), ()),
    "garp": (also("garp_master_refresh 60"), (1, 1, 0, 0, 0), ()),
    "notify": (also("notify /bin/true"), (1, 1, 0, 0, 0), ()),
    "a tracker": (also("track_script {\n good\n }"), (1, 1, 0, 0, 0), ()),
    "one more address": (in_a("        192.0.2.10/24\n", "        192.0.2.10/24\n        192.0.2.17/24\n"),
                         (1, 1, 0, 0, 0), ()),
    "another address": (in_a("192.0.2.10/24", "192.0.2.17/24"), (1, 1, 0, 0, 0), ("192.0.2.10",)),
    "an address not advertised": (also("virtual_ipaddress_excluded {\n 192.0.2.17/24\n }"),
                                  (1, 1, 0, 0, 0), ()),
    "another VRID": (in_a("router_id 51", "router_id 53"), (1, 0, 1, 0, 0), ("192.0.2.10",)),
    "another version": (in_a("version 3", "version 2").replace("advert_int 0.1", "advert_int 1", 1),
                        (1, 0, 1, 0, 0), ("192.0.2.10",)),
    "unicast": (also("unicast_peer {\n 192.0.2.99\n }"), (1, 0, 1, 0, 0), ("192.0.2.10",)),
    "another name": (BASE.replace("vrrp_instance A", "vrrp_instance C"), (1, 0, 0, 1, 1), ("192.0.2.10",)),
    "one instance less": (without_b(), (1, 0, 0, 0, 1), ("192.0.2.15",)),
    "one instance more": (BASE + BASE.partition("vrrp_instance B")[2].join(["vrrp_instance D", ""])
                          .replace("router_id 52", "router_id 54").replace("2.15/", "2.16/"),
                          (2, 0, 0, 1, 0), ()),
    "a group": ("vrrp_sync_group G {\n group {\n A\n B\n }\n}\n" + BASE, (0, 2, 0, 0, 0), ()),
}


class Node(Relais):
    def reload_and_wait(self):
        """The counts that the reload itself reports."""
        said = re.compile(r"failover reloaded: (\d+) \w+ kept, (\d+) adapted, (\d+) rebuilt, (\d+) added, (\d+)")
        before = len(said.findall(self.log()))
        self.reload()
        wait_for(lambda: len(said.findall(self.log())) > before, 10, "the reload")
        return tuple(map(int, said.findall(self.log())[-1]))

    def check(self, *arguments):
        process = self.host.spawn([self.program, "-c", *arguments], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
        return process.communicate(timeout=20)[0], process.returncode

    def settle(self, conf=BASE):
        """The file is the one that runs, and its addresses are here."""
        self.host.write("keepalived.conf", conf)
        self.reload_and_wait()
        addresses = re.findall(r"^\s+(192[\d.]+)/24", conf, re.M)
        wait_for(lambda: all(self.host.holds(x) for x in addresses), 10, "the addresses of\n" + self.log())


@pytest.fixture(scope="module")
def node():
    with Lab() as lab:
        lab["lb1"].write("keepalived.conf", BASE)
        one = Node(lab["lb1"], balancer=False)
        one.start()
        wait_for(lambda: one.host.holds("192.0.2.10") and one.host.holds("192.0.2.15"), 15, "the addresses")
        yield one
        one.kill()


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_reload_will_do_is_what_it_does(node, change):
    conf, counts, leaving = CHANGES[change]
    node.settle()
    node.host.write("keepalived.conf", conf)
    said, status = node.check("--diff", "-k", node.keepalived_conf)
    predicted = re.search(r"failover: (\d+) \w+ kept, (\d+) adapted, (\d+) rebuilt, (\d+) added, (\d+)", said)
    assert predicted, said
    watcher = AddressWatcher(node.host)
    done = node.reload_and_wait()
    assert tuple(map(int, predicted.groups())) == done == counts, said
    for address in ("192.0.2.10", "192.0.2.15"):
        if address in leaving:
            wait_for(lambda a=address: watcher.changes(a), 10, f"{address} to leave\n{said}")
        else:
            assert watcher.changes(address) == [], said
    watcher.stop()
    assert (status == 2) == bool(leaving), said
    assert ("a VIP would move" in said) == bool(leaving), said


def test_a_change_that_only_others_can_judge_has_a_status_of_its_own(node):
    node.settle()
    node.host.write("keepalived.conf", in_a("priority 100", "priority 90"))
    said, status = node.check("--diff=/run/relais.pid", "-k", node.keepalived_conf)
    assert status == 3 and "priority 100 -> 90" in said and "may move" in said, said
    node.settle()


def test_without_files_it_is_those_of_the_running_one_and_a_wrong_one_is_not_compared(node):
    node.settle()
    said, status = node.check("--diff")
    assert status == 0 and said.count("KEPT") == 2, said
    node.host.write("keepalived.conf", in_a("virtual_router_id 51", ""))
    said, status = node.check("--diff")
    assert status == 1 and "'virtual_router_id' is missing" in said and "vip A" not in said, said
    said, status = node.check("--diff", "1", "-k", node.keepalived_conf)
    assert status == 1, said
    node.settle()


def test_the_balancers_half_is_told_in_short():
    with Lab() as lab:
        start_webs(lab)
        host = lab["lb1"]
        host.write("keepalived.conf", BASE)
        host.write("haproxy.cfg", HAPROXY_CFG)
        (host.root / "run/haproxy").mkdir(exist_ok=True)
        node = Node(host)
        node.start()
        try:
            wait_for(lambda: host.holds(VIP), 15, "the VIP")
            host.write("haproxy.cfg", HAPROXY_CFG.replace("bind :80", "bind :80\n    bind :8080")
                       .replace("server web3 192.0.2.33:80", "server web4 192.0.2.34:80")
                       .replace("web1 192.0.2.31:80", "web1 192.0.2.35:80"))
            said, status = node.check("--diff", "-f", node.haproxy_cfg, "-k", node.keepalived_conf)
            assert status == 0, said
            for line in ("frontend www: CHANGED", "backend web: CHANGED", "server web/web3: REMOVED",
                         "server web/web4: ADDED", "server web/web1: 192.0.2.31:80 -> 192.0.2.35:80",
                         "balancer: 1 listeners stay open", "no VIP would move"):
                assert line in said, said
            assert re.search(r"^listener .*:8080 \(www\): opened$", said, re.M), said
            assert "defaults" not in said, said
        finally:
            node.kill()
