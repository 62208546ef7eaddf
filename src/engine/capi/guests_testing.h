// Guests of capi_test.c.
//
// Their text (wat2wasm --enable-all --debug-names):
//
//   (module $guest
//     (type $mixed (func (param i32 i64 f32 f64 v128 i32 i32 i32 i32 i32 i32 i64 i64) (result f64 i64 i32 i32 i64 v128 f32)))
//     (import "host" "add" (func $add (param i32 i32) (result i32)))
//     (import "host" "mix" (func $mix (type $mixed)))
//     (import "host" "keep" (func $keep (param externref funcref) (result externref)))
//     (import "host" "note" (func $note (param i32 i32)))
//     (memory (export "memory") 1 4)
//     (table (export "table") 2 10 funcref)
//     (global (export "counter") (mut i64) (i64.const 5))
//     (global (export "fixed") i32 (i32.const 3))
//     (func (export "add") (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1)))
//     (func (export "mix") (type $mixed)
//       (call $mix (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7)
//         (local.get 8) (local.get 9) (local.get 10) (local.get 11) (local.get 12)))
//     (func (export "keep") (param externref) (result externref) (call $keep (local.get 0) (table.get 0 (i32.const 0))))
//     (func (export "note") (param i32 i32) (call $note (local.get 0) (local.get 1)))
//     (func (export "notes") (param i32) (loop $again (call $note (i32.const 8) (i32.const 4))
//       (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
//     (func $crash (export "crash") unreachable)
//     (func (export "spin") (loop $again (br $again)))
//     (func $recurse (export "recurse") (call $recurse))
//     (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
//     (elem (i32.const 0) $crash)
//     (data (i32.const 8) "mote"))
//
//   (module
//     (import "env" "memory" (memory 1))
//     (import "env" "table" (table 1 funcref))
//     (import "env" "number" (global $number i32))
//     (import "env" "twice" (func $twice (param i32) (result i32)))
//     (func (export "sum") (result i32)
//       (i32.add (i32.load (i32.const 4)) (i32.add (call $twice (global.get $number)) (table.size 0)))))
//
//   (module
//     (import "env" "memory" (memory 1 2 shared))
//     (func (export "store") (param i32) (i32.atomic.store (i32.const 16) (local.get 0)))
//     (func (export "wait") (result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
#pragma once

static const char guest_hex[] =
    "0061736d01000000013a08600d7f7e7d7c7b7f7f7f7f7f7f7e7e077c7e7f7f7e7b7d60027f7f017f60026f70016f60027f7f0060016f016f60017f00"
    "60000060017f017f022f0404686f737403616464000104686f7374036d6978000004686f7374046b656570000204686f7374046e6f74650003030a09"
    "0100040305060606070405017001020a050401010104060b027e0142050b7f0041030b07660d066d656d6f72790200057461626c65010007636f756e"
    "74657203000566697865640301036164640004036d69780005046b6565700006046e6f74650007056e6f74657300080563726173680009047370696e"
    "000a0772656375727365000b0467726f77000c0907010041000b01090a6a0908002000200110000b1e00200020012002200320042005200620072008"
    "2009200a200b200c10010b0a0020004100250010020b08002000200110030b14000340410841041003200041016b22000d000b0b0300000b07000340"
    "0c000b0b0400100b0b0600200040000b0b0a010041080b046d6f7465005d046e616d650006056775657374012706000361646401036d697802046b65"
    "657003046e6f7465090563726173680b0772656375727365021b0d00000100020003000400050006000700080009000a000b000c0004080100056d69"
    "786564";
static const char imports_hex[] =
    "0061736d01000000010a0260017f017f6000017f02370403656e76066d656d6f727902000103656e76057461626c650170000103656e76066e756d62"
    "6572037f0003656e760574776963650000030201010707010373756d00010a12011000410428020023001000fc10006a6a0b0021046e616d65010801"
    "000574776963650205020000010007090100066e756d626572";
static const char waits_hex[] =
    "0061736d0100000001090260017f006000017f02100103656e76066d656d6f72790203010203030200010710020573746f7265000004776169740001"
    "0a19020a0041102000fe1702000b0c0041004100427ffe0102000b000c046e616d6502050200000100";
