"""The two pairs of files that people have: the one of kubeadm's guide (TCP, checks over TLS, a script of
their own) and an ordinary web pair (HTTP, cookies, forwardfor, statistics), run as they are."""
import os
import re

import pytest

from netlab import Lab, LabError, wait_for
from stacks import STACKS, VIP, start_webs

STACK = STACKS[os.environ.get("LAB_STACK", "relais")]
NODES = ("lb1", "lb2")
HOSTS = {"client": 2, "lb1": 21, "lb2": 22, "cp1": 11, "cp2": 12, "cp3": 13}

KUBE_HAPROXY = """\
# /etc/haproxy/haproxy.cfg
global
    log stdout format raw local0
    daemon

defaults
    mode                    http
    log                     global
    option                  httplog
    option                  dontlognull
    option http-server-close
    option forwardfor       except 127.0.0.0/8
    option                  redispatch
    retries                 1
    timeout http-request    10s
    timeout queue           20s
    timeout connect         5s
    timeout client          35s
    timeout server          35s
    timeout http-keep-alive 10s
    timeout check           10s

frontend apiserver
    bind *:8443
    mode tcp
    option tcplog
    default_backend apiserverbackend

backend apiserverbackend
    option httpchk

    http-check connect ssl
    http-check send meth GET uri /healthz
    http-check expect status 200

    mode tcp
    balance     roundrobin

    server cp1 192.0.2.11:6443 check verify none
    server cp2 192.0.2.12:6443 check verify none
    server cp3 192.0.2.13:6443 check verify none
"""

KUBE_KEEPALIVED = """\
! /etc/keepalived/keepalived.conf
! Configuration File for keepalived
global_defs {{
    router_id LVS_DEVEL
}}
vrrp_script check_apiserver {{
  script "{dir}/check_apiserver.sh"
  interval 1
  weight -2
  fall 3
  rise 2
}}

vrrp_instance VI_1 {{
    state {state}
    interface eth0
    virtual_router_id 51
    priority {priority}
    authentication {{
        auth_type PASS
        auth_pass 42
    }}
    virtual_ipaddress {{
        192.0.2.10
    }}
    track_script {{
        check_apiserver
    }}
}}
"""

CHECK_APISERVER = """\
#!/bin/sh
curl -sfk --max-time 2 https://localhost:8443/healthz -o /dev/null || { echo "*** no API server" >&2; exit 1; }
"""

WEB_HAPROXY = """\
global
    log stdout format raw local0 info
    maxconn 4000
    stats socket /run/haproxy/admin.sock mode 660 level admin

defaults
    log     global
    mode    http
    option  httplog
    option  dontlognull
    timeout connect 5000
    timeout client  50000
    timeout server  50000

frontend www
    bind *:80
    option forwardfor
    default_backend app

backend app
    balance roundrobin
    cookie SRV insert indirect nocache
    server app1 192.0.2.11:80 check inter 500 fall 2 rise 2 cookie app1
    server app2 192.0.2.12:80 check inter 500 fall 2 rise 2 cookie app2
    server app3 192.0.2.13:80 check inter 500 fall 2 rise 2 cookie app3 backup

listen stats
    bind *:8404
    stats enable
    stats uri /stats
    stats refresh 10s
"""

WEB_KEEPALIVED = """\
vrrp_script chk_haproxy {{
    script "killall -0 haproxy"
    interval 2
    weight 2
}}
vrrp_instance VI_1 {{
    interface eth0
    state {state}
    virtual_router_id 51
    priority {priority}
    virtual_ipaddress {{
        192.0.2.10/24
    }}
    track_script {{
        chk_haproxy
    }}
}}
"""


@pytest.fixture
def lab():
    with Lab(HOSTS) as built:
        yield built


def start_pair(lab, haproxy, keepalived):
    nodes = {}
    for name, state, priority in (("lb1", "MASTER", 101), ("lb2", "BACKUP", 100)):
        host = lab[name]
        host.write("haproxy.cfg", haproxy)
        host.write("check_apiserver.sh", CHECK_APISERVER, 0o755)
        host.write("keepalived.conf", keepalived.format(state=state, priority=priority, dir=host.dir))
        (host.root / "run/haproxy").mkdir()
        nodes[name] = STACK(host)
        nodes[name].start()
    return nodes


def wait_held_by(lab, nodes, name, seconds=20):
    try:
        wait_for(lambda: lab.holders(VIP, NODES) == [name], seconds, f"the VIP on {name} alone")
    except LabError as error:
        raise LabError(f"{error}\n" + "\n".join(f"--- {n}\n{x.log()[-2000:]}" for n, x in nodes.items())) \
            from None


def start_api_servers(lab):
    """TLS servers with a certificate nobody knows; /healthz is a file."""
    for name in ("cp1", "cp2", "cp3"):
        host = lab[name]
        host.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                  "-keyout", host.dir / "key.pem", "-out", host.dir / "cert.pem", "-days", "2"])
        host.write("healthz", f"ok from {name}\n")
        host.api = host.spawn(["openssl", "s_server", "-accept", "6443", "-key", "key.pem", "-cert",
                               "cert.pem", "-WWW", "-quiet"], log="api.log")
        wait_for(lambda: host.run(["ss", "-Hltn", "sport = :6443"]), 15, f"{name}'s server")


def healthz(lab):
    return lab["client"].run(["curl", "-sk", "-m", "10", f"https://{VIP}:8443/healthz"], check=False)


def test_the_pair_of_kubeadms_guide(lab):
    start_api_servers(lab)
    nodes = start_pair(lab, KUBE_HAPROXY, KUBE_KEEPALIVED)
    wait_held_by(lab, nodes, "lb1")
    wait_for(lambda: "ok from" in healthz(lab), 20, "an API server over the VIP")
    wait_for(lambda: {healthz(lab).strip() for _ in range(6)} == {f"ok from cp{n}" for n in (1, 2, 3)}, 20,
             "all three API servers")
    lab["cp2"].api.kill()
    wait_for(lambda: "apiserverbackend/cp2 is DOWN" in nodes["lb1"].log(), 20, "cp2 to be down")
    assert all("ok from" in healthz(lab) for _ in range(6))
    assert re.search(r"apiserver apiserverbackend/cp[123] \d+/\d+/\d+ \d+ --", nodes["lb1"].log())
    nodes["lb1"].stop()
    wait_held_by(lab, nodes, "lb2")
    assert "ok from" in healthz(lab)


def test_an_ordinary_web_pair(lab):
    start_webs(lab, ("cp1", "cp2", "cp3"))
    nodes = start_pair(lab, WEB_HAPROXY, WEB_KEEPALIVED)
    wait_held_by(lab, nodes, "lb1")

    def curl(*args):
        return lab["client"].run(["curl", "-s", "-m", "10", *args], check=False)

    wait_for(lambda: "page by cp1" in curl(f"http://{VIP}/"), 10, "a page")
    pages = "".join(curl(f"http://{VIP}/") for _ in range(6))
    assert "cp1" in pages and "cp2" in pages and "cp3" not in pages, "the backup stays out"
    head = curl("-D", "-", "-o", "/dev/null", f"http://{VIP}/").lower()
    cookie = re.search(r"set-cookie: srv=(app[12]); path=/", head)[1]
    number = cookie[-1]
    assert all(f"page by cp{number}" in curl("-b", f"SRV={cookie}", f"http://{VIP}/") for _ in range(4))
    assert f"x-forwarded-for: {lab['client'].ip4}" in curl(f"http://{VIP}/echo").lower()
    log = nodes["lb1"].log()
    assert re.search(r'192\.0\.2\.2:\d+ \[[^]]+\] www app/app[12] \d+/\d+/\d+/\d+/\d+ 200 \d+ - - --\w\w '
                     r'\d+/\d+/\d+/\d+/0 0/0 "GET / HTTP/1\.1"', log)
    assert "app1" in curl(f"http://{VIP}:8404/stats")
    lab["cp1"].webd.kill()
    lab["cp2"].webd.kill()
    wait_for(lambda: "page by cp3" in curl(f"http://{VIP}/"), 10, "the backup server")
    lab["lb1"].freeze()
    lab.cut("lb1")
    wait_held_by(lab, nodes, "lb2")
    wait_for(lambda: "page by cp3" in curl(f"http://{VIP}/"), 10, "the other node")
    lab["lb1"].thaw()
