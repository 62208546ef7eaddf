// Zig's own library as a guest: it speaks preview 1 itself, without a libc. Arguments, environment, clocks, random numbers, standard
// streams and real files below the first granted folder. The session beside it says what must come out.
const std = @import("std");

fn files(out: anytype, allocator: std.mem.Allocator) !void {
    const cwd = std.fs.cwd();
    try cwd.makePath("a/b/c");
    var folder = try cwd.openDir("a/b", .{ .iterate = true });
    defer folder.close();
    var name: [16]u8 = undefined;
    for (0..300) |i| {
        const file = try folder.createFile(try std.fmt.bufPrint(&name, "entry{d:0>3}", .{i}), .{});
        defer file.close();
        try file.writer().writeByteNTimes('x', i);
    }
    var count: usize = 0;
    var bytes: u64 = 0;
    var walker = try cwd.walk(allocator);
    defer walker.deinit();
    while (try walker.next()) |entry| {
        if (entry.kind != .file) continue;
        count += 1;
        bytes += (try entry.dir.statFile(entry.basename)).size;
    }
    try out.print("walked: {d} files, {d} bytes\n", .{ count, bytes });

    const log = try cwd.createFile("log", .{ .read = true });
    try log.writeAll("line one\nline two\n");
    try log.seekTo(5);
    var text: [64]u8 = undefined;
    const size = try log.readAll(&text);
    try out.print("from 5 on: {d} bytes \"{s}\"\n", .{ size, std.mem.trimRight(u8, text[0..size], "\n") });
    try log.setEndPos(9);
    _ = try log.pwrite("LINE", 0);
    try log.updateTimes(1_234_567_890_123_456_789, 1_234_567_890_123_456_789);
    const stat = try log.stat();
    try out.print("size {d}, modified {d}\n", .{ stat.size, stat.mtime });
    log.close();
    try cwd.rename("log", "a/moved");
    try cwd.symLink("a/moved", "soft", .{});
    try out.print("soft: {s}\n", .{try cwd.readLink("soft", &text)});
    _ = cwd.openFile("soft", .{}) catch |e| try out.print("not followed: {s}\n", .{@errorName(e)}); // Zig asks so on WASI
    try out.print("moved: \"{s}\"\n", .{try cwd.readFile("a/moved", &text)});
    _ = cwd.openFile("missing", .{}) catch |e| try out.print("missing: {s}\n", .{@errorName(e)});
    _ = cwd.createFile("a/moved", .{ .exclusive = true }) catch |e| try out.print("exclusive: {s}\n", .{@errorName(e)});
    cwd.deleteDir("a") catch |e| try out.print("not empty: {s}\n", .{@errorName(e)});
    _ = cwd.openFile("../outside", .{}) catch |e| try out.print("outside: {s}\n", .{@errorName(e)});
    _ = cwd.openFile("/etc/passwd", .{}) catch |e| try out.print("absolute: {s}\n", .{@errorName(e)});
    try cwd.deleteTree("a");
}

pub fn main() !u8 {
    var arena = std.heap.ArenaAllocator.init(std.heap.wasm_allocator);
    const allocator = arena.allocator();
    const out = std.io.getStdOut().writer();
    const arguments = try std.process.argsAlloc(allocator);
    for (arguments[1..]) |argument| try out.print("argument: {s}\n", .{argument});
    const environment = try std.process.getEnvMap(allocator);
    try out.print("variable: {s} of {d}\n", .{ environment.get("NAME") orelse "none", environment.count() });
    if (arguments.len > 1 and std.mem.eql(u8, arguments[1], "trap")) {
        var list: []const u8 = "abc";
        list.len = arguments.len - 2;
        try out.print("{d}\n", .{list[arguments.len]});
    }
    try files(out, allocator);

    var timer = try std.time.Timer.start();
    std.time.sleep(20 * std.time.ns_per_ms);
    try out.print("slept: {}\n", .{timer.read() >= 20 * std.time.ns_per_ms});
    var random: [32]u8 = .{0} ** 32;
    std.crypto.random.bytes(&random);
    try out.print("random: {}\n", .{!std.mem.allEqual(u8, &random, 0)});
    var words = std.StringHashMap(usize).init(allocator);
    const text = try std.io.getStdIn().readToEndAlloc(allocator, 1 << 20);
    var each = std.mem.tokenizeAny(u8, text, " \n");
    while (each.next()) |word| {
        const found = try words.getOrPutValue(word, 0);
        found.value_ptr.* += 1;
    }
    try out.print("words: {d}, \"the\" {d} times\n", .{ words.count(), words.get("the") orelse 0 });
    return 3;
}
