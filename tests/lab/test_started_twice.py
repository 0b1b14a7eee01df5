"""What failover/failover_alone.c is for: a second relais with the same file, started by mistake, or one
without the rights that it needs, says so and leaves what runs alone; one that follows a killed one
takes over from it."""
import subprocess

import pytest

from netlab import AddressWatcher, Lab, send_signal, wait_for
from stacks import VIP, Relais

CONF = """vrrp_instance VI_1 {
    version 3
    interface eth0
    virtual_router_id %d
    priority 150
    advert_int 0.1
    virtual_ipaddress {
        %s/24
    }
}
"""


@pytest.fixture(scope="module")
def host():
    with Lab({"lb1": 11}) as lab:
        yield lab["lb1"]


@pytest.fixture
def first(host):
    host.write("keepalived.conf", CONF % (51, VIP))
    stack = Relais(host, balancer=False)
    stack.start()
    wait_for(lambda: host.holds(VIP), 10, "the VIP")
    yield stack
    stack.kill()


def ends(host, *argv):
    """Exit status and words of a program that is to end by itself."""
    process = host.spawn(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, reap=False)
    out, _ = process.communicate(timeout=20)
    host.spawned.remove(process)
    return process.returncode, out


def test_a_second_one_with_the_same_file_is_refused(host, first):
    watcher = AddressWatcher(host)
    status, out = ends(host, Relais.program, "-db", "-k", first.keepalived_conf)
    assert status == 1
    assert "VI_1: virtual_router_id 51 on eth0 is run by another relais on this host already" in out
    assert "left behind" not in out
    assert watcher.changes(VIP) == [] and first.is_running()
    watcher.stop()


def test_its_pid_file_stays_the_first_ones(host, first):
    status, out = ends(host, Relais.program, "-db", "-k", first.keepalived_conf, "-p", "/run/relais.pid")
    assert status == 1 and "it is running already" in out
    assert int((host.root / "run/relais.pid").read_text()) > 0 and first.is_running()


def test_another_virtual_router_may_run_beside_it(host, first):
    path = host.write("other.conf", CONF % (52, "192.0.2.20"))
    other = host.spawn([Relais.program, "-db", "-k", path], log="other.log")
    wait_for(lambda: host.holds("192.0.2.20"), 10, "the other VIP")
    assert host.holds(VIP)
    send_signal(other.pid, 15)
    other.wait(20)
    assert not host.holds("192.0.2.20") and host.holds(VIP)


def test_after_a_killed_master_the_next_one_waits_for_what_is_left_of_it(host, first):
    send_signal(first.master.pid, 9)
    first.start()
    wait_for(lambda: host.holds(VIP), 10, "the VIP")
    assert first.is_running() and "is run by another" not in first.log()


def test_without_the_right_to_add_addresses_nothing_is_started(host):
    path = host.write("keepalived.conf", CONF % (51, VIP))
    status, out = ends(host, "setpriv", "--bounding-set=-net_admin", Relais.program, "-db",
                       "-k", path)
    assert status == 1
    assert "it needs root, or CAP_NET_ADMIN and CAP_NET_RAW" in out and "MASTER" not in out
