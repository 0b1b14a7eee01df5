"""Checkers that are no TCP connection: PING_CHECK, UDP_CHECK and DNS_CHECK by relais-probe, FILE_CHECK and
BFD_CHECK by what the failover process sees."""
import pytest

from netlab import Lab, wait_for
from stacks import Relais
from virtual_rig import ask, start_web, wait_served_by

WEBS = ("web1", "web2", "web3")
HOSTS = {"client": 2, "lb1": 11, "web1": 31, "web2": 32, "web3": 33}
CONF = """\
global_defs {{
    script_user root
    enable_script_security
}}
{top}
vrrp_instance VI_1 {{
    version 3
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 0.1
    virtual_ipaddress {{
        192.0.2.10/24
    }}
}}
virtual_server 192.0.2.10 80 {{
    delay_loop 0.3
    delay_before_retry 0.1
    lvs_sched wrr
    lvs_method NAT
    protocol TCP
    real_server 192.0.2.31 80 {{
        weight {weight}
        {web1}
    }}
    real_server 192.0.2.32 80 {{
        weight {weight}
        {web2}
    }}
    real_server 192.0.2.33 80 {{
        weight {weight}
        {web3}
    }}
}}
"""
RESPONDER = """\
import pathlib, socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("0.0.0.0", 53))
code = 0
while True:
    question, who = sock.recvfrom(2048)
    code = int(pathlib.Path(sys.argv[1]).read_text() or code)  # empty: it is being written
    sock.sendto(question[:2] + bytes([0x84, code]) + question[4:6] + bytes(6) + question[12:], who)
"""


@pytest.fixture
def lab():
    with Lab(HOSTS) as built:
        for name in WEBS:
            start_web(built, name)
        yield built


def start_node(lab, top="", weight=1, **checkers):
    host = lab["lb1"]
    host.write("keepalived.conf", CONF.format(top=top, weight=weight, **checkers))
    node = Relais(host, balancer=False)
    node.start()
    return node


def start_responder(lab, name):
    """Answers questions of DNS with the code that its file says."""
    host = lab[name]
    code = host.write("code", "0")
    host.spawn(["python3", host.write("responder.py", RESPONDER), code], log="responder.log")
    wait_for(lambda: host.run(["ss", "-Hlun", "sport = :53"]), 10, f"{name}'s responder")
    return code


def test_icmp_udp_and_dns(lab):
    codes = {name: start_responder(lab, name) for name in ("web2", "web3")}
    node = start_node(lab, web1="PING_CHECK {\n connect_timeout 1\n }",
                      web2="DNS_CHECK {\n connect_port 53\n connect_timeout 1\n delay_before_retry 0.1\n retry 1\n"
                           " type A\n name www.example.test\n }",
                      web3="UDP_CHECK {\n connect_port 53\n connect_timeout 1\n payload 1234 0100 00010000 00000000\n"
                           " require_reply 1234 8x x0\n }")
    wait_served_by(lab, *WEBS)
    codes["web2"].write_text("2")  # SERVFAIL
    wait_served_by(lab, "web1", "web3")
    codes["web3"].write_text("3")  # another reply than is asked for
    wait_served_by(lab, "web1")
    codes["web2"].write_text("0")
    wait_served_by(lab, "web1", "web2")
    lab["web1"].run(["sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=1"])  # its port 80 goes on
    wait_served_by(lab, "web2")
    lab["web1"].run(["sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=0"])
    wait_served_by(lab, "web1", "web2")
    node.stop()


def test_a_file_is_a_fault_or_a_weight(lab):
    host = lab["lb1"]
    files = {name: host.write(f"{name}.number", "0") for name in WEBS}
    top = "".join(f'track_file {name} {{\n file "{files[name]}"\n}}\n' for name in WEBS)
    node = start_node(lab, top, 5, web1="FILE_CHECK {\n track_file web1\n weight 0\n }",
                      web2="FILE_CHECK {\n track_file web2\n }\n TCP_CHECK {\n connect_timeout 5\n }",
                      web3="FILE_CHECK {\n track_file web3\n weight -2\n }")
    wait_served_by(lab, *WEBS, n=9)
    files["web1"].write_text("1")
    wait_served_by(lab, "web2", "web3", n=9)
    files["web2"].write_text("-5")  # a weight of nothing
    wait_served_by(lab, "web3", n=9)
    files["web2"].write_text("4")  # nine
    files["web3"].write_text("2")  # one
    wait_for(lambda: [ask(lab) for _ in range(10)].count("web2") == 9, 10, "nine of ten to web2", 0.05)
    before = node.balancer_pids()
    node.reload()
    wait_for(lambda: node.balancer_pids() and not set(node.balancer_pids()) & set(before), 10, "a new balancer")
    wait_for(lambda: [ask(lab) for _ in range(10)].count("web2") == 9, 10, "the same after a reload", 0.05)
    node.stop()


def test_a_neighbor_that_goes_is_noticed_by_bfd(lab):
    bfd = "bfd_instance b {{\n neighbor_ip {}\n min_rx 100\n min_tx 100\n idle_tx 1000\n {}\n}}\n"
    other = lab["web1"]
    other.write("keepalived.conf", bfd.format(lab["lb1"].ip4, ""))
    peer = Relais(other, balancer=False)
    peer.start()
    tcp = "TCP_CHECK {\n connect_timeout 5\n }"
    node = start_node(lab, bfd.format(other.ip4, "checker"), web1="BFD_CHECK {\n name b\n }", web2=tcp, web3=tcp)
    wait_served_by(lab, *WEBS)
    peer.stop()  # the web server itself goes on
    wait_served_by(lab, "web2", "web3")
    peer.start()
    wait_served_by(lab, *WEBS)
    peer.stop()
    node.stop()
