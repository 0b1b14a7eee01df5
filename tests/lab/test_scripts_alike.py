"""The operator's scripts: the same keepalived.conf under Debian's keepalived and under relais, and what
scripts were run with at each step (notify/notify.c, main/hook_script.c): arguments, user, environment."""
import time
from collections import Counter

import pytest

from netlab import Lab, LabError, send_signal, wait_for
from stacks import STACKS

READER = """\
#!/bin/sh
exec cat "$1" >>{dir}/lines
"""

RECORDER = """\
#!/bin/sh
more=$(env | grep -v '^_=\\|^PWD=\\|^OLDPWD=\\|^SHLVL=' | sort | md5sum | cut -c1-8)
echo "$* as $(id -u):$(id -g) with $more" >>{dir}/told
"""

CONF = """\
global_defs {{
    router_id R1
    script_user root
    enable_script_security
    startup_script "{dir}/record startup 'a b'"
    shutdown_script "{dir}/record shutdown"
    notify_fifo {dir}/fifo
    notify_fifo_script {dir}/reader
    vrrp_notify_priority_changes
    reload_file {dir}/fence
}}
track_file points {{
    file "{dir}/points"
    weight 1
}}
vrrp_sync_group SG {{
    group {{
        VI_1
        VI_2
    }}
    notify "{dir}/record group"
    notify_master "{dir}/record group-master"
}}
vrrp_instance VI_1 {{
    version 3
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 0.2
    virtual_ipaddress {{
        192.0.2.20/24
    }}
    track_interface {{
        extra0
    }}
    notify "{dir}/record one"
    notify_master "{dir}/record one-master 'x  y' \\"z\\"" daemon
    notify_backup "{dir}/record one-backup"
    notify_fault "{dir}/record one-fault" nobody nogroup
    notify_stop "{dir}/record one-stop"
}}
vrrp_instance VI_2 {{
    version 3
    state BACKUP
    interface eth0
    virtual_router_id 52
    priority 90
    advert_int 0.2
    virtual_ipaddress {{
        192.0.2.21/24
    }}
    notify "{dir}/record two"
}}
! from here on taken out by the reload
vrrp_instance VI_3 {{
    version 3
    state BACKUP
    interface eth0
    virtual_router_id 53
    priority 80
    advert_int 0.2
    virtual_ipaddress {{
        192.0.2.22/24
    }}
    track_file {{
        points
    }}
    notify "{dir}/record three"
    notify_fault "{dir}/record three-fault"
    notify_stop "{dir}/record three-stop"
}}
vrrp_instance VI_4 {{
    version 3
    state BACKUP
    interface eth0
    virtual_router_id 54
    priority 70
    advert_int 0.2
    virtual_ipaddress {{
        192.0.2.23/24
    }}
    notify "{dir}/record four"
    notify_deleted "{dir}/record four-deleted"
    notify_stop "{dir}/record four-stop"
}}
"""


def told(host):
    path = host.dir / "told"
    return path.read_text().splitlines() if path.exists() else []


def lines(host):
    """What came out of the FIFO."""
    path = host.dir / "lines"
    return path.read_text().splitlines() if path.exists() else []


def wait_told(host, *beginnings):
    def all_there():
        lines = told(host)
        return all(any(line.startswith(x + " as") for line in lines) for x in beginnings)
    wait_for(all_there, 15, f"{beginnings} in {told(host)}\n{(host.dir / 'stack.log').read_text()[-2000:]}")


def story(stack, expected=None):
    """The lines of each step, sorted: Keepalived does not promise their order. expected: what the other was
    told; waited for, so that only what differs can make a difference, and not who was how late."""
    with Lab({"lb1": 11}) as lab:
        host = lab["lb1"]
        host.dir.chmod(0o755)
        host.run(["ip", "link", "add", "extra0", "type", "veth", "peer", "name", "extra1"])
        for device in ("extra0", "extra1"):
            host.run(["ip", "link", "set", device, "up"])
        host.write("record", RECORDER.format(dir=host.dir), 0o755)
        host.write("told", "", 0o666)
        host.write("points", "0")
        host.write("reader", READER.format(dir=host.dir), 0o755)
        conf = host.write("keepalived.conf", CONF.format(dir=host.dir))
        node, steps = STACKS[stack](host, balancer=False), {}

        def step(name, act, *beginnings):
            host.write("told", "", 0o666)
            before = len(lines(host))
            act()
            wait_told(host, *beginnings)
            wait_all_of(host, before, (expected or {}).get(name, []), (expected or {}).get(name + ", FIFO", []))
            settle(host)
            steps[name] = sorted(told(host))
            steps[name + ", FIFO"] = sorted(lines(host)[before:])

        step("start", node.start, "startup a b", "one INSTANCE VI_1 MASTER 100", "two INSTANCE VI_2 MASTER 90",
             "three INSTANCE VI_3 MASTER 80", "four INSTANCE VI_4 MASTER 70", "group GROUP SG MASTER 0",
             "group-master", "one-master x  y z")
        def points():
            host.write("points", "-7")
            wait_for(lambda: 'INSTANCE "VI_3" MASTER_PRIORITY 73' in lines(host), 10, f"priority in {lines(host)}")

        step("points", points)
        step("fault", lambda: host.run(["ip", "link", "set", "extra0", "down"]),
             "one INSTANCE VI_1 FAULT 100", "group GROUP SG FAULT 0", "one-fault")
        step("well again", lambda: host.run(["ip", "link", "set", "extra0", "up"]),
             "one INSTANCE VI_1 MASTER 100", "two INSTANCE VI_2 MASTER 90", "group GROUP SG MASTER 0",
             "group-master", "one-backup")
        conf.write_text(conf.read_text().partition("! from here on")[0])
        (host.dir / "fence").write_text("the configuration is being written")
        step("reload", lambda: reload(stack, node), "three INSTANCE VI_3 FAULT 73",
             "four INSTANCE VI_4 DELETED 70", "four-deleted")
        wait_for(lambda: not (host.dir / "fence").exists(), 10, "the reload file to go")
        step("stop", node.stop, "one-stop", "one INSTANCE VI_1 STOP 100", "two INSTANCE VI_2 STOP 90",
             "group GROUP SG STOP 0", "shutdown")
        return steps


def wait_all_of(host, before, *expected):
    """Each line as often as it is expected, or the time is over: the comparison then says what is missing."""
    def all_there():
        return all(not Counter(want) - Counter(have)
                   for want, have in zip(expected, (told(host), lines(host)[before:])))
    try:
        wait_for(all_there, 10)
    except LabError:
        pass


def reload(stack, node):
    send_signal(node.keepalived.pid if stack == "pair" else node.master.pid, 1)


def settle(host):
    """Until no script has written for a while: what comes too much is seen too."""
    seen, since = None, time.monotonic()
    while time.monotonic() - since < 1:
        now = told(host) + lines(host)
        if now != seen:
            seen, since = now, time.monotonic()
        time.sleep(0.02)


def test_scripts_are_told_what_keepalived_tells_them():
    theirs = story("pair")
    ours = story("relais", theirs)
    # Keepalived ends the FIFO's reader before it writes the last lines; here it may read them.
    assert not theirs.pop("stop, FIFO") and len(ours["stop, FIFO"]) == 3
    for step, expected in theirs.items():
        assert ours[step] == expected, step
