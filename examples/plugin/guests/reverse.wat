;; A plug-in in the text format: answers with the line's bytes in reverse.
(module $reverse
  (memory (export "memory") 1)
  (func $buffer (export "buffer") (result i32) (i32.const 0))
  (func $on_line (export "on_line") (param $size i32) (result i32)
    (local $low i32) (local $high i32) (local $byte i32)
    (local.set $high (local.get $size))
    (block $done
      (loop $next
        (local.set $high (i32.sub (local.get $high) (i32.const 1)))
        (br_if $done (i32.ge_s (local.get $low) (local.get $high)))
        (local.set $byte (i32.load8_u (local.get $low)))
        (i32.store8 (local.get $low) (i32.load8_u (local.get $high)))
        (i32.store8 (local.get $high) (local.get $byte))
        (local.set $low (i32.add (local.get $low) (i32.const 1)))
        (br $next)))
    (local.get $size)))
