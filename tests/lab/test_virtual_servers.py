"""Keepalived's LVS blocks, served: two nodes with nothing but a keepalived.conf (a vrrp_instance and a
virtual_server), real servers behind them, a client that only knows the VIP."""
import hashlib

import pytest

from netlab import Lab, wait_for
from stacks import Relais
from virtual_rig import VIP, ask, get, start_web, stop_web, wait_served_by

WEBS = ("web1", "web2", "web3")
HOSTS = {"client": 2, "lb1": 11, "lb2": 12, "web1": 31, "web2": 32, "web3": 33, "db1": 41}

CONF = """\
global_defs {{
    router_id {name}
    script_user root
}}
vrrp_instance VI_1 {{
    version 3
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {priority}
    advert_int 0.1
    virtual_ipaddress {{
        192.0.2.10/24
    }}
}}
virtual_server 192.0.2.10 80 {{
    delay_loop 0.3
    delay_before_retry 0.1
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    {extra}
    sorry_server 192.0.2.41 80
{reals}
}}
"""


@pytest.fixture
def lab():
    with Lab(HOSTS) as built:
        for name in WEBS + ("db1",):
            start_web(built, name)
        yield built


def http_get(digest):
    return f"HTTP_GET {{\n url {{\n path /size/50000\n digest {digest}\n }}\n connect_timeout 1\n }}"


def reals(checkers, **extra):
    return "".join(f"    real_server {HOSTS_IP[name]} 80 {{\n {extra.get(name, '')}\n {checker}\n }}\n"
                   for name, checker in checkers.items())


HOSTS_IP = {name: f"192.0.2.{number}" for name, number in HOSTS.items()}


def start_node(lab, name, checkers, extra="", **lines):
    host = lab[name]
    host.write("keepalived.conf", CONF.format(name=name, priority=150 if name == "lb1" else 100, extra=extra,
                                              reals=reals(checkers, **lines)))
    node = Relais(host, balancer=False)
    node.start()
    return node


def digest_of(lab, name):
    body = get(lab, lab[name].ip4, "/size/50000").partition(b"\r\n\r\n")[2]
    assert len(body) == 50000
    return hashlib.md5(body).hexdigest()


def test_connections_are_spread_and_servers_leave_and_return(lab):
    digest = digest_of(lab, "web1")
    node = start_node(lab, "lb1", {"web1": http_get(digest), "web2": http_get(digest) + "\n TCP_CHECK {\n }",
                                   "web3": "TCP_CHECK {\n connect_timeout 1\n }"})
    wait_served_by(lab, *WEBS)
    stop_web(lab, "web2")  # it has two checkers
    wait_served_by(lab, "web1", "web3")
    stop_web(lab, "web1")
    stop_web(lab, "web3")
    wait_served_by(lab, "db1")
    for name in WEBS:
        start_web(lab, name)
    wait_served_by(lab, *WEBS)
    node.stop()
    assert not lab["lb1"].holds(VIP)


def test_a_page_with_another_digest_is_a_failure(lab):
    good = digest_of(lab, "web1")
    node = start_node(lab, "lb1", {"web1": http_get(good), "web2": http_get("0" * 32)})
    wait_served_by(lab, "web1")
    assert f"the digest of 50000 bytes is {good}" in node.log()
    node.stop()


def test_the_vip_moves_and_the_service_goes_on(lab):
    checkers = {name: "TCP_CHECK {\n connect_timeout 1\n }" for name in WEBS}
    one, two = (start_node(lab, name, checkers) for name in ("lb1", "lb2"))
    wait_for(lambda: lab.holders(VIP, ("lb1", "lb2")) == ["lb1"], 10, "the address on lb1")
    wait_served_by(lab, *WEBS)
    one.stop()
    wait_for(lambda: lab.holders(VIP, ("lb1", "lb2")) == ["lb2"], 10, "the address on lb2")
    wait_served_by(lab, *WEBS)
    two.stop()


def events(lab):
    path = lab["lb1"].dir / "events"
    return path.read_text().split() if path.exists() else []


def test_a_lost_quorum_runs_its_script_and_brings_the_sorry_server(lab):
    host = lab["lb1"]
    note = host.write("note.sh", f'#!/bin/sh\necho "$1" >> {host.dir}/events\n', 0o755)
    node = start_node(lab, "lb1", {name: "TCP_CHECK {\n connect_timeout 1\n }" for name in WEBS},
                      f'quorum 2\n omega\n quorum_up "{note} up"\n quorum_down "{note} down"',
                      web1=f'notify_down "{note} web1-down"\n notify_up "{note} web1-up"')
    wait_served_by(lab, *WEBS)
    stop_web(lab, "web1")
    wait_served_by(lab, "web2", "web3")
    stop_web(lab, "web2")  # one is left, and not enough
    wait_served_by(lab, "db1")
    wait_for(lambda: events(lab) == ["up", "web1-down", "down"], 10, f"both scripts, not {events(lab)}")
    before = node.balancer_pids()
    node.reload()  # what is known stays known, and is said once
    wait_for(lambda: node.balancer_pids() and not set(node.balancer_pids()) & set(before), 10, "a new balancer")
    wait_served_by(lab, "db1")
    assert len(events(lab)) == 3
    start_web(lab, "web1")
    wait_served_by(lab, "web1", "web3")
    wait_for(lambda: sorted(events(lab)[3:]) == ["up", "web1-up"], 10, f"both again, not {events(lab)}")
    node.stop()
    wait_for(lambda: sorted(events(lab)[5:]) == ["down", "web1-down"], 10, f"omega's, not {events(lab)}")


def test_a_script_is_a_checker_and_a_weight(lab):
    host = lab["lb1"]
    says = host.write("says.sh", '#!/bin/sh\nexit $(cat "$1")\n', 0o755)
    files = {name: host.write(f"{name}.says", "0") for name in WEBS}
    node = start_node(lab, "lb1", {name: f'MISC_CHECK {{\n misc_path "{says} {files[name]}"\n'
                                         ' misc_timeout 2\n misc_dynamic\n user root\n }'
                                   for name in WEBS}, "lvs_sched wrr")
    wait_served_by(lab, *WEBS)
    files["web2"].write_text("1")
    wait_served_by(lab, "web1", "web3")
    files["web3"].write_text("2")  # a weight of nothing
    wait_served_by(lab, "web1")
    files["web3"].write_text("11")  # nine
    wait_for(lambda: [ask(lab) for _ in range(10)].count("web3") == 9, 10, "nine of ten to web3")
    node.stop()


def test_a_client_stays_with_its_server_while_it_lives(lab):
    node = start_node(lab, "lb1", {name: "TCP_CHECK {\n connect_timeout 1\n }" for name in WEBS},
                      "persistence_timeout 60")
    wait_for(lambda: ask(lab), 10, "an answer")
    first = ask(lab)
    assert {ask(lab) for _ in range(9)} == {first}
    stop_web(lab, first)
    wait_for(lambda: ask(lab) not in (None, first), 10, "another server")
    second = ask(lab)
    assert {ask(lab) for _ in range(9)} == {second}
    for name in WEBS:
        if name != first:
            stop_web(lab, name)
    wait_served_by(lab, "db1")  # the sorry server, where nobody stays
    start_web(lab, "web1")
    wait_served_by(lab, "web1")
    node.stop()
