(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "env" "memory" (memory 1))
  (func (export "read") (result i32)
    (i32.store (i32.const 4) (i32.const 0))
    (i32.store (i32.const 8) (i32.const 1))
    (if (call $fd_read (i32.const 0) (i32.const 4) (i32.const 1) (i32.const 12)) (then (return (i32.const -1))))
    (if (result i32) (i32.load (i32.const 12)) (then (i32.load8_u (i32.const 0))) (else (i32.const -1)))))
