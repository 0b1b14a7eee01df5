"""The operator's log of one that runs in the background, as init scripts start it: syslog has what happens to
the VIP, under the facility that was asked for; and a reader that has stopped holds up no advertisement
(core/log/log.c)."""
import os
import select
import subprocess

import pytest

from failover_node import adverts
from netlab import Lab, Sniffer, send_signal, wait_for
from stacks import VIP, Relais

CONF = """vrrp_instance VI_1 {
    version 3
    interface eth0
    virtual_router_id 51
    priority 150
    advert_int 0.1
    virtual_ipaddress {
        %s/24
    }
}
"""
# A /dev of the host's own, with a log in it that writes down what it gets.
SYSLOGD = """
import socket, sys
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
print("ready", flush=True)
while True:
    print(log.recv(4096).decode(), flush=True)
"""
DEVICES = {"null": 3, "zero": 5, "random": 8, "urandom": 9}


@pytest.fixture
def lab():
    with Lab({"lb1": 11, "client": 2}) as built:
        yield built


def start_syslogd(host):
    host.run(["mount", "-t", "tmpfs", "none", "/dev"])
    for name, minor in DEVICES.items():
        host.run(["mknod", "-m", "666", f"/dev/{name}", "c", 1, minor])
    host.spawn(["/usr/bin/python3", "-c", SYSLOGD], log="syslog.log")
    wait_for(lambda: heard(host), 10, "the syslog daemon")


def heard(host):
    path = host.dir / "syslog.log"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize("option, priority", [((), 29), (("-S", "2"), 149)])
def test_in_the_background_syslog_has_the_moves(lab, option, priority):
    host = lab["lb1"]
    start_syslogd(host)
    (host.dir / "keepalived").symlink_to(Relais.program)
    conf = host.write("keepalived.conf", CONF % VIP)
    host.run([host.dir / "keepalived", "-f", conf, "-p", "/run/relais.pid", *option])
    wait_for(lambda: host.holds(VIP), 10, "the VIP")
    wait_for(lambda: [x for x in heard(host) if x.startswith(f"<{priority}>") and "failover: " in x
                      and "(VI_1) Entering MASTER STATE" in x], 10, f"the move\n{heard(host)}")
    pid = int((host.root / "run/relais.pid").read_text())
    host.run(["kill", "-TERM", pid])
    wait_for(lambda: not host.holds(VIP), 10, "the end")
    wait_for(lambda: [x for x in heard(host) if "stopping" in x], 10, f"its last words\n{heard(host)}")


def is_full(pid):
    """Whether a line would find no room in the pipe that is the process' stderr."""
    end = os.open(f"/proc/{pid}/fd/2", os.O_WRONLY | os.O_NONBLOCK)
    try:
        return not select.select([], [end], [], 0)[1]
    finally:
        os.close(end)


def test_a_log_that_nobody_reads_holds_up_no_advertisement(lab):
    host = lab["lb1"]
    conf = host.write("keepalived.conf", CONF % VIP)
    process = host.spawn([Relais.program, "-db", "-V", "-k", conf], stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE)
    wait_for(lambda: host.holds(VIP), 10, "the VIP")

    def say_more():
        for _ in range(20):
            host.net(["ip", "-batch", "-"], input="link set eth0 down\nlink set eth0 up\n")
        return is_full(process.pid)

    wait_for(say_more, 60, "the pipe to be full")
    wait_for(lambda: host.holds(VIP), 20, "the VIP again")
    sniffer = Sniffer(lab["client"])
    wait_for(lambda: len(adverts(sniffer)) >= 10, 10, "advertisements")
    sniffer.stop()
    said = [os.read(process.stderr.fileno(), 1 << 20)]
    assert b"are lost" not in said[0]
    send_signal(process.pid, 15)
    while part := os.read(process.stderr.fileno(), 1 << 20):
        said.append(part)
    assert b"lines are lost: nobody read them)" in b"".join(said)
    process.wait(20)
