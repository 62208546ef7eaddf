;; What `./bench density` keeps alive: a memory of 1 MiB of which each sandbox changes some pages, in places and with contents of its own.
(module
  (memory (export "memory") 16 16)
  (global $calls (mut i32) (i32.const 0))
  ;; Where page $i of sandbox $seed lies: 248 pages of 4 KiB, eight apart.
  (func $place (param $seed i32) (param $i i32) (result i32)
    (i32.mul (i32.const 4096)
      (i32.rem_u (i32.add (i32.mul (local.get $i) (i32.const 31)) (local.get $seed)) (i32.const 248))))
  (func $next (param $x i32) (result i32)
    (i32.add (i32.mul (local.get $x) (i32.const 1664525)) (i32.const 1013904223)))
  (func (export "fill") (param $seed i32) (param $pages i32)
    (local $i i32) (local $at i32) (local $end i32) (local $x i32)
    (local.set $x (local.get $seed))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (loop $each
      (local.set $at (call $place (local.get $seed) (local.get $i)))
      (local.set $end (i32.add (local.get $at) (i32.const 4096)))
      (loop $words
        (i32.store (local.get $at) (local.tee $x (call $next (local.get $x))))
        (br_if $words (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end))))
      (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $pages)))))
  ;; How often the sandbox was called, this call too; 0 when any byte of its pages is not what it should be.
  (func (export "check") (param $seed i32) (param $pages i32) (result i32)
    (local $i i32) (local $at i32) (local $end i32) (local $x i32)
    (local.set $x (local.get $seed))
    (loop $each
      (local.set $at (call $place (local.get $seed) (local.get $i)))
      (local.set $end (i32.add (local.get $at) (i32.const 4096)))
      (loop $words
        (if (i32.ne (i32.load (local.get $at)) (local.tee $x (call $next (local.get $x)))) (then (return (i32.const 0))))
        (br_if $words (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end))))
      (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $pages))))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (global.get $calls)))
