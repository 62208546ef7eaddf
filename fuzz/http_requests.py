"""Writes requests of every kind as seeds for the target http_server: fuzz/http_requests.py FOLDER.

Nine bytes choose protocol and cuts (http_server.cpp); what follows is sent. Frames of HTTP/2 are made here, with headers uncompressed.
"""
import pathlib, struct, sys


def request(line, *headers, body=b""):
    return "\r\n".join([f"{line} HTTP/1.1", "Host: a", *headers, "", ""]).encode("latin-1") + body


def plain():
    chunked = b"5;x=\"y\"\r\nhello\r\n0A\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
    for last in "abcdefgh":  # each makes the handler do something else
        yield request(f"GET /{last}")
        yield request(f"POST /{last}", "Content-Length: 5", body=b"hello")
        yield request(f"POST /{last}?q", "Transfer-Encoding: chunked", body=chunked) + request(f"GET /{last}", "Connection: close")
    yield b"".join(request(f"POST /{last}", "Content-Length: 3", body=b"abc") for last in "aabbccddhh")
    yield request("POST /a", "Content-Length: 5", "Expect: 100-continue", body=b"hello")
    yield b"GET /c HTTP/1.0\r\nConnection: keep-alive\r\n\r\nHEAD /c HTTP/1.0\r\n\r\n"
    yield request("OPTIONS *") + request("GET http://b:1/x?y") + b"\r\n\r\n" + request("HEAD /d")
    yield request("POST /a", "Content-Length: 5", "Transfer-Encoding: chunked", body=chunked)
    yield request("GET /" + "x" * 200) + request("GET /", "X: " + "y" * 500)
    yield request("GET /a", "X: a", " folded") + b"GET /a HTTP/1.1\nHost: a\n\n"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def headers(method, path, *more):
    block = b""
    for name, value in [(":method", method), (":scheme", "https"), (":authority", "a"), (":path", path), *more]:
        block += b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()  # literal, not indexed
    return block


def frames():
    settings = frame(4, 0, 0)
    for last in "abcdefgh":
        yield settings + frame(1, 5, 1, headers("GET", f"/{last}")) + frame(1, 4, 3, headers("POST", f"/{last}")) + frame(0, 1, 3, b"hello")
    yield settings + frame(1, 4, 1, headers("POST", "/a", ("content-length", "5"))) + frame(0, 0, 1, b"he") + frame(3, 0, 1, b"\0\0\0\x08")
    yield settings + frame(6, 0, 0, b"12345678") + frame(8, 0, 0, b"\0\1\0\0") + frame(7, 0, 0, b"\0" * 8)
    yield settings + frame(1, 0, 1, headers("GET", "/a")[:20]) + frame(9, 4, 1, headers("GET", "/a")[20:])
    yield settings + frame(1, 4, 1, headers("POST", "/h", ("cookie", "a=1"), ("cookie", "b=2"))) + frame(1, 5, 1, b"\x00\x01t\x01v")


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, choice, all_of in (("plain", b"\0", plain()), ("frames", b"\3", frames())):
        for number, content in enumerate(all_of):
            (folder / f"{name}-{number}").write_bytes(choice + bytes([0, 3, 50, 1, 200, 7, 30, 2]) + content)


main()
