"""The time over UDP as one would write it in Python: each datagram is a strftime format."""

import socket
import time

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.1", 0))
    host, port = server.getsockname()
    print(f"listening on {host}:{port}", flush=True)
    while True:
        request, client = server.recvfrom(65507)
        try:
            reply = time.strftime(request.decode() or "%Y-%m-%d %H:%M:%S").encode()
        except ValueError as error:  # not UTF-8, or no format
            reply = f"error: {error}".encode()
        server.sendto(reply[:1024], client)
