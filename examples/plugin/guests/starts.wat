;; Its start function does not end.
(module $starts
  (memory (export "memory") 1)
  (func $buffer (export "buffer") (result i32) (i32.const 0))
  (func $on_line (export "on_line") (param i32) (result i32) (local.get 0))
  (func $start (loop $again (br $again)))
  (start $start))
