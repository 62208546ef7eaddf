// A guest with objects and exceptions, for object_test.cpp and, in C, engine/capi/capi_test.c: plain C11 as well as C++.
//
// Its text (no assembler that Debian has knows it all: the bytes were written by hand and validated):
//
//   (module
//     (type $pair (struct (field (mut i32)) (field (mut anyref))))
//     (type $bytes (array (mut i8)))
//     (import "host" "error" (tag $error (param i32 f64)))
//     (import "host" "step" (func $step (param i32) (result i32)))
//     (export "error" (tag $error))
//     (global (export "kept") (mut anyref) (ref.null any))
//     (func (export "catch") (param i32) (result i32)
//       (block $caught (result i32 f64)
//         (try_table (result i32) (catch $error $caught) (call $step (local.get 0)))
//         return)
//       drop)
//     (func (export "pass") (param i32) (result i32) (call $step (local.get 0)))
//     (func (export "throw") (param i32) (throw $error (local.get 0) (f64.const 1.5)))
//     (func (export "pair") (param i32 anyref) (result anyref) (struct.new $pair (local.get 0) (local.get 1)))
//     (func (export "number") (param anyref) (result i32) (struct.get $pair 0 (ref.cast (ref $pair) (local.get 0))))
//     (func (export "bytes") (param i32) (result anyref) (array.new_default $bytes (local.get 0)))
//     (func (export "churn") (param i32)
//       (loop $again (drop (struct.new $pair (i32.const 0) (ref.null any)))
//         (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
//     (func (export "fill") (local anyref)
//       (loop $again (local.set 0 (struct.new $pair (i32.const 0) (local.get 0))) (br $again)))
//     (func (export "keep") (param i32) (result exnref)
//       (block $caught (result exnref)
//         (try_table (catch_all_ref $caught) (drop (call $step (local.get 0))))
//         (return (ref.null exn))))
//     (func (export "rethrow") (param exnref) (throw_ref (local.get 0)))
//     (func (export "null") (throw_ref (ref.null exn))))
#pragma once

static const char objects_hex[] =
    "0061736d0100000001390c5f027f016e015e780160027f7c0060000060017f017f60027f6e016e60016e017f60017f0060017f016e60016900600002"
    "7f7c60017f0169021b0204686f7374056572726f7204000204686f737404737465700004030c0b04040705060807030b09030606016e01d06e0b0766"
    "0d056572726f720400046b6570740300056361746368000104706173730002057468726f77000304706169720004066e756d62657200050562797465"
    "73000605636875726e00070466696c6c0008046b65657000090772657468726f77000a046e756c6c000b0a93010b1200020a1f7f0100000020001000"
    "0b0f0b1a0b0600200010000b0f00200044000000000000f83f08000b090020002001fb00000b0b002000fb1600fb0200000b07002000fb07010b1600"
    "03404100d06efb00001a200041016b22000d000b0b1201016e034041002000fb000021000c000b0b130002691f40010300200010001a0bd0690f0b0b"
    "050020000a0b0500d0690a0b0059046e616d6501520c0004737465700105636174636802047061737303057468726f7704047061697205066e756d62"
    "6572060562797465730705636875726e080466696c6c09046b6565700a0772657468726f770b046e756c6c";
