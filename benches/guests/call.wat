;; For `./bench call`: a function that does nothing, and one that calls the host a thousand times.
(module
  (import "host" "nothing" (func $nothing))
  (memory (export "memory") 2)
  (func (export "call"))
  (func (export "callback") (local $left i32)
    (local.set $left (i32.const 1000))
    (loop $again (call $nothing) (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
