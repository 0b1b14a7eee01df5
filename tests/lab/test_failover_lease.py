"""The lease in etcd (failover/lease/, vrrp/lease.c): whatever breaks, at most one node has the address."""
import shutil

import pytest

from failover_node import kill_all
from netlab import AddressWatcher, Lab, descendants_of, wait_for
from stacks import KEEPALIVED_CONF, STACKS, VIP, write_files
from test_failover_heart import NODES, SCRIPT, isolate, vip

ETCD = "http://192.0.2.2:2379"
LEASE = f"    witness {{{{\n        etcd {ETCD} lease web ttl 2\n    }}}}\n"

pytestmark = pytest.mark.skipif(not shutil.which("etcd"), reason="needs etcd")


@pytest.fixture(scope="module")
def lab():
    with Lab({"client": 2, "lb1": 11, "lb2": 12}) as built:
        built["client"].spawn(
            ["etcd", "--data-dir", built["client"].dir / "etcd", "--listen-client-urls", ETCD,
             "--advertise-client-urls", ETCD, "--heartbeat-interval", "50", "--election-timeout", "300"],
            log="etcd.log")
        wait_for(lambda: "true" in built["client"].run(["curl", "-s", ETCD + "/health"], check=False), 20, "etcd")
        yield built


@pytest.fixture
def pair(lab):
    started = {}
    for name in NODES:
        write_files(lab[name], 0.1, keepalived_conf=KEEPALIVED_CONF.replace(SCRIPT, LEASE))
        started[name] = STACKS["relais"](lab[name])
        started[name].start()
    try:
        wait_held_by(lab, started, "lb1")
        yield started
    finally:
        lab.mend_all()
        for node in started.values():
            node.kill()


def wait_held_by(lab, nodes, name):
    wait_for(lambda: lab.holders(VIP, NODES) == [name], 15,
             f"the VIP on {name}\n" + "\n".join(nodes[n].log()[-1500:] for n in NODES))


def test_two_that_both_see_etcd_but_not_each_other_have_one_master(lab, pair):
    watchers = [AddressWatcher(lab[name]) for name in NODES]
    lab.partition(*NODES)
    wait_for(lambda: "waits for the lease web: another node has it" in vip(pair["lb2"])["alarm"], 10, "the alarm")
    assert vip(pair["lb1"])["lease_held"] and not vip(pair["lb2"])["lease_held"]
    lab.heal()
    wait_for(lambda: not vip(pair["lb2"])["alarm"], 10, "the alarm to end")
    assert [w.changes(VIP) for w in watchers] == [[], []]


def test_who_cannot_renew_it_gives_up_before_the_other_takes_over(lab, pair):
    watchers = {name: AddressWatcher(lab[name]) for name in NODES}
    isolate(lab, "lb1")
    wait_held_by(lab, pair, "lb2")
    wait_for(lambda: all(w.changes(VIP) for w in watchers.values()), 10, "both watchers to see it")
    (gone, sign), (taken, _) = watchers["lb1"].changes(VIP)[0], watchers["lb2"].changes(VIP)[0]
    assert sign == "-"
    print(f"isolated: lb1 gave up {(taken - gone) / 1000:.0f} ms before lb2 took over")
    assert gone < taken
    assert "the lease web could not be renewed" in str(vip(pair["lb1"])["moves"])
    lab.heal()
    wait_held_by(lab, pair, "lb1")  # preempts: lb2 gives the lease back


def test_a_planned_stop_gives_it_back_and_a_dead_node_only_after_its_time(lab, pair):
    watchers = {name: AddressWatcher(lab[name]) for name in NODES}
    pair["lb1"].stop()
    wait_held_by(lab, pair, "lb2")
    wait_for(lambda: all(w.changes(VIP) for w in watchers.values()), 10, "both watchers to see it")
    (gone, _), (taken, _) = watchers["lb1"].changes(VIP)[0], watchers["lb2"].changes(VIP)[0]
    print(f"stopped: lb2 took over {(taken - gone) / 1000:.0f} ms after lb1 gave up")
    pair["lb1"].start()
    wait_held_by(lab, pair, "lb1")
    kill_all([pair["lb1"].master.pid] + descendants_of(pair["lb1"].master.pid))
    wait_for(lambda: lab["lb2"].holds(VIP), 10, "lb2 to take over")


def test_the_failover_process_is_replaced_without_losing_it(lab, pair):
    watcher = AddressWatcher(lab["lb1"])
    old = pair["lb1"].failover_pid()
    pair["lb1"].kill_failover()
    wait_for(lambda: pair["lb1"].failover_pid() not in (None, old), 10, "another failover process")
    wait_for(lambda: vip(pair["lb1"])["sent"] > 30, 20, "it to be master for longer than the lease lasts")
    assert vip(pair["lb1"])["state"] == "MASTER" and vip(pair["lb1"])["lease_held"]
    assert watcher.changes(VIP) == []


def test_without_etcd_nobody_has_the_address(lab, pair):
    isolate(lab, "client")
    wait_for(lambda: lab.holders(VIP, NODES) == [], 10, "both to do without")
    wait_for(lambda: "etcd does not answer" in vip(pair["lb2"])["alarm"], 10, "the alarm")
    lab.heal()
    wait_held_by(lab, pair, "lb1")
