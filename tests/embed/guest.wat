;; What the programs of this folder run: a host function, a memory, a trap three functions deep, a loop without end.
(module $guest
  (import "host" "add" (func $add (param i32 i32) (result i32)))
  (import "host" "log" (func $log (param i32 i32)))
  (memory (export "memory") 1)
  (func $run (export "run") (param i32) (result i32) (call $add (local.get 0) (i32.const 2)))
  (func $hello (export "hello") (call $log (i32.const 16) (i32.const 5)))
  (func $inner (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
  (func $middle (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1)))
  (func $divide (export "divide") (param i32) (result i32) (call $middle (local.get 0)))
  (func $spin (export "spin") (loop $again (br $again)))
  (data (i32.const 16) "hello"))
