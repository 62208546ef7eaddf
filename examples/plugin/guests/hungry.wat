;; Wants 100 MiB before it starts.
(module $hungry
  (memory (export "memory") 1600)
  (func $buffer (export "buffer") (result i32) (i32.const 0))
  (func $on_line (export "on_line") (param i32) (result i32) (local.get 0)))
