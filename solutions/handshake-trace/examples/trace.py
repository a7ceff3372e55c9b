"""Also right: another language. Python, standard library only; the machine as a table of strings,
`live` with the server closing first, both files of the table read by itself.

Run it: python3 trace.py live
"""

import argparse
import os
import sys
import time

CODES = dict(enumerate(
    ["ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED",
     "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "SYN-RECEIVED"], start=1))

MACHINE = """
CLOSED        passive-open LISTEN; active-open SYN-SENT send SYN
LISTEN        rcv-syn SYN-RECEIVED send SYN,ACK; send SYN-SENT send SYN; close CLOSED
SYN-SENT      rcv-syn SYN-RECEIVED send SYN,ACK; rcv-syn-ack ESTABLISHED send ACK
SYN-SENT      rcv-rst CLOSED; close CLOSED
SYN-RECEIVED  rcv-ack ESTABLISHED; close FIN-WAIT-1 send FIN
SYN-RECEIVED  rcv-fin CLOSE-WAIT send ACK; rcv-rst LISTEN
ESTABLISHED   close FIN-WAIT-1 send FIN; rcv-fin CLOSE-WAIT send ACK; rcv-rst CLOSED
FIN-WAIT-1    rcv-ack FIN-WAIT-2; rcv-fin CLOSING send ACK; rcv-fin-ack TIME-WAIT send ACK
FIN-WAIT-1    rcv-rst CLOSED
FIN-WAIT-2    rcv-fin TIME-WAIT send ACK; rcv-rst CLOSED
CLOSE-WAIT    close LAST-ACK send FIN; rcv-rst CLOSED
CLOSING       rcv-ack TIME-WAIT; rcv-rst CLOSED
LAST-ACK      rcv-ack CLOSED; rcv-rst CLOSED
TIME-WAIT     rcv-fin TIME-WAIT send ACK; timeout CLOSED; rcv-rst CLOSED
"""

EVENTS = ("passive-open active-open send close rcv-syn rcv-syn-ack rcv-ack rcv-fin rcv-fin-ack "
          "rcv-rst timeout").split()


# What `next` doesn't need is imported where it is needed: it is the shortest of the roles.


def next_state(state, event):
    """The answer to `next`, or None."""
    for line in MACHINE.split("\n"):
        origin, _, edges = line.partition(" ")
        for edge in edges.split(";") if origin == state else ():
            what, _, answer = edge.strip().partition(" ")
            if what == event:
                return answer
    return None


def address(column):
    """`0100007F:2382` as (ip, port). Raises ValueError for what is none."""
    import ipaddress
    digits, port = column.split(":")
    if len(digits) not in (8, 32):
        raise ValueError(column)
    words = [bytes.fromhex(digits[at:at + 8])[::-1] for at in range(0, len(digits), 8)]
    return ipaddress.ip_address(b"".join(words)), int(port, 16)


def shown(end):
    ip, port = end
    if ip.version == 4:
        return f"{ip}:{port}"
    if ip.ipv4_mapped:
        return f"[::ffff:{ip.ipv4_mapped}]:{port}"
    return f"[{ip}]:{port}"


def rows(lines):
    """(local, remote, state) of each line that is a row."""
    for line in lines:
        columns = line.split()
        try:
            local, remote, code = address(columns[1]), address(columns[2]), int(columns[3], 16)
        except (IndexError, ValueError):
            continue
        yield local, remote, CODES.get(code, f"{code:02X}")


def system_table():
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        if name.endswith("6") and not os.path.exists(name):
            continue
        with open(name, encoding="ascii") as table:
            yield from rows(table)


def say(*words):
    print(*words, flush=True)


def table(path):
    with open(path, encoding="utf-8", errors="replace") as lines:
        for local, remote, state in rows(lines):
            say(shown(local), shown(remote), state)


def watch(port, seconds):
    end, before = time.monotonic() + seconds, {}
    while True:
        now = {(local, remote): state for local, remote, state in system_table()
               if port in (local[1], remote[1])}
        for (local, remote), state in now.items():
            if before.get((local, remote)) != state:
                say(shown(local), shown(remote), state)
        before = now
        left = end - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(0.05, left))


def live():
    """The server closes first: it is the one that waits."""
    import ipaddress
    import socket
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    here = listener.getsockname()
    there = None

    def end(pair):
        return pair and (ipaddress.ip_address(pair[0]), pair[1])

    def step(name, *due):
        until = time.monotonic() + 2
        while True:
            states = {(local, remote): state for local, remote, state in system_table()}
            ends = (end(there), end(here)), (end(here), end(there))
            seen = [states.get(pair, "CLOSED") for pair in ends]
            if there is None:
                listening = (end(here), end(("0.0.0.0", 0)))
                seen = ["CLOSED", states.get(listening, "CLOSED")]
            if seen == list(due) or time.monotonic() > until:
                break
            time.sleep(0.005)
        say(f"{name} | client {seen[0]} | server {seen[1]}")

    step("nobody has called", "CLOSED", "LISTEN")
    client = socket.create_connection(here)
    server, there = listener.accept()
    step("the call is taken", "ESTABLISHED", "ESTABLISHED")
    server.shutdown(socket.SHUT_WR)
    step("the server has said all", "CLOSE-WAIT", "FIN-WAIT-2")
    client.sendall(b"not me")
    server.recv(6, socket.MSG_WAITALL)
    step("the client talks on", "CLOSE-WAIT", "FIN-WAIT-2")
    client.close()
    step("so has the client", "CLOSED", "TIME-WAIT")


def host_and_port(text):
    import re
    found = re.fullmatch(r"(?:\[[0-9a-fA-F:.]+\]|[^\s:/@\[\]]+):(\d{1,5})", text)
    if not found or int(found[1]) > 65535:
        raise argparse.ArgumentTypeError(f"invalid address {text!r}, write HOST:PORT")
    return int(found[1])


def main():
    parser = argparse.ArgumentParser(description="TCP states")
    roles = parser.add_subparsers(dest="role", required=True)
    roles.add_parser("live")
    roles.add_parser("table").add_argument("file")
    watcher = roles.add_parser("watch")
    watcher.add_argument("--addr", type=host_and_port, default="127.0.0.1:9090")
    watcher.add_argument("--for", type=float, default=60, dest="seconds")
    machine = roles.add_parser("next")
    machine.add_argument("state", choices=sorted(set(CODES.values())))
    machine.add_argument("event", choices=EVENTS)
    for role in roles.choices.values():
        role.add_argument("--color", choices=["auto", "always", "never"], default="auto")
    words = sys.argv[1:]
    if not words or words[0].startswith("-") and words[0] not in ("-h", "--help"):
        words.insert(0, "live")
    given = parser.parse_args(words)
    try:
        if given.role == "live":
            live()
        elif given.role == "table":
            table(given.file)
        elif given.role == "watch":
            watch(given.addr, given.seconds)
        else:
            answer = next_state(given.state, given.event)
            if answer is None:
                print(f"{given.state}: no transition for {given.event}", file=sys.stderr)
                sys.exit(1)
            say(answer)
    except BrokenPipeError:
        sys.exit(0)  # nobody reads our stdout any more
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


main()
