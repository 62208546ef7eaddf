// AssemblyScript as a guest: its library over preview 1 (the shim maps console, process, Date and crypto), and what it leaves out, files,
// by preview 1's functions themselves. The session beside it says what must come out.
@external("wasi_snapshot_preview1", "path_open")
declare function path_open(fd: u32, dirflags: u32, path: usize, size: u32, oflags: u32, base: u64, inheriting: u64, fdflags: u32, out: usize): u32;
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: u32, iovs: usize, count: u32, out: usize): u32;
@external("wasi_snapshot_preview1", "fd_read")
declare function fd_read(fd: u32, iovs: usize, count: u32, out: usize): u32;
@external("wasi_snapshot_preview1", "fd_seek")
declare function fd_seek(fd: u32, offset: i64, whence: u32, out: usize): u32;
@external("wasi_snapshot_preview1", "fd_close")
declare function fd_close(fd: u32): u32;
@external("wasi_snapshot_preview1", "path_unlink_file")
declare function path_unlink_file(fd: u32, path: usize, size: u32): u32;

const place = memory.data(16);

function open(name: string, oflags: u32, rights: u64): i32 {
  const path = String.UTF8.encode(name);
  const errno = path_open(3, 1, changetype<usize>(path), path.byteLength, oflags, rights, 0, 0, place);
  return errno == 0 ? load<u32>(place) : -<i32>errno;
}

function files(): void {
  const fd = open("from-script", 1, 1 << 1 | 1 << 2 | 1 << 6);
  const text = String.UTF8.encode("written by a script\n");
  store<u32>(place, changetype<usize>(text));
  store<u32>(place, text.byteLength, 4);
  console.log("wrote: " + fd_write(fd, place, 1, place + 8).toString() + ", " + load<u32>(place + 8).toString());
  console.log("sought: " + fd_seek(fd, 8, 0, place + 8).toString());
  const back = new ArrayBuffer(64);
  store<u32>(place, changetype<usize>(back));
  store<u32>(place, 64, 4);
  console.log("read: " + fd_read(fd, place, 1, place + 8).toString() + ", " + String.UTF8.decode(back.slice(0, load<u32>(place + 8))).trim());
  console.log("closed: " + fd_close(fd).toString() + ", again " + fd_close(fd).toString());
  console.log("missing: " + open("missing", 0, 2).toString() + ", outside: " + open("../x", 0, 2).toString());
  const path = String.UTF8.encode("from-script");
  console.log("removed: " + path_unlink_file(3, changetype<usize>(path), path.byteLength).toString());
}

console.log("arguments: " + process.argv.slice(1).join("|"));
console.log("variable: " + (process.env.has("NAME") ? process.env.get("NAME") : "none"));
if (process.argv.length > 1 && process.argv[1] == "abort") assert(process.argv.length == 0, "said to abort");
files();
const words = new Map<string, i32>();
const input = new Uint8Array(1000);
const size = process.stdin.read(input.buffer);
const each = String.UTF8.decode(input.buffer.slice(0, size)).trim().split(" ");
for (let i = 0; i < each.length; i++) words.set(each[i], words.has(each[i]) ? words.get(each[i]) + 1 : 1);
console.log("words: " + words.size.toString() + ", the " + words.get("the").toString());
console.error("to stderr");
const year = new Date(Date.now()).getUTCFullYear();
console.log("year: " + (year > 2023 && year < 2200).toString());
const random = new Uint8Array(32);
crypto.getRandomValues(random);
let sum = 0;
for (let i = 0; i < 32; i++) sum += random[i];
console.log("random: " + (sum > 0).toString());
process.exit(5);
