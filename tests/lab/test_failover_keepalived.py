"""relais and Debian's keepalived as the two nodes of one virtual router, each in both roles."""
import pytest

from failover_node import Keepalived, Relais, keepalived_conf
from netlab import Lab, wait_for

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
    log = other.log_text().lower()
    assert not [word for word in ("invalid", "incorrect", "mismatch", "bogus", "wrong") if word in log], log
