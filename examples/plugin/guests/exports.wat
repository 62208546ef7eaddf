;; Its on_line has another type.
(module $exports
  (memory (export "memory") 1)
  (func $buffer (export "buffer") (result i32) (i32.const 0))
  (func $on_line (export "on_line") (param i64) (result i32) (i32.const 0)))
