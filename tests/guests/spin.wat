;; Counts for about as many tenths of a second as its argument says, on baseline code. Prints nothing.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (func $now (result i64)
    i32.const 1 i64.const 1 i32.const 0 call $clock drop
    i32.const 0 i64.load)
  (func (export "spin") (param $tenths i32) (result i64) (local $end i64) (local $turns i64)
    call $now
    local.get $tenths i64.extend_i32_u i64.const 100000000 i64.mul
    i64.add local.set $end
    loop
      local.get $turns i64.const 1 i64.add local.set $turns
      call $now local.get $end i64.lt_u br_if 0
    end
    i64.const 7))
