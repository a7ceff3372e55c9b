"""TCP echo as one would write it in Python: the same buffer and a thread for each client, as in
the course's solution. `recv_into` one buffer, because `recv` makes a new one for each read."""

import socket
import threading

PART = 256 * 1024


def echo(client):
    buffer = memoryview(bytearray(PART))
    with client:
        while count := client.recv_into(buffer):
            client.sendall(buffer[:count])


with socket.create_server(("127.0.0.1", 0)) as listener:
    host, port = listener.getsockname()
    print(f"listening on {host}:{port}", flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=echo, args=(client,), daemon=True).start()
