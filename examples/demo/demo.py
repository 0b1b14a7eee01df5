#!/usr/bin/python3
"""The whole picture on one machine, live: `make run`. As root; nothing outside its namespaces changes.

On a terminal it shows the shop and lets you break it by keys. Without one, or with --seconds N, it
plays a series of faults, prints the outage that a client saw for each, mends, and ends with status 0
only if everything recovered. --stack pair shows the same with Debian's keepalived and haproxy.
"""
import argparse
import os
import select
import signal
import sys
import time

from shop import LabError, Shop, wait_for
from stacks import relais_works
from view import Screen, picture

KEYS = {"c": "cut", "k": "kill", "h": "hang", "w": "web", "s": "make_slow", "d": "database_lost",
        "p": "stop"}
# the series: the fault and how long it is looked at
SERIES = (("kill", 1.0), ("cut", 1.2), ("web", 1.0), ("hang", 1.2), ("make_slow", 2.2), ("stop", 1.0),
          ("database_lost", 1.4))


def play(shop, seconds):
    """One fault after the other while time is left; at least three. Returns whether all recovered."""
    started, good = time.monotonic(), True
    print(f"the shop is open: pages come from {', '.join(sorted(shop.meter.snapshot()['served']))} by way of "
          f"192.0.2.10 on {shop.master()}, the database answers at 192.0.2.20"
          f"{'' if shop.database == 'mariadb' else ' (a small TCP server; DB=mariadb for a real one)'}",
          flush=True)
    for number, (fault, look_s) in enumerate(SERIES):
        if number >= 3 and time.monotonic() - started > seconds - 3:
            break
        holder = shop.master()
        shop.meter.begin()
        text = getattr(shop, fault)()
        time.sleep(look_s)
        recovered = wait_quietly(lambda: shop.meter.is_steady(0.3), 30)
        moved = f"{holder} -> {shop.master()}" if shop.master() != holder else f"stays on {holder}"
        outage_ms = shop.meter.outage_ms()
        shop.meter.worst_us = 0
        shop.mend()
        mended = wait_quietly(shop.is_normal, 30) and wait_quietly(lambda: shop.meter.is_steady(0.3), 30)
        print(f"  {text:<36} outage {outage_ms:6.0f} ms, on mending {shop.meter.outage_ms():4.0f} ms   "
              f"{shop.meter.snapshot()['since']:3} pages failed   VIP {moved}"
              + ("" if recovered else "   NOT RECOVERED"), flush=True)
        if not mended:
            print(f"  not as before after mending: VIP on {shop.holders.of('192.0.2.10')}, database on "
                  f"{shop.holders.of('192.0.2.20')}, servers {shop.server_states()}", flush=True)
        good = good and recovered and mended
    seen = shop.meter.snapshot()
    print(f"{seen['all_good']:,} good pages, {seen['all_failed']} failed; "
          f"{'all recovered' if good else 'not all recovered'}")
    return good


def wait_quietly(condition, seconds):
    try:
        return bool(wait_for(condition, seconds, step_s=0.02))
    except LabError:
        return False


def watch(shop):
    """The live view until q or Ctrl-C."""
    started, story, open_fault = time.monotonic(), [], False
    with Screen() as screen:
        while True:
            if open_fault:
                story[-1][2] = shop.meter.outage_ms()
            screen.draw(picture(shop, started, story))
            ready, _, _ = select.select([sys.stdin], [], [], 0.2)
            key = os.read(sys.stdin.fileno(), 1).decode(errors="replace") if ready else ""
            if key == "q":
                return
            if key in KEYS:
                shop.meter.begin()
                story.append([time.monotonic() - started, getattr(shop, KEYS[key])(), 0.0])
                open_fault = True
            elif key == "m":
                shop.meter.begin()
                shop.mend()
                story.append([time.monotonic() - started, "all mended", 0.0])
                open_fault = True


def on_signal(number, _):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--db", choices=("tcp", "mariadb"), default="tcp")
    parser.add_argument("--stack", choices=("relais", "pair"), default="relais")
    parser.add_argument("--relais", default="build/relais")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("the demo builds network namespaces: run it as root")
    if options.stack == "relais" and not relais_works(options.relais):
        sys.exit(f"{options.relais} is not there: run make first")
    signal.signal(signal.SIGTERM, on_signal)
    is_live = options.seconds is None and sys.stdin.isatty() and sys.stdout.isatty()
    good, shop = True, None
    try:
        shop = Shop(options.stack, options.db)
        if is_live:
            watch(shop)
        else:
            good = play(shop, options.seconds or 20)
    except KeyboardInterrupt:
        good = is_live
    except LabError as error:
        print(f"demo: {error}", file=sys.stderr)
        good = False
    finally:
        if shop:
            shop.close()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
