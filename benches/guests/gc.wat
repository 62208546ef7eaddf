;; What ./bench gc measures: making objects, collecting, throwing (benches/gc_objects.py).
(module
  (rec (type $tree (struct (field (ref null $tree)) (field (ref null $tree)))))
  (rec (type $node (struct (field (mut i64)) (field (mut (ref null $node))))))
  (type $small (struct (field i32) (field i32)))
  (type $cell (struct (field (mut i64)) (field (mut i64))))
  (tag $e (param i32))
  (global $keep (mut (ref null $small)) (ref.null $small))
  ;; n structs of 16 bytes, each replaced by the next
  (func (export "allocate") (param $n i32) (result i32)
    (local $last (ref null $small))
    (loop $again
      (local.set $last (struct.new $small (local.get $n) (i32.const 7)))
      (global.set $keep (local.get $last))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (struct.get $small 0 (local.get $last)))
  (func $make (param $depth i32) (result (ref $tree))
    (if (result (ref $tree)) (i32.eqz (local.get $depth))
      (then (struct.new $tree (ref.null $tree) (ref.null $tree)))
      (else (struct.new $tree (call $make (i32.sub (local.get $depth) (i32.const 1)))
                              (call $make (i32.sub (local.get $depth) (i32.const 1)))))))
  (func $check (param $tree (ref null $tree)) (result i32)
    (if (result i32) (ref.is_null (struct.get $tree 0 (local.get $tree)))
      (then (i32.const 1))
      (else (i32.add (i32.const 1) (i32.add (call $check (struct.get $tree 0 (local.get $tree)))
                                            (call $check (struct.get $tree 1 (local.get $tree))))))))
  ;; the benchmarks game's binary trees
  (func (export "trees") (param $max i32) (result i32)
    (local $long (ref null $tree)) (local $depth i32) (local $rounds i32) (local $i i32) (local $sum i32)
    (local.set $sum (call $check (call $make (i32.add (local.get $max) (i32.const 1)))))
    (local.set $long (call $make (local.get $max)))
    (local.set $depth (i32.const 4))
    (loop $depths
      (local.set $rounds (i32.shl (i32.const 1) (i32.add (i32.sub (local.get $max) (local.get $depth)) (i32.const 4))))
      (local.set $i (i32.const 0))
      (loop $again
        (local.set $sum (i32.add (local.get $sum) (call $check (call $make (local.get $depth)))))
        (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $rounds))))
      (br_if $depths (i32.le_u (local.tee $depth (i32.add (local.get $depth) (i32.const 2))) (local.get $max))))
    (i32.add (local.get $sum) (call $check (local.get $long))))
  ;; a list of n nodes, reversed and summed up, again and again
  (func (export "list") (param $n i32) (param $rounds i32) (result i64)
    (local $head (ref null $node)) (local $back (ref null $node)) (local $next (ref null $node)) (local $i i32) (local $sum i64)
    (loop $again
      (local.set $head (ref.null $node))
      (local.set $i (local.get $n))
      (loop $build
        (local.set $head (struct.new $node (i64.extend_i32_u (local.get $i)) (local.get $head)))
        (br_if $build (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (local.set $back (ref.null $node))
      (loop $turn
        (local.set $next (struct.get $node 1 (local.get $head)))
        (struct.set $node 1 (local.get $head) (local.get $back))
        (local.set $back (local.get $head))
        (br_if $turn (i32.eqz (ref.is_null (local.tee $head (local.get $next))))))
      (loop $add
        (local.set $sum (i64.add (local.get $sum) (struct.get $node 0 (local.get $back))))
        (br_if $add (i32.eqz (ref.is_null (local.tee $back (struct.get $node 1 (local.get $back)))))))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))
  ;; keeps n structs of 24 bytes (header, two numbers) alive in an array; then garbage until a collection must have happened
  (type $many (array (mut (ref null $cell))))
  (global $live (mut (ref null $many)) (ref.null $many))
  (func (export "fill") (param $n i32)
    (global.set $live (array.new_default $many (local.get $n)))
    (loop $again
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (array.set $many (global.get $live) (local.get $n) (struct.new $cell (i64.const 1) (i64.const 2)))
      (br_if $again (local.get $n))))
  (func $raise (param $depth i32)
    (if (i32.eqz (local.get $depth)) (then (throw $e (i32.const 5))))
    (call $raise (i32.sub (local.get $depth) (i32.const 1)))
    (drop (struct.new $small (i32.const 0) (i32.const 0))))
  (func (export "throw") (param $n i32) (param $depth i32) (result i32)
    (local $sum i32)
    (loop $again
      (block $caught (result i32)
        (try_table (result i32) (catch $e $caught) (call $raise (local.get $depth)) (i32.const 0)))
      (local.set $sum (i32.add (local.get $sum)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))  ;; an event: a list of 32 numbers made and summed up, of objects …
  (func (export "event_objects") (param $n i32) (result i32)
    (local $head (ref null $node)) (local $i i32) (local $sum i32)
    (local.set $i (i32.const 32))
    (loop $build
      (local.set $head (struct.new $node (i64.extend_i32_u (i32.add (local.get $i) (local.get $n))) (local.get $head)))
      (br_if $build (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (loop $add
      (local.set $sum (i32.add (local.get $sum) (i32.wrap_i64 (struct.get $node 0 (local.get $head)))))
      (br_if $add (i32.eqz (ref.is_null (local.tee $head (struct.get $node 1 (local.get $head)))))))
    (local.get $sum))
  )
