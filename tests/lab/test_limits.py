"""What one node does at its limits and with what others send: a full descriptor table, foreign and broken
advertisements, binds on addresses that are not here, scripts that look for a process named haproxy."""
import os
import re
import signal
import socket
import struct

import pytest

from netlab import Lab, comm_of, is_alive, send_signal, wait_for
from stacks import HAPROXY_CFG, Relais, VIP, start_webs, write_files

KEEPALIVED_CONF = """\
global_defs {{
    script_user root
    enable_script_security
}}
{scripts}
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 0.1
    version 3
    virtual_ipaddress {{
        192.0.2.10/24
    }}
    track_script {{
{names}
    }}
}}
"""


@pytest.fixture
def lab():
    with Lab({"client": 2, "lb1": 11, "web1": 31, "web2": 32, "web3": 33}) as built:
        start_webs(built)
        yield built


@pytest.fixture
def node(lab):
    started = Relais(lab["lb1"])
    write_files(lab["lb1"], 0.1)
    yield started
    started.kill()


def track(host, scripts):
    """keepalived.conf of one instance that needs every one of these scripts: name -> command."""
    blocks = "\n".join(f'vrrp_script {name} {{\n    script "{command}"\n    interval 1\n    fall 1\n    rise 1\n}}'
                       for name, command in scripts.items())
    host.write("keepalived.conf", KEEPALIVED_CONF.format(
        scripts=blocks, names="\n".join(f"        {name}" for name in scripts)))


def wait_master(lab, node):
    wait_for(lambda: lab["lb1"].holds(VIP), 10, f"the VIP\n{node.log()}")
    wait_for(lambda: " MASTER " in node.ask("show vip"), 10, "show vip to say so")


def request(sock, close=False):
    """One request on a kept connection; the status line of its answer, or "" when it was closed."""
    sock.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n%s\r\n" % (b"Connection: close\r\n" if close else b""))
    answer = b""
    while b"\r\n\r\n" not in answer:
        data = sock.recv(65536)
        if not data:
            break
        answer += data
    return answer.split(b"\r\n")[0].decode()


def test_a_full_descriptor_table_keeps_the_old_connections(lab, node):
    lab["lb1"].write("haproxy.cfg", HAPROXY_CFG.replace("maxconn 4000", "maxconn 4000\n    nbthread 1")
                     .replace("inter 500ms", "inter 60s"))  # a check needs a descriptor too
    master = lab["lb1"].spawn(["/usr/bin/prlimit", "--nofile=60:60", Relais.program, "-db", "-f",
                               lab["lb1"].dir / "haproxy.cfg", "-k", lab["lb1"].dir / "keepalived.conf"],
                              log="stack.log")
    node.master, node.parts = master, [master]
    wait_for(lambda: lab["lb1"].holds(VIP), 10, f"the VIP\n{node.log()}")

    def connect():
        sock = lab["client"].socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.settimeout(10)
        sock.connect((VIP, 80))
        return sock

    kept = [connect() for _ in range(5)]
    assert [request(s) for s in kept] == ["HTTP/1.1 200 OK"] * 5
    crowd = [connect() for _ in range(150)]
    wait_for(lambda: "file descriptors are in use" in node.log(), 10, f"the log to say why\n{node.log()}")
    assert [request(s) for s in kept] == ["HTTP/1.1 200 OK"] * 5, "those we have go on"
    assert lab["lb1"].holds(VIP), "the node is not lost by it"
    before = node.log().count("file descriptors are in use")
    for sock in crowd:
        sock.close()
    new = connect()
    assert request(new) == "HTTP/1.1 200 OK", "once some are free new ones are served"
    assert before <= 3, "and it was said without a flood"
    for sock in kept + [new]:
        sock.close()


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def advert(lab, vrid=51, version=3, priority=1, good=True, addresses=(VIP,)):
    body = struct.pack("!BBBBHH", version << 4 | 1, vrid, priority, len(addresses), 10, 0)
    body += b"".join(socket.inet_aton(a) for a in addresses)
    pseudo = socket.inet_aton(lab["client"].ip4) + socket.inet_aton("224.0.0.18") + \
        struct.pack("!BBH", 0, 112, len(body))
    body += bytes(8) if version == 2 else b""
    value = checksum(pseudo + body if version == 3 else body) ^ (0 if good else 0x5555)
    return body[:6] + struct.pack("!H", value) + body[8:]


def test_malformed_advertisements_are_counted_by_kind_and_move_nothing(lab, node):
    node.start()
    wait_master(lab, node)
    sock = lab["client"].socket(socket.AF_INET, socket.SOCK_RAW, 112)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(lab["client"].ip4))

    def send(data, ttl=255):
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
        sock.sendto(data, ("224.0.0.18", 0))

    send(advert(lab, priority=255), ttl=64)
    send(advert(lab, priority=255, good=False))
    send(advert(lab, priority=255, good=False))
    send(advert(lab, priority=255)[:6])
    send(advert(lab, priority=255, version=2))
    send(advert(lab, priority=255, addresses=("192.0.2.77",)))
    wait_for(lambda: "dropped 5" in node.ask("show vip"), 10, f"five of its VRID dropped\n{node.ask('show vip')}")
    line = node.ask("show vip")
    for kind in ("ttl 1", "checksum 2", "version 1", "address-list 1"):
        assert kind in line
    assert " MASTER " in line and lab["lb1"].holds(VIP)
    assert "wrong checksum" in node.log() and "shorter than a VRRP header" in node.log()
    sock.close()


def test_a_bind_is_freed_of_having_its_address_for_vips_only(lab, node):
    host = lab["lb1"]
    write_files(host, 0.1, haproxy_cfg=HAPROXY_CFG.replace("bind :80", f"bind {VIP}:80"))
    assert host.run(["cat", "/proc/sys/net/ipv4/ip_nonlocal_bind"]).strip() == "0"
    node.start()
    wait_master(lab, node)
    assert "200 OK" in lab["client"].run(["curl", "-si", "-m", "10", f"http://{VIP}/health"])
    node.stop()
    write_files(host, 0.1, haproxy_cfg=HAPROXY_CFG.replace("bind :80", "bind 192.0.2.99:80"))
    failed = host.spawn([Relais.program, "-db", "-f", host.dir / "haproxy.cfg", "-k",
                         host.dir / "keepalived.conf"], log="refused.log", reap=False)
    assert failed.wait(20) == 1
    log = (host.dir / "refused.log").read_text()
    assert re.search(r"haproxy\.cfg:\d+.*192\.0\.2\.99:80.*no interface has this address", log), log
    assert not host.holds(VIP)


IDIOMS = {"a": "killall -0 haproxy", "b": "pidof haproxy", "c": "/usr/bin/pgrep -x haproxy",
          "d": "systemctl is-active haproxy", "e": "/bin/sh -c 'killall -0 haproxy || exit 1'"}


def test_scripts_that_ask_for_haproxy_are_answered_from_inside(lab, node):
    """No process has that name, and no script is run; a balancer that hangs fails them all."""
    host = lab["lb1"]
    path = host.write("ask.sh", "#!/bin/bash\nif ! pidof haproxy >/dev/null; then\n  exit 1\nfi\nexit 0\n", 0o755)
    track(host, {**IDIOMS, "f": path})
    check = host.run([Relais.program, "-c", "-f", host.dir / "haproxy.cfg", "-k", host.dir / "keepalived.conf"])
    assert "valid" in check
    node.start()
    wait_master(lab, node)
    assert "haproxy" not in [comm_of(pid) for pid in host.processes()]
    pids = node.balancer_pids()
    node.hang_balancer()
    wait_for(lambda: not host.holds(VIP), 10, "the VIP to be given up")
    assert pids


ASKS_BY_ITSELF = """\
#!/usr/bin/python3
import os, sys
def name(p):
    try:
        return open(f"/proc/{p}/comm").read().strip()
    except OSError: # it has ended meanwhile
        return None
sys.exit("haproxy" not in [name(p) for p in os.listdir("/proc") if p.isdigit()])
"""


@pytest.mark.parametrize("name, found", (("relais", False), ("haproxy", True)))
def test_a_script_that_cannot_be_read_finds_the_name_that_we_run_under(lab, node, name, found):
    host = lab["lb1"]
    track(host, {"own": host.write("ask.py", ASKS_BY_ITSELF, 0o755)})
    link = host.dir / "bin" / name
    link.parent.mkdir()
    os.symlink(Relais.program, link)
    node.program = link
    node.pids_of = lambda comm: []
    node.failover_pid = lambda: True
    node.start()
    wait_for((host.root / "run/haproxy/admin.sock").exists, 15, f"the runtime socket\n{node.log()}")
    if found:
        wait_master(lab, node)
        return
    wait_for(lambda: 'reason "script own' in node.ask("show vip"), 10, f"the reason\n{node.ask('show vip')}")
    wait_for(lambda: " FAULT " in node.ask("show vip") and not host.holds(VIP), 10, f"a fault\n{node.ask('show vip')}")


@pytest.mark.parametrize("times", (1, 2, 3))
def test_a_failover_killed_again_and_again_leaves_no_address_nobody_guards(lab, node, times):
    node.start()
    wait_master(lab, node)
    for _ in range(times):
        pid = wait_for(node.failover_pid, 15, "a failover process")
        send_signal(pid, signal.SIGKILL)
        wait_for(lambda: not is_alive(pid), 10, "its end")
        # held only while somebody guards it
        wait_for(lambda: node.failover_pid() or not lab["lb1"].holds(VIP), 10, "a guard or no address")
    wait_for(lambda: node.failover_pid(), 20, "another")
    wait_master(lab, node)
    node.stop()
    assert not lab["lb1"].holds(VIP)


def test_a_failover_that_may_not_work_is_told_at_the_start(lab, node):
    host = lab["lb1"]
    command = ["/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--bounding-set=-all",
               Relais.program, "-db", "-k", host.dir / "keepalived.conf"]
    refused = host.spawn(command, log="refused.log", reap=False)
    assert refused.wait(20) == 1
    log = (host.dir / "refused.log").read_text()
    assert "CAP_NET_ADMIN" in log and "serving" not in log
    conf = host.dir / "keepalived.conf"
    conf.write_text(conf.read_text().replace("interface eth0", "interface etho"))
    both = host.spawn([Relais.program, "-c", "-k", conf], log="check.log", reap=False)
    assert both.wait(20) == 0
    assert "no interface 'etho' on this machine" in (host.dir / "check.log").read_text()
