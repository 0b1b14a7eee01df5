"""Many virtual routers in one file: 50 instances, half IPv4 and half IPv6, with 255 addresses. For
test_failover_many.py and bench/failover_scale.py."""

N_INSTANCES, N_VIPS = 50, 255
HOSTS = {"lb1": 250, "lb2": 251}


def vips():
    """Addresses per instance: 25 times IPv4 and 25 times IPv6 with 5 each, the last has the rest."""
    v4 = iter(f"192.0.2.{n}/32" for n in range(1, 240))
    v6 = iter(f"2001:db8:1::{n:x}/128" for n in range(1, 300))
    for i in range(N_INSTANCES):
        extra = 5 if i == N_INSTANCES - 1 else 0
        yield [next(v4 if i % 2 == 0 else v6) for _ in range(5 + extra)]


def config(priority, advert):
    blocks = ["global_defs {\n    vrrp_version 3\n}\n"]
    for i, addresses in enumerate(vips()):
        lines = "\n".join(f"        {a}" for a in addresses)
        blocks.append(f"""vrrp_instance VI_{i + 1} {{
    state BACKUP
    interface eth0
    virtual_router_id {i + 1}
    priority {priority}
    advert_int {advert}
    virtual_ipaddress {{
{lines}
    }}
}}
""")
    return "".join(blocks)


def held(host):
    own = {host.ip4, host.ip6}
    return [a for a in host.addresses() if a not in own and (a.startswith("192.0.2.") or ":db8:1:" in a)]
