;; The event of gc.wat without objects: the list lies in memory (benches/gc_objects.py).
(module
  (memory 1)
  (func (export "event_objects") (param $n i32) (result i32)
    (local $head i32) (local $at i32) (local $i i32) (local $sum i32)
    (local.set $at (i32.const 1024))
    (local.set $i (i32.const 32))
    (loop $build
      (i64.store (local.get $at) (i64.extend_i32_u (i32.add (local.get $i) (local.get $n))))
      (i32.store offset=8 (local.get $at) (local.get $head))
      (local.set $head (local.get $at))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $build (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (loop $add
      (local.set $sum (i32.add (local.get $sum) (i32.wrap_i64 (i64.load (local.get $head)))))
      (br_if $add (local.tee $head (i32.load offset=8 (local.get $head)))))
    (local.get $sum)))
