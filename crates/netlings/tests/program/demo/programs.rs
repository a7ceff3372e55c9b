//! Programs to be shown, in Python: enough of a lesson for its demo.

/// A chat: each side prints what comes and sends what is typed.
pub(crate) const CHAT: &str = "
import os, socket, sys, threading
role, addr = sys.argv[1], sys.argv[sys.argv.index('--addr') + 1]
host, port = addr.rsplit(':', 1)
if role == 'server':
    listener = socket.create_server((host, int(port)))
    print('listening on %s:%d' % listener.getsockname(), flush=True)
    peer, _ = listener.accept()
else:
    peer = socket.create_connection((host, int(port)))
def show():
    while got := peer.recv(4096):
        os.write(1, got)
    os._exit(0)
threading.Thread(target=show).start()
while line := os.read(0, 4096):
    peer.sendall(line)
peer.shutdown(socket.SHUT_WR)
";

/// A file-ipc that is enough for its demo.
pub(crate) const FILE_IPC: &str = "
import os, sys, time
args = sys.argv[2:]
file = args[args.index('--file') + 1]
if sys.argv[1] == 'send':
    text = sys.stdin.buffer.read() if args[0] == '-' else args[0].encode()
    open(file + '.new', 'wb').write(text)
    os.replace(file + '.new', file)
    sys.exit(0)
late = time.monotonic() + (float(args[args.index('--timeout') + 1]) if '--timeout' in args else 99)
while not os.path.exists(file):
    if time.monotonic() > late:
        sys.exit('error: timed out')
    time.sleep(0.01)
sys.stdout.buffer.write(open(file, 'rb').read())
if '--take' in args:
    os.remove(file)
";

/// A watch that is enough for its demo: IPv4 on loopback, little-endian.
#[cfg(target_os = "linux")]
pub(crate) const WATCH: &str = "
import sys, time
port = sys.argv[sys.argv.index('--addr') + 1].rsplit(':', 1)[1]
names = 'ESTABLISHED SYN-SENT SYN-RECEIVED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSED CLOSE-WAIT LAST-ACK LISTEN CLOSING'.split()
def addr(text):
    ip, port = text.split(':')
    return '.'.join(str(byte) for byte in reversed(bytes.fromhex(ip))) + ':' + str(int(port, 16))
seen = {}
while True:
    for line in open('/proc/net/tcp').read().splitlines()[1:]:
        words = line.split()
        row = (addr(words[1]), addr(words[2]))
        state = names[int(words[3], 16) - 1]
        if port in (row[0].split(':')[1], row[1].split(':')[1]) and seen.get(row) != state:
            seen[row] = state
            print(*row, state, flush=True)
    time.sleep(0.01)
";
