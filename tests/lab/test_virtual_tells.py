"""What becomes of virtual and real servers is told: lvs_notify_fifo and notify_fifo, mails, scripts; at the
start, at changes, and not again at a reload. Lines and subjects are those of Keepalived 2.2.7."""
import pathlib

import pytest

import smtp_sink
from netlab import Lab, wait_for
from stacks import Relais
from virtual_rig import start_web, stop_web

SINK = pathlib.Path(smtp_sink.__file__)
VS, WEB1, WEB2 = "[192.0.2.10]:tcp:80", "[192.0.2.31]:tcp:80", "[192.0.2.32]:tcp:80"
CONF = """\
global_defs {{
    router_id R1
    script_user root
    enable_script_security
    notification_email {{
        ops@example.test
    }}
    smtp_server 127.0.0.1 2525
    notify_fifo {dir}/any
    lvs_notify_fifo {dir}/lvs
    {globals}
}}
virtual_server 192.0.2.10 80 {{
    delay_loop 0.3
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    smtp_alert
    {extra}
    quorum_up "{note} up"
    quorum_down "{note} down"
    real_server 192.0.2.31 80 {{
        notify_up "{note} web1-up"
        TCP_CHECK {{
            connect_timeout 5
            retry 0
        }}
    }}
    real_server 192.0.2.32 80 {{
        smtp_alert off
        TCP_CHECK {{
            connect_timeout 5
            retry 0
        }}
    }}
}}
"""


@pytest.fixture
def lab():
    with Lab({"lb1": 11, "web1": 31, "web2": 32}) as built:
        for name in ("web1", "web2"):
            start_web(built, name)
        yield built


def start_node(lab, extra="", globals=""):
    host = lab["lb1"]
    note = host.write("note.sh", f'#!/bin/sh\necho "$1" >> {host.dir}/events\n', 0o755)
    host.spawn(["python3", SINK, "127.0.0.1", 2525], log="sink.log")
    wait_for(lambda: smtp_sink.read(host.dir / "sink.log"), 10, "the SMTP server")
    host.write("keepalived.conf", CONF.format(dir=host.dir, note=note, extra=extra, globals=globals))
    for fifo in ("any", "lvs"):
        host.run(["mkfifo", host.dir / fifo])
        host.spawn(["cat", host.dir / fifo], log=f"{fifo}.lines")
    node = Relais(host, balancer=False)
    node.start()
    return node


def lines(lab, name):
    path = lab["lb1"].dir / name
    return path.read_text().splitlines() if path.exists() else []


def wait_lines(lab, *expected):
    for fifo in ("lvs.lines", "any.lines"):
        wait_for(lambda: lines(lab, fifo) == list(expected), 10, f"{expected} in {fifo}, not {lines(lab, fifo)}")


def subjects(lab):
    return sorted(x["headers"]["Subject"] for x in smtp_sink.read(lab["lb1"].dir / "sink.log") if "headers" in x)


def wait_subjects(lab, *expected):
    wait_for(lambda: subjects(lab) == sorted(expected), 10, f"mails {sorted(expected)}, not {subjects(lab)}")


def test_fifos_mails_and_scripts_are_told(lab):
    node = start_node(lab)
    told = [f"VS {VS} UP"]
    wait_lines(lab, *told)
    wait_for(lambda: lines(lab, "events") == ["up"], 10, "quorum_up at the start")
    stop_web(lab, "web1")
    told += [f"RS {WEB1} {VS} DOWN"]
    wait_lines(lab, *told)
    stop_web(lab, "web2")
    told += [f"RS {WEB2} {VS} DOWN", f"VS {VS} DOWN"]
    wait_lines(lab, *told)
    before = node.balancer_pids()
    node.reload()  # says nothing of what is known
    wait_for(lambda: node.balancer_pids() and not set(node.balancer_pids()) & set(before), 10, "a new balancer")
    start_web(lab, "web1")
    told += [f"RS {WEB1} {VS} UP", f"VS {VS} UP"]
    wait_lines(lab, *told)
    wait_for(lambda: sorted(lines(lab, "events")) == ["down", "up", "up", "web1-up"], 10,
             f"scripts, not {lines(lab, 'events')}")
    wait_subjects(lab, f"[R1] Virtualserver {VS} - UP", f"[R1] Virtualserver {VS} - UP",
                  f"[R1] Virtualserver {VS} - DOWN",
                  f"[R1] Realserver {WEB1} of virtual server {VS} - DOWN",
                  f"[R1] Realserver {WEB1} of virtual server {VS} - UP")
    bodies = {x["body"] for x in smtp_sink.read(lab["lb1"].dir / "sink.log") if "body" in x}
    assert any("=> TCP CHECK failed on service <=" in x for x in bodies)
    assert any("=> Gained quorum 1+0=1 <= 2 <=" in x for x in bodies)
    node.stop()


def test_a_start_tells_of_real_servers_where_that_is_asked_for(lab):
    node = start_node(lab, globals="rs_init_notifies")
    wait_lines(lab, f"RS {WEB1} {VS} UP", f"RS {WEB2} {VS} UP", f"VS {VS} UP")
    wait_for(lambda: sorted(lines(lab, "events")) == ["up", "web1-up"], 10, f"scripts, not {lines(lab, 'events')}")
    wait_subjects(lab, f"[R1] Virtualserver {VS} - UP")
    node.stop()


def test_with_alpha_the_start_is_down_until_checks_are_good(lab):
    node = start_node(lab, extra="alpha")
    wait_for(lambda: f"VS {VS} UP" in lines(lab, "lvs.lines"), 10, "the quorum")
    assert lines(lab, "lvs.lines")[0] == f"VS {VS} DOWN"
    wait_for(lambda: lines(lab, "events")[:1] == ["down"] and "up" in lines(lab, "events"), 10,
             f"quorum_down first, not {lines(lab, 'events')}")
    node.stop()
