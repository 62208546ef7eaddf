;; Its buffer lies past its memory, its answer is longer than a line, and it logs what it does not have.
(module $lies
  (import "host" "log" (func $log (param i32 i32)))
  (memory (export "memory") 1)
  (func $buffer (export "buffer") (result i32) (i32.const 0))
  (func $on_line (export "on_line") (param $size i32) (result i32)
    (if (i32.eq (local.get $size) (i32.const 1)) (then (call $log (i32.const 65000) (i32.const 1000))))
    (i32.const 1000000)))
