"""What global_defs says of the program itself (main/master.c, house_files.c, reload_time.c, hook_script.c),
under keepalived's name: startup_script before all else, names of processes and files, umask,
reload_time_file; and log_unknown_vrids."""
import os
import pathlib
import signal
import stat
import time

import pytest

from netlab import Lab, comm_of, send_signal, wait_for
from stacks import Relais

VIP = "192.0.2.20"
INSTANCE = f"lab{os.getpid()}"
DATA = pathlib.Path(f"/tmp/keepalived.{INSTANCE}.data")

CONF = """\
instance {instance}
child_wait_time 2
global_defs {{
    script_user root
    enable_script_security
    process_names
    vrrp_process_name vrrp-of-lab
    data_use_instance
    umask 027
    reload_time_file {dir}/when
    startup_script {dir}/startup
    startup_script_timeout {timeout}
    shutdown_script {dir}/shutdown
    log_unknown_vrids
    vrrp_cpu_affinity 0
}}
vrrp_instance VI_1 {{
    version 3
    state BACKUP
    interface eth0
    virtual_router_id {vrid}
    priority 100
    advert_int 0.1
    virtual_ipaddress {{
        {vip}/24
    }}
    notify {dir}/told
}}
"""

STARTUP = """\
#!/bin/sh
: >{dir}/startup-began
while [ ! -e {dir}/go ]; do sleep 0.05; done
"""


@pytest.fixture
def lab():
    with Lab({"lb1": 11, "lb2": 12}) as built:
        yield built
    DATA.unlink(missing_ok=True)


def start(host, timeout=60, vrid=51, vip=VIP, startup=STARTUP):
    host.write("startup", startup.format(dir=host.dir), 0o755)
    host.write("shutdown", f"#!/bin/sh\n: >{host.dir}/shutdown-ran\n", 0o755)
    host.write("told", f"#!/bin/sh\n: >{host.dir}/told-$3\n", 0o755)
    host.write("keepalived.conf",
               CONF.format(dir=host.dir, timeout=timeout, vrid=vrid, vip=vip, instance=INSTANCE))
    (host.dir / "keepalived").symlink_to(Relais.program)
    return host.spawn([host.dir / "keepalived", "-n", "-l", "-f", host.dir / "keepalived.conf"],
                      log="stack.log")


def log(host):
    return (host.dir / "stack.log").read_text()


def wait_log(host, text, timeout_s=10):
    wait_for(lambda: text in log(host), timeout_s, f"'{text}' in\n{log(host)}")


def test_a_life_with_names_files_and_times(lab):
    host = lab["lb1"]
    program = start(host)
    wait_for((host.dir / "startup-began").exists, 10, "startup_script")
    assert not [p for p in host.processes() if comm_of(p) == "vrrp-of-lab"], "nothing before its end"
    (host.dir / "go").touch()
    wait_for(lambda: host.holds(VIP), 10, f"the address\n{log(host)}")
    assert comm_of(program.pid) == "keepalived"
    failover = [p for p in host.processes() if comm_of(p) == "vrrp-of-lab"]
    assert len(failover) == 1 and os.sched_getaffinity(failover[0]) == {0}
    pidfile = host.root / f"run/keepalived/keepalived_{INSTANCE}.pid"
    assert int(pidfile.read_text()) > 0
    wait_for((host.dir / "told-MASTER").exists, 10, "notify")
    assert stat.S_IMODE((host.dir / "told-MASTER").stat().st_mode) == 0o640
    send_signal(program.pid, signal.SIGUSR1)
    wait_for(DATA.exists, 10, "the data dump with the instance's name")
    # another address, at a set time
    conf = host.dir / "keepalived.conf"
    conf.write_text(conf.read_text().replace(VIP, "192.0.2.30"))
    when = time.time() + 4
    (host.dir / "when").write_text(time.strftime("%Y-%m-%d %H:%M:%SZ\n", time.gmtime(when)))
    wait_log(host, "reload scheduled for")
    assert host.holds(VIP)
    wait_for(lambda: host.holds("192.0.2.30") and not host.holds(VIP), 15, log(host))
    assert time.time() >= int(when)
    wait_for(lambda: not (host.dir / "when").exists(), 10, "the file with the time to go")
    assert log(host).count("Entering MASTER STATE") == 1, "it never lost its mastership"
    program.terminate()
    program.wait(20)
    assert (host.dir / "shutdown-ran").exists() and not pidfile.exists()


def test_a_startup_script_that_hangs_is_ended(lab):
    host = lab["lb1"]
    program = start(host, timeout=1)
    wait_log(host, "startup_script " + str(host.dir / "startup") + " took more than 1000 ms")
    wait_for(lambda: host.holds(VIP), 10, log(host))
    program.terminate()
    program.wait(20)


def test_a_stop_during_the_startup_script_is_a_stop(lab):
    host = lab["lb1"]
    program = start(host)
    wait_for((host.dir / "startup-began").exists, 10, "startup_script")
    program.terminate()
    program.wait(20)
    assert "Entering" not in log(host)
    wait_for(lambda: not host.processes(), 10, "the script to end too")


def test_unknown_virtual_routers_are_logged_a_few_times(lab):
    one, two = lab["lb1"], lab["lb2"]
    programs = [start(one, startup="#!/bin/sh\n"),
                start(two, vrid=77, vip="192.0.2.40", startup="#!/bin/sh\n")]
    wait_log(one, "advertisement from 192.0.2.12 for unknown VRID 77")
    wait_log(two, "advertisement from 192.0.2.11 for unknown VRID 51")
    for program in programs:
        program.terminate()
        program.wait(20)
    assert log(one).count("unknown VRID") <= 3
