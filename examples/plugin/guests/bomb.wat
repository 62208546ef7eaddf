;; Takes all the memory that it gets, a page at a time, writes to all of it, and says how many pages those were.
(module $bomb
  (import "host" "log" (func $log (param i32 i32)))
  (memory (export "memory") 1)
  (func $buffer (export "buffer") (result i32) (i32.const 0))
  (func $on_line (export "on_line") (param i32) (result i32)
    (loop $more
      (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.fill (i32.const 0) (i32.const 88) (i32.mul (memory.size) (i32.const 65536)))
    (i32.store8 (i32.const 0) (i32.add (i32.const 48) (i32.div_u (memory.size) (i32.const 10))))
    (i32.store8 (i32.const 1) (i32.add (i32.const 48) (i32.rem_u (memory.size) (i32.const 10))))
    (call $log (i32.const 0) (i32.const 2))
    (i32.const 2)))
