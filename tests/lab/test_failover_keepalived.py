"""relais and Debian's keepalived as the two nodes of one virtual router, each in both roles."""
import pytest

from failover_node import Keepalived, Relais, keepalived_conf
from netlab import Lab, wait_for
from vrrp_capture import Capture, check_lines, check_one_master

VIP, VIP6 = "192.0.2.10", "2001:db8::10"
LINK_LOCAL = "fe80::10"
NODES = ("lb1", "lb2")

# name: relais' arguments, keepalived's version, advert_int and further lines, addresses.
FORMS = {
    "v2-pass": (("-V", "2", "-a", "1000", "-P", "s3cret"), 2, 1,
                "authentication {\n auth_type PASS\n auth_pass s3cret\n }", [f"{VIP}/24"]),
    "v2-ah": (("-V", "2", "-a", "1000", "-A", "s3cret"), 2, 1,
              "authentication {\n auth_type AH\n auth_pass s3cret\n }", [f"{VIP}/24"]),
    "v2-ah-unicast": (("-V", "2", "-a", "1000", "-A", "s3cret", "-u", "192.0.2.12"), 2, 1,
                      "authentication {\n auth_type AH\n auth_pass s3cret\n }\n unicast_src_ip 192.0.2.12\n"
                      " unicast_peer {\n 192.0.2.11\n }", [f"{VIP}/24"]),
    "v3": (("-V", "3", "-a", "100"), 3, 0.1, "", [f"{VIP}/24"]),
    "v3-unicast-old-checksum": (("-V", "3", "-a", "100", "-u", "192.0.2.12"), 3, 0.1,
                                "old_unicast_checksum\n unicast_src_ip 192.0.2.12\n unicast_peer {\n"
                                " 192.0.2.11\n }", [f"{VIP}/24"]),
    "v3-unicast": (("-V", "3", "-a", "100", "-u", "192.0.2.12"), 3, 0.1,
                   "unicast_src_ip 192.0.2.12\n unicast_peer {\n 192.0.2.11\n }", [f"{VIP}/24"]),
    "v2-unicast": (("-V", "2", "-a", "1000", "-u", "192.0.2.12"), 2, 1,
                   "unicast_src_ip 192.0.2.12\n unicast_peer {\n 192.0.2.11\n }", [f"{VIP}/24"]),
    "ipv6": (("-V", "3", "-a", "100"), 3, 0.1, "", [f"{LINK_LOCAL}/64", f"{VIP6}/64"]),
}


@pytest.fixture
def lab():
    with Lab({"client": 2, "lb1": 11, "lb2": 12}) as built:
        yield built


@pytest.mark.parametrize("form", FORMS)
def test_each_follows_the_other(lab, form):
    args, version, advert, extra, vips = FORMS[form]
    vip = vips[-1].partition("/")[0]

    def held_by(name):
        wait_for(lambda: lab.holders(vip, NODES) == [name], 15, f"{vip} on {name} alone\n"
                 f"{relais.log_text()}\n{other.log_text()}")

    capture = Capture(lab)
    relais = Relais(lab["lb1"], "-p", "150", *args, *vips)
    relais.wait_state("MASTER", 15)
    other = Keepalived(lab["lb2"], keepalived_conf(100, vips, advert, version, extra))
    wait_for(lambda: "BACKUP STATE" in other.log_text(), 10, "keepalived as BACKUP")
    sent = relais.show()["sent"]
    wait_for(lambda: relais.show()["sent"] >= sent + 3, 10, "adverts")
    held_by("lb1")
    relais.stop()  # priority 0: keepalived takes over
    held_by("lb2")
    relais = Relais(lab["lb1"], "-p", "150", *args, *vips)
    held_by("lb1")  # preempts keepalived
    relais.stop()
    held_by("lb2")
    relais = Relais(lab["lb1"], "-p", "50", *args, *vips)
    relais.wait_state("BACKUP")
    wait_for(lambda: relais.show()["received"] >= 3, 10, "keepalived's adverts")
    assert relais.show()["dropped"] == 0
    held_by("lb2")
    other.stop()  # keepalived's priority 0: relais takes over
    held_by("lb1")
    if "old-checksum" not in form:  # which is what tcpdump would say of it
        check_wire(capture, other)
    relais.stop()


def check_wire(capture, other, vrids=(51,)):
    lines = capture.stop()
    check_lines(lines)
    for vrid in vrids:
        check_one_master(lines, vrid)
    log = other.log_text().lower()
    bad = ("invalid", "incorrect", "mismatch", "bogus", "wrong", "too long", "too short", "checksum", "error")
    assert not [word for word in bad if word in log], log


GROUP = """\
vrrp_sync_group BOTH {{
    group {{
        VI_1
        VI_6
    }}
}}
vrrp_instance VI_1 {{
    version 3
    interface eth0
    virtual_router_id 51
    priority {priority}
    advert_int 0.1
    virtual_ipaddress {{
        192.0.2.10/24
    }}
}}
vrrp_instance VI_6 {{
    interface eth0
    virtual_router_id 56
    priority {priority}
    advert_int 0.1
    virtual_ipaddress {{
        fe80::10/64
        2001:db8::10/64
    }}
    {extra}
}}
"""
SWITCH = """\
track_file ill {{
    file {}
    init_file 0
}}
"""


def test_sync_groups_move_together(lab):
    """A fault of one instance of the group takes both to keepalived, its end brings both back."""

    def held_by(name):
        wait_for(lambda: all(lab.holders(vip, NODES) == [name] for vip in (VIP, VIP6)), 15,
                 f"both on {name} alone\n{relais.log_text()}\n{other.log_text()}")

    ill = lab["lb1"].dir / "ill"
    conf = lab["lb1"].write("relais.conf", SWITCH.format(ill) + GROUP.format(
        priority=150, extra="track_file { ill weight 0 }"))
    capture = Capture(lab)
    relais = Relais(lab["lb1"], "-k", conf)
    relais.wait_state("MASTER", 15, "VI_6")
    other = Keepalived(lab["lb2"], GROUP.format(priority=100, extra=""))
    wait_for(lambda: other.log_text().count("BACKUP STATE") >= 2, 10, "keepalived as BACKUP")
    held_by("lb1")
    ill.write_text("1\n")
    held_by("lb2")
    assert {relais.state("VI_1"), relais.state("VI_6")} == {"FAULT"}
    ill.write_text("0\n")
    held_by("lb1")
    relais.stop()
    held_by("lb2")
    relais = Relais(lab["lb1"], "-k", conf)
    held_by("lb1")
    other.stop()
    assert relais.show("VI_1")["dropped"] == relais.show("VI_6")["dropped"] == 0
    check_wire(capture, other, (51, 56))
    relais.stop()


KEY = "0123456789abcdef0123456789abcdef"
SIGNED = {
    "v2-pass": (2, 1, "auth_pass s3cret", "authentication {\n auth_type PASS\n auth_pass s3cret\n }", [f"{VIP}/24"]),
    "ipv6": (3, 0.1, "", "", [f"{LINK_LOCAL}/64", f"{VIP6}/64"]),
}


@pytest.mark.parametrize("form", SIGNED)
def test_keepalived_reads_the_unsigned_copy(lab, form):
    """Keepalived before 2.4 cannot read signed adverts; with send-old the pair works until it is replaced."""
    version, advert, password, extra, vips = SIGNED[form]
    vip = vips[-1].partition("/")[0]

    def held_by(name):
        wait_for(lambda: lab.holders(vip, NODES) == [name], 15, f"{vip} on {name} alone\n"
                 f"{relais.log_text()}\n{other.log_text()}")

    conf = lab["lb1"].write("relais.conf", keepalived_conf(
        150, vips, advert, version, f"authentication {{\n auth_type HMAC\n key 1 {KEY}\n {password}\n"
        " allow-old\n send-old\n }"))
    capture = Capture(lab)
    relais = Relais(lab["lb1"], "-k", conf)
    relais.wait_state("MASTER", 15)
    other = Keepalived(lab["lb2"], keepalived_conf(100, vips, advert, version, extra))
    wait_for(lambda: "packet too long" in other.log_text(), 10, "keepalived's word on signed adverts")
    sent = relais.show()["sent"]
    wait_for(lambda: relais.show()["sent"] >= sent + 4, 10, "more than a down interval")
    held_by("lb1")
    relais.stop()
    held_by("lb2")
    relais = Relais(lab["lb1"], "-k", conf)
    held_by("lb1")
    assert relais.show()["kinds"]["old"] > 0 and relais.show()["dropped"] == 0
    other.stop()
    lines = capture.stop()
    check_lines(lines)
    check_one_master(lines)
