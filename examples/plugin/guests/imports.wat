;; Asks for a function that no plug-in gets.
(module $imports
  (import "host" "open_file" (func $open (param i32) (result i32)))
  (memory (export "memory") 1)
  (func $buffer (export "buffer") (result i32) (i32.const 0))
  (func $on_line (export "on_line") (param i32) (result i32) (call $open (local.get 0))))
