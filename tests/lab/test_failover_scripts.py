"""The operator's scripts in a real failover process: tracked ones decide, notify ones are told."""
import pytest

from failover_node import Relais
from netlab import Lab, wait_for

VIP = "192.0.2.10"
ARGS = ("-a", "100", f"{VIP}/24")


@pytest.fixture
def lab():
    with Lab({"client": 2, "lb1": 11, "lb2": 12}) as built:
        yield built


def test_a_tracked_script_decides_and_returns(lab):
    switch = lab["lb1"].dir / "maintenance"
    script = lab["lb1"].write("check", f"#!/bin/sh\n[ ! -e {switch} ]\n", 0o755)
    one = Relais(lab["lb1"], "-p", "150", "-S", str(script), *ARGS)
    one.wait_state("MASTER")
    two = Relais(lab["lb2"], "-p", "100", *ARGS)
    two.wait_state("BACKUP")
    switch.touch()
    two.wait_state("MASTER")
    assert one.state() == "FAULT" and "chk_script" in one.show()["reason"]
    assert not lab["lb1"].holds(VIP)
    switch.unlink()
    one.wait_state("MASTER")


def test_the_notify_script_is_told_of_each_state_with_keepalived_s_arguments(lab):
    said = lab["lb1"].dir / "said"
    script = lab["lb1"].write("notify", f"#!/bin/sh\necho \"$@\" >> {said}\n", 0o755)
    one = Relais(lab["lb1"], "-p", "150", "-N", str(script), *ARGS)
    one.wait_state("MASTER")
    lab.cut("lb1")
    one.wait_state("FAULT")
    one.tell("stop")

    def lines():
        return said.read_text().splitlines() if said.exists() else []
    wait_for(lambda: len(lines()) >= 4, 5, "four lines")
    assert lines() == ["INSTANCE VI_1 BACKUP 150", "INSTANCE VI_1 MASTER 150",
                       "INSTANCE VI_1 FAULT 150", "INSTANCE VI_1 STOP 150"]
