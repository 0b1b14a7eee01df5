"""track_file and track_process: what the failover process watches itself moves the address
(track/file_watch.c, track/process_watch.c)."""
import pytest

from failover_node import Relais
from netlab import Lab, send_signal, wait_for

VIP = "192.0.2.10"
NODES = ("lb1", "lb2")
CONF = """\
track_file points {{
    file "{folder}/points"
    weight 2
    init_file
}}
track_file maintenance {{
    file "{folder}/maintenance"
    weight 0
}}
vrrp_track_process job {{
    process "relais-lab-job"
    weight 0
}}
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {priority}
    version 3
    advert_int 0.1
    virtual_ipaddress {{
        192.0.2.10/24
    }}
    track_file {{
        points
        maintenance
    }}
{more}}}
"""
PROCESS = "    track_process {\n        job\n    }\n"


@pytest.fixture
def lab():
    with Lab({"client": 2, "lb1": 11, "lb2": 12}) as built:
        yield built


def start(lab, name, priority, more=""):
    host = lab[name]
    text = CONF.format(folder=host.dir, priority=priority, more=more)
    return Relais(host, "-k", host.write("relais.conf", text, 0o600))


def wait_held_by(lab, name, *nodes):
    wait_for(lambda: lab.holders(VIP, NODES) == [name], 10,
             f"{VIP} on {name} alone\n" + "\n".join(n.log_text()[-2000:] for n in nodes))


def test_a_number_in_a_file_moves_the_address_both_ways(lab):
    one = start(lab, "lb1", 150)
    one.wait_state("MASTER")
    two = start(lab, "lb2", 100)
    two.wait_state("BACKUP")
    assert (lab["lb1"].dir / "points").read_text() == "0\n", "init_file"
    lab["lb1"].write("points", "-40\n")
    wait_for(lambda: one.show()["priority"] == 70, 10, "priority 70")
    wait_held_by(lab, "lb2", one, two)
    lab["lb1"].write("points", "3\n")
    wait_for(lambda: one.show()["priority"] == 156, 10, "priority 156")
    wait_held_by(lab, "lb1", one, two)
    lab["lb1"].write("maintenance", "1\n")
    one.wait_state("FAULT")
    wait_held_by(lab, "lb2", one, two)
    (lab["lb1"].dir / "maintenance").unlink()
    wait_held_by(lab, "lb1", one, two)


def test_a_process_that_ends_moves_the_address(lab):
    # its name is that of the program: a copy with the name that is looked for
    lab["lb1"].run(["cp", "/bin/sleep", str(lab["lb1"].dir / "relais-lab-job")])
    program = str(lab["lb1"].dir / "relais-lab-job")
    first = lab["lb1"].spawn([program, "600"])
    one = start(lab, "lb1", 150, PROCESS)
    one.wait_state("MASTER")
    two = start(lab, "lb2", 100)
    two.wait_state("BACKUP")
    send_signal(first.pid, 9)
    one.wait_state("FAULT")
    wait_held_by(lab, "lb2", one, two)
    lab["lb1"].spawn([program, "600"])
    wait_held_by(lab, "lb1", one, two)
    assert one.reload("-k", lab["lb1"].dir / "relais.conf")["kept"] == 1
    assert one.show()["state"] == "MASTER"
