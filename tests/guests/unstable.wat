;; A guest of wasi_unstable ("preview 0"): reads a file's size by the old filestat, seeks to its end by the old whence, waits on the
;; old subscription, and ends with the number of what was wrong, or 0. tests/cases/wasi-unstable.case.
(module
  (import "wasi_unstable" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_filestat_get" (func $fd_filestat_get (param i32 i32) (result i32)))
  (import "wasi_unstable" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "file")
  (data (i32.const 32) "twelve bytes is its size\n")
  (func $wrong (param $bad i32) (param $number i32)
    (if (local.get $bad) (then (call $proc_exit (local.get $number)))))
  (func (export "_start")
    ;; the first granted folder is 3; rights to read, seek and look at
    (call $wrong (call $path_open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 4) (i32.const 0)
      (i64.const 0x200006) (i64.const 0) (i32.const 0) (i32.const 8)) (i32.const 1))
    (call $wrong (call $fd_filestat_get (i32.load (i32.const 8)) (i32.const 256)) (i32.const 2))
    (call $wrong (i32.ne (i32.load (i32.const 276)) (i32.const 1)) (i32.const 3))      ;; links, 32 bits at 20
    (call $wrong (i64.ne (i64.load (i32.const 280)) (i64.const 12)) (i32.const 4))     ;; size, at 24
    (call $wrong (call $fd_seek (i32.load (i32.const 8)) (i64.const -2) (i32.const 1) (i32.const 512)) (i32.const 5))
    (call $wrong (i64.ne (i64.load (i32.const 512)) (i64.const 10)) (i32.const 6))     ;; 1 is the end
    ;; one clock: identifier at 16, id at 24, timeout at 32
    (i64.store (i32.const 600) (i64.const 7)) (i32.store (i32.const 624) (i32.const 1)) (i64.store (i32.const 632) (i64.const 1000))
    (call $wrong (call $poll_oneoff (i32.const 600) (i32.const 700) (i32.const 1) (i32.const 800)) (i32.const 7))
    (call $wrong (i64.ne (i64.load (i32.const 700)) (i64.const 7)) (i32.const 8))
    (i32.store (i32.const 900) (i32.const 32)) (i32.store (i32.const 904) (i32.const 25))
    (call $wrong (call $fd_write (i32.const 1) (i32.const 900) (i32.const 1) (i32.const 908)) (i32.const 9))))
