"""Scripts that misbehave: track and notify scripts that hang, fork, print without end, vanish, are killed.
What they start is ended with them, memory stays small, the log has a line of each, and the state of the
address is right all the time (main/runner/runner.c, runner_job.c, runner_say.c, track/track.c, notify/notify.c)."""
import pathlib

import pytest

from failover_node import Relais
from netlab import Lab, comm_of, wait_for

CHECK = """\
#!/bin/sh
case $(cat {dir}/mode) in
fine) exit 0 ;;
fails) echo 'disk full' >&2; exit 3 ;;
hangs) trap '' TERM; sleep 4001 & sleep 4001; sleep 4001 ;;
stops) kill -STOP $$ ;;
daemon) [ -e {dir}/forked ] || {{ : >{dir}/forked; sleep 4002 & }}; exit 0 ;;
chatters) head -c 20000000 /dev/zero | tr '\\0' x; exit 0 ;;
endless) exec yes ;;
killed) kill -9 $$ ;;
esac
"""

# mode: state of the address, what the log says of it
MODES = {
    "fails": ("FAULT", "script chk says 3: disk full"),
    "hangs": ("FAULT", "script chk took too long and was ended"),
    "stops": ("FAULT", "script chk took too long and was ended"),
    "daemon": ("MASTER", None),
    "chatters": ("MASTER", None),
    "endless": ("FAULT", "script chk took too long and was ended"),
    "killed": ("FAULT", "script chk ended by signal 9"),
    "vanished": ("FAULT", "script chk cannot be run: No such file or directory"),
    "not executable": ("FAULT", "script chk cannot be run: Permission denied"),
}

CONF = """\
global_defs {{
    script_user root
    enable_script_security
}}
vrrp_script chk {{
    script "{dir}/check"
    interval 1
    timeout 1
    weight {weight}
}}
vrrp_instance VI_1 {{
    version 3
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 0.1
    virtual_ipaddress {{
        192.0.2.20/24
    }}
    track_script {{
        chk
    }}
    notify "{dir}/told VI_1"
}}
vrrp_instance VI_2 {{
    version 3
    state BACKUP
    interface eth0
    virtual_router_id 52
    priority 100
    advert_int 0.1
    virtual_ipaddress {{
        192.0.2.21/24
    }}
    track_interface {{
        extra0
    }}
    notify "{dir}/told VI_2"
}}
"""

TOLD = """\
#!/bin/sh
echo "$*" >>{dir}/events
"""


@pytest.fixture
def lab():
    with Lab({"lb1": 11}) as built:
        yield built


def start(lab, told=TOLD, weight=0):
    host = lab["lb1"]
    host.run(["ip", "link", "add", "extra0", "type", "veth", "peer", "name", "extra1"])
    for device in ("extra0", "extra1"):
        host.run(["ip", "link", "set", device, "up"])
    host.write("mode", "fine")
    host.write("check", CHECK.format(dir=host.dir), 0o755)
    host.write("told", told.format(dir=host.dir), 0o755)
    host.write("relais.conf", CONF.format(dir=host.dir, weight=weight), 0o600)
    node = Relais(host, "-k", host.dir / "relais.conf")
    node.wait_state("MASTER")
    node.wait_state("MASTER", name="VI_2")
    return host, node


def commands(host, word):
    found = []
    for pid in host.processes():
        try:
            if word.encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                found.append(pid)
        except OSError:
            pass
    return found


def memory_kib(pid):
    """0 for a process that has ended meanwhile, as a script does."""
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text(errors="replace")
    except OSError:
        return 0
    return int((text.partition("VmRSS:")[2].split() or ["0"])[0])


def set_mode(host, mode):
    check = host.dir / "check"
    if mode == "vanished":
        check.rename(host.dir / "check.away")
    elif mode == "not executable":
        check.chmod(0o644)
    else:
        host.write("mode", mode)


def mend(host):
    host.write("mode", "fine")
    if (host.dir / "check.away").exists():
        (host.dir / "check.away").rename(host.dir / "check")
    (host.dir / "check").chmod(0o755)


def test_a_check_may_do_what_it_likes(lab):
    host, node = start(lab)
    for mode, (state, line) in MODES.items():
        before = len(node.log_text())
        set_mode(host, mode)
        if state == "FAULT":
            node.wait_state("FAULT")
            wait_for(lambda: not host.holds("192.0.2.20"), 10, "the address to go")
        elif mode == "daemon":
            wait_for(lambda: commands(host, "4002"), 10, "what the script leaves behind")
        else:
            wait_for(lambda: commands(host, "20000000"), 10, "the script that writes")
            wait_for(lambda: not commands(host, "20000000"), 10, "it to end")
        assert node.state("VI_2") == "MASTER", f"{mode}\n{node.log_text()[before:]}"
        mend(host)
        node.wait_state("MASTER")
        wait_for(lambda: host.holds("192.0.2.20"), 10, "the address")
        log = node.log_text()[before:]
        if line:
            assert log.count(line) == 1, f"{mode}: {log}"
        else:
            assert "FAULT" not in log, f"{mode}: {log}"
    wait_for(lambda: not commands(host, "4001") and not commands(host, "yes"), 10, "nothing to be left")
    assert commands(host, "4002"), "what ended in time may leave somebody running"
    for pid in node.pids():
        assert memory_kib(pid) < 40000, f"{pid} {comm_of(pid)}"


def test_a_reload_changes_the_weight_of_a_check_that_fails(lab):
    host, node = start(lab, weight=-10)
    host.write("mode", "fails")
    wait_for(lambda: node.show()["priority"] == 90, 10, "priority 90")
    host.write("relais.conf", CONF.format(dir=host.dir, weight=-60), 0o600)
    assert node.reload("-k", host.dir / "relais.conf")["rebuilt"] == 0
    wait_for(lambda: node.show()["priority"] == 40, 10, "priority 40")
    host.write("relais.conf", CONF.format(dir=host.dir, weight=0), 0o600)
    node.reload("-k", host.dir / "relais.conf")
    node.wait_state("FAULT")
    host.write("mode", "fine")
    node.wait_state("MASTER")


HANGS_FOR_ONE = """\
#!/bin/sh
echo "$*" >>{dir}/events
case "$*" in VI_1*) trap '' TERM; sleep 4003 & sleep 4003; sleep 4003 ;; esac
"""


def test_a_hanging_notify_holds_up_neither_states_nor_others(lab):
    host, node = start(lab, HANGS_FOR_ONE)
    for direction in ("fails", "fine", "fails", "fine"):
        host.write("mode", direction)
        node.wait_state("FAULT" if direction == "fails" else "MASTER")
    for direction, state in (("down", "FAULT"), ("up", "MASTER")):
        host.run(["ip", "link", "set", "extra0", direction])
        node.wait_state(state, name="VI_2")
        wait_for(lambda: f"VI_2 INSTANCE VI_2 {state} 100" in (host.dir / "events").read_text(), 10,
                 f"VI_2 {state}")
    wait_for(lambda: commands(host, "4003"), 10, "VI_1's script to hang")
    node.stop()
    wait_for(lambda: not commands(host, "4003"), 10, "nobody to outlive it")


def test_a_notify_that_cannot_run_is_a_line_in_the_log(lab):
    host, node = start(lab)
    told = host.dir / "told"
    for act, line in ((lambda: told.write_text("#!/bin/sh\necho oops; exit 7\n"), "ended with status 7: oops"),
                      (lambda: told.write_text("#!/bin/sh\nkill -6 $$\n"), "was ended by signal 6"),
                      (lambda: told.chmod(0o644), "cannot be started: Permission denied"),
                      (told.unlink, "cannot be started: No such file or directory")):
        before = len(node.log_text())
        act()
        host.run(["ip", "link", "set", "extra0", "down"])
        node.wait_state("FAULT", name="VI_2")
        wait_for(lambda: line in node.log_text()[before:], 10, line)
        host.run(["ip", "link", "set", "extra0", "up"])
        node.wait_state("MASTER", name="VI_2")
    assert node.state() == "MASTER"
