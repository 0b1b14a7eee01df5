"""Mail at changes of state: the same keepalived.conf under Debian's keepalived and under relais, what an
SMTP server is told by each; and a server that never answers (core/mail/mail_queue.c, helpers/relais_mail.c)."""
import pathlib

import pytest

import smtp_sink
from netlab import Lab, comm_of, wait_for
from stacks import STACKS

SINK = pathlib.Path(smtp_sink.__file__)
CONF = """\
global_defs {{
    router_id R1
    script_user root
    enable_script_security
    notification_email {{
        ops@example.test
        boss@example.test
    }}
    notification_email_from ka@example.test
    smtp_server 127.0.0.1 2525
    smtp_helo_name lb1.example.test
    smtp_connect_timeout 5
    smtp_alert
    {globals}
}}
vrrp_sync_group SG {{
    group {{
        VI_1
        VI_2
    }}
}}
vrrp_instance VI_1 {{
    version 3
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 0.2
    virtual_ipaddress {{
        192.0.2.10/24
    }}
    track_interface {{
        extra0
    }}
}}
vrrp_instance VI_2 {{
    version 3
    state BACKUP
    interface eth0
    virtual_router_id 52
    priority 100
    advert_int 0.2
    virtual_ipaddress {{
        192.0.2.13/24
    }}
}}
vrrp_instance VI_3 {{
    version 3
    state BACKUP
    interface eth0
    virtual_router_id 53
    priority 100
    advert_int 0.2
    {third}
    virtual_ipaddress {{
        192.0.2.14/24
    }}
}}
"""


@pytest.fixture
def lab():
    with Lab({"lb1": 11}) as built:
        yield built


def start_sink(host, *mode):
    host.spawn(["/usr/bin/python3", SINK, "127.0.0.1", 2525, *mode], log="sink.log")
    wait_for(lambda: smtp_sink.read(host.dir / "sink.log"), 5, "the SMTP server")


def mails(host, about=""):
    found = [m for m in smtp_sink.read(host.dir / "sink.log") if "headers" in m]
    return [m for m in found if about in m["headers"]["Subject"]]


def last_subjects(host):
    """The last thing said about each."""
    return dict(m["headers"]["Subject"].removeprefix("[R1] VRRP ").split(" - ") for m in mails(host))


def wait_all(host, state):
    expected = {x: f"Entering {state} state" for x in ("Instance VI_1", "Instance VI_2", "Group SG")}
    wait_for(lambda: expected.items() <= last_subjects(host).items(), 10,
             f"mails of {state}: {last_subjects(host)}\n{(host.dir / 'stack.log').read_text()[-3000:]}")


def start(lab, stack, **values):
    host = lab["lb1"]
    host.run(["ip", "link", "add", "extra0", "type", "veth", "peer", "name", "extra1"])
    host.run(["ip", "link", "set", "extra0", "up"])
    host.run(["ip", "link", "set", "extra1", "up"])
    host.write("keepalived.conf", CONF.format(**{"globals": "", "third": "", **values}))
    node = STACKS[stack](host, balancer=False)
    node.start()
    return host, node


def story(lab, stack):
    """From the start to the end; every mail, in the order in which those about one thing came."""
    start_sink(lab["lb1"])
    host, node = start(lab, stack, third="smtp_alert off")
    wait_all(host, "MASTER")
    host.run(["ip", "link", "set", "extra0", "down"])
    wait_all(host, "FAULT")
    host.run(["ip", "link", "set", "extra0", "up"])
    wait_all(host, "MASTER")
    text = (host.dir / "keepalived.conf").read_text()
    assert "smtp_alert off" in text
    node.stop()
    told = {}
    for mail in mails(host):
        headers = {k: v for k, v in mail["headers"].items() if k != "Date"}
        told.setdefault(headers["Subject"].split(" - ")[0], []).append(
            (mail["helo"], mail["from"], tuple(mail["to"]), tuple(headers.items()), mail["body"]))
    return told


def words_of(mail):
    """What MAIL FROM says behind the address (SIZE) is the client's own."""
    helo, sender, to, headers, body = mail
    return helo, sender.split(" ")[0], to, headers, body.strip()


def test_mails_are_those_of_keepalived():
    told = {}
    for stack in ("pair", "relais"):
        with Lab({"lb1": 11}) as lab:
            told[stack] = story(lab, stack)
    assert told["relais"].keys() == told["pair"].keys()
    for about, expected in told["pair"].items():
        assert [words_of(m) for m in told["relais"][about]] == [words_of(m) for m in expected], about


def test_no_faults_and_a_deleted_instance(lab):
    start_sink(lab["lb1"])
    host, node = start(lab, "relais", globals="no_email_faults", third="notify_deleted")
    wait_all(host, "MASTER")
    wait_for(lambda: last_subjects(host).get("Instance VI_3") == "Entering MASTER state", 10, "VI_3")
    host.run(["ip", "link", "set", "extra0", "down"])
    path = host.dir / "keepalived.conf"
    path.write_text(path.read_text().partition("vrrp_instance VI_3")[0])
    node.reload()
    wait_for(lambda: last_subjects(host).get("Instance VI_3") == "Deleted", 10, "VI_3 deleted")
    assert mails(host, "VI_3")[-1]["body"].strip() == "=> VRRP Deleted at reload <="
    assert not [m for m in mails(host) if "FAULT" in m["headers"]["Subject"]]


def test_a_server_that_says_nothing_holds_up_nothing(lab):
    start_sink(lab["lb1"], "silent")
    host, node = start(lab, "relais")
    accepted = lambda: [m for m in smtp_sink.read(host.dir / "sink.log") if "accepted" in m]
    wait_for(lambda: len(accepted()) == 4, 10, "four helpers")
    wait_for(lambda: host.holds("192.0.2.10") and host.holds("192.0.2.14"), 10, "the addresses")
    for direction in ("down", "up", "down", "up"):
        host.run(["ip", "link", "set", "extra0", direction])
        wait_for(lambda: host.holds("192.0.2.10") == (direction == "up"), 10, f"extra0 {direction}")
    helpers = [pid for pid in host.processes() if comm_of(pid) == "relais-mail"]
    assert len(helpers) <= 4
    node.stop()
    wait_for(lambda: not [pid for pid in host.processes() if comm_of(pid) == "relais-mail"], 10,
             "the helpers to end with it")


def test_mail_comes_when_the_server_is_there_again(lab):
    host, node = start(lab, "relais")
    wait_for(lambda: host.holds("192.0.2.10"), 10, "the address")
    start_sink(host)
    wait_all(host, "MASTER")
    assert [m["headers"]["Subject"] for m in mails(host, "VI_1")] == [
        f"[R1] VRRP Instance VI_1 - Entering {x} state" for x in ("BACKUP", "MASTER")]
    node.stop()
