# Runs hostile.wasm (here) with a listening socket and a client that connects and sends; prints how it ended.
import socket, subprocess
probe = socket.create_server(("127.0.0.1", 0)); port = probe.getsockname()[1]; probe.close()
guest = subprocess.Popen(["mote", "run", "--quiet", "--dir", "top/data::/", "--dir", "top/readonly::/readonly:ro", "-S", f"tcplisten=127.0.0.1:{port}", "hostile.wasm", "sockets"],
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
while guest.poll() is None:
    try: client = socket.create_connection(("127.0.0.1", port)); break
    except OSError: pass
client.sendall(b"some bytes" * 100)
print(guest.communicate()[1].decode().split(" answers")[0], "status", guest.returncode)
