"""What a sync group tracks, in the whole program: told to every member from the start
(failover_nodes.c), and what monitoring reads of it under keepalived's name (keepalived_dump.c)."""
import json
import signal

import pytest

from netlab import Lab, send_signal, wait_for
from stacks import Relais

CONF = """\
global_defs {{
    state_dump_file {dir}/dump.data
    json_dump_file {dir}/dump.json
}}
vrrp_sync_group SG {{
    group {{
        VI_1
        VI_2
    }}
    track_interface {{
        extra0
    }}
}}
vrrp_instance VI_1 {{
    version 3
    interface eth0
    virtual_router_id 51
    advert_int 0.1
    virtual_ipaddress {{
        192.0.2.20/24
    }}
}}
vrrp_instance VI_2 {{
    version 3
    interface eth0
    virtual_router_id 52
    advert_int 0.1
    virtual_ipaddress {{
        192.0.2.21/24
    }}
}}
"""
VIPS = ("192.0.2.20", "192.0.2.21")
JSON = 36  # keepalived --signum=JSON


@pytest.fixture
def host():
    with Lab({"lb1": 11}) as built:
        yield built["lb1"]


def test_what_a_group_tracks_is_known_to_every_member(host):
    host.run(["ip", "link", "add", "extra0", "type", "veth", "peer", "name", "extra1"])
    for device in ("extra0", "extra1"):
        host.run(["ip", "link", "set", device, "up"])
    host.write("keepalived.conf", CONF.format(dir=host.dir))
    (host.dir / "keepalived").symlink_to(Relais.program)
    program = host.spawn([host.dir / "keepalived", "-n", "-l", "-f", host.dir / "keepalived.conf"],
                         log="stack.log")

    def log():
        return (host.dir / "stack.log").read_text()

    def holds(wanted):
        return all(host.holds(vip) == wanted for vip in VIPS)

    wait_for(lambda: holds(True), 20, f"both addresses\n{log()}")
    send_signal(program.pid, JSON)
    wait_for((host.dir / "dump.json").exists, 10, "the JSON dump")
    shown = json.loads((host.dir / "dump.json").read_text())
    assert [(x["data"]["iname"], x["data"]["state"], x["data"]["vipset"]) for x in shown] == \
        [("VI_1", 2, True), ("VI_2", 2, True)]
    assert shown[0]["data"]["vips"] == ["192.0.2.20/24 dev eth0 scope global set"]
    host.run(["ip", "link", "set", "extra0", "down"])
    wait_for(lambda: holds(False), 20, f"no address\n{log()}")
    send_signal(program.pid, signal.SIGUSR1)
    wait_for((host.dir / "dump.data").exists, 10, "the data dump")
    assert " VRRP Sync Group = SG, FAULT\n" in (host.dir / "dump.data").read_text()
    host.run(["ip", "link", "set", "extra0", "up"])
    wait_for(lambda: holds(True), 20, f"both again\n{log()}")
    send_signal(program.pid, signal.SIGTERM)
    program.wait(20)
