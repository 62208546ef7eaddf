;; Calls itself without end.
(module $recurses
  (memory (export "memory") 1)
  (func $buffer (export "buffer") (result i32) (i32.const 0))
  (func $on_line (export "on_line") (param i32) (result i32) (i32.add (call $on_line (local.get 0)) (i32.const 1))))
