"""The seam and reloads on a real pair: what the balancer's health and a new configuration do to the
VIP. The probe plays the master and a balancer that beats."""
import pytest

from failover_node import Relais
from netlab import AddressWatcher, Lab, wait_for

VIP, VIP2 = "192.0.2.10", "192.0.2.20"
ARGS = ("-a", "100", f"{VIP}/24")


@pytest.fixture
def lab():
    with Lab({"client": 2, "lb1": 11, "lb2": 12}) as built:
        yield built


@pytest.fixture
def nodes(lab):
    one = Relais(lab["lb1"], "-p", "150", *ARGS)
    one.wait_state("MASTER")
    two = Relais(lab["lb2"], "-p", "100", *ARGS)
    two.wait_state("BACKUP")
    one.do("watch")
    return one, two


def test_a_hung_balancer_moves_the_address_and_its_return_moves_it_back(lab, nodes):
    one, two = nodes
    one.do("hang")
    two.wait_state("MASTER")
    wait_for(lambda: one.show()["reason"] == "balancer hung", 10, "lb1's reason")
    wait_for(lambda: lab.holders(VIP, ("lb1", "lb2")) == ["lb2"], 10, "the address on lb2 alone")
    one.do("beat")
    one.wait_state("MASTER")
    two.wait_state("BACKUP")
    wait_for(lambda: lab.holders(VIP, ("lb1", "lb2")) == ["lb1"], 10, "the address back on lb1")


def test_a_replaced_balancer_moves_nothing(lab, nodes):
    one, two = nodes
    watcher = AddressWatcher(lab["lb1"])
    before = one.show()["transitions"], two.show()["transitions"]
    for _ in range(5):
        one.do("gone", "down", "pause", "up")  # replaced within 20 ms, however late this process is
    sent = one.show()["sent"]
    wait_for(lambda: one.show()["sent"] > sent + 10, 10, "a second of adverts")
    assert (one.show()["transitions"], two.show()["transitions"]) == before
    assert watcher.changes(VIP) == []
    watcher.stop()


def test_a_balancer_without_replacement_is_lost_after_200_ms(lab, nodes):
    one, two = nodes
    one.do("gone")
    one.do("down")
    two.wait_state("MASTER")
    wait_for(lambda: one.show()["reason"] == "balancer lost", 10, "lb1's reason")
    one.do("up")
    one.wait_state("MASTER")


def test_a_balancer_that_the_master_gave_up_is_lost_at_once(lab, nodes):
    one, two = nodes
    one.do("down")
    one.do("lost")
    wait_for(lambda: one.state() != "MASTER", 10, "lb1 to resign")
    two.wait_state("MASTER")


def test_a_script_that_asks_for_haproxy_is_answered_from_inside(lab):
    one = Relais(lab["lb1"], "-p", "150", "-q", "0", *ARGS)
    assert "chk_haproxy" in one.show()["reason"], "not answered yet"
    one.do("watch")
    one.wait_state("MASTER")
    one.do("hang")
    one.wait_state("FAULT")
    assert one.show()["reason"] == "balancer hung"
    one.do("beat")
    one.wait_state("MASTER")


def test_a_reload_adapts_without_moving_the_address(lab, nodes):
    one, two = nodes
    watcher = AddressWatcher(lab["lb1"])
    report = one.reload("-p", "150", *ARGS)
    assert report == {"kept": 1, "adapted": 0, "rebuilt": 0, "added": 0, "removed": 0, "err": 0}
    report = one.reload("-p", "140", *ARGS)
    assert (report["adapted"], report["rebuilt"], report["err"]) == (1, 0, 0)
    assert one.show()["priority"] == 140
    assert watcher.changes(VIP) == []
    report = one.reload("-p", "140", *ARGS, f"{VIP2}/32")
    assert (report["adapted"], report["rebuilt"]) == (1, 0)
    wait_for(lambda: lab["lb1"].holds(VIP2), 10, "the new address")
    report = one.reload("-p", "140", "-a", "100", f"{VIP2}/32")
    assert report["adapted"] == 1
    wait_for(lambda: not lab["lb1"].holds(VIP), 10, "the old address to go")
    assert one.state() == "MASTER"
    watcher.stop()


def test_instances_come_and_go_with_a_reload(lab, nodes):
    one, _ = nodes
    report = one.reload("-p", "150", *ARGS, "-I", "VI_2", "-r", "52", "-a", "100", f"{VIP2}/32")
    assert (report["kept"], report["added"]) == (1, 1)
    one.wait_state("MASTER", name="VI_2")
    assert lab["lb1"].holds(VIP2)
    report = one.reload("-I", "VI_2", "-r", "53", "-a", "100", f"{VIP2}/32")
    assert (report["rebuilt"], report["removed"]) == (1, 1)
    one.wait_state("MASTER", name="VI_2")
    assert lab.holders(VIP, ("lb1",)) == [] and lab["lb1"].holds(VIP2)
    assert one.show("VI_1") is None


def test_a_broken_configuration_changes_nothing(lab, nodes):
    one, _ = nodes
    transitions = one.show()["transitions"]
    report = one.reload("broken")
    assert report["err"] != 0
    assert one.show()["transitions"] == transitions and lab["lb1"].holds(VIP)
    assert "stdin:1:1: it is broken" in one.log_text()


def test_reloads_faster_than_they_are_read_end_with_the_last(lab, nodes):
    one, _ = nodes
    for priority in range(101, 131):
        one.tell(f"reload -p {priority} " + " ".join(ARGS))
    wait_for(lambda: '"err":0' in one.line(), 10, "a report")
    wait_for(lambda: '"priority":130' in (one.tell("show") or one.line()), 10, "the last one")
    assert lab["lb1"].holds(VIP)
