;; Globals: own ones lie in the instance, imported ones behind a pointer.
(module
  (import "host" "g" (global $imported (mut i64)))
  (global $counter (mut i32) (i32.const 0))
  (global $vector (mut v128) (v128.const i64x2 1 2))
  (func $count (result i32)
    global.get $counter i32.const 1 i32.add global.set $counter global.get $counter)
  (func $add (param i64)
    global.get $imported local.get 0 i64.add global.set $imported)
  (func $vector (result v128)
    global.get $vector))

;;; mote objdump -C compiler=baseline,memory=guard,cpu=v3
;; image: baseline guard opt-level=0 cpu=x86-64-v3, 3 functions, 2267 bytes
;;
;; func[0] <count> [] -> [i32]: 11 bytes at 0x4b, 44 bytes of code
;; 0x00004b  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 10 00 00 00            sub rsp, 0x10
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x00004c  global.get 1
;;         f  41 8b 84 24 80 00 00 00         mov eax, dword ptr [r12 + 0x80]  ; global 1
;; 0x00004e  i32.const 1
;; 0x000050  i32.add
;;        17  83 c0 01                        add eax, 1
;; 0x000051  global.set 1
;;        1a  41 89 84 24 80 00 00 00         mov dword ptr [r12 + 0x80], eax  ; global 1
;; 0x000053  global.get 1
;;        22  41 8b 84 24 80 00 00 00         mov eax, dword ptr [r12 + 0x80]  ; global 1
;; 0x000055  end
;;        2a  c9                              leave
;;        2b  c3                              ret
;;
;; func[1] <add> [i64] -> []: 9 bytes at 0x57, 36 bytes of code
;; 0x000057  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x000058  global.get 0
;;         f  4d 8b 5c 24 70                  mov r11, qword ptr [r12 + 0x70]  ; import of global 0
;;        14  49 8b 03                        mov rax, qword ptr [r11]
;; 0x00005a  local.get 0
;; 0x00005c  i64.add
;;        17  49 03 c5                        add rax, r13
;; 0x00005d  global.set 0
;;        1a  4d 8b 5c 24 70                  mov r11, qword ptr [r12 + 0x70]  ; import of global 0
;;        1f  49 89 03                        mov qword ptr [r11], rax
;; 0x00005f  end
;;        22  c9                              leave
;;        23  c3                              ret
;;
;; func[2] <vector> [] -> [v128]: 4 bytes at 0x61, 27 bytes of code
;; 0x000061  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 10 00 00 00            sub rsp, 0x10
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x000062  global.get 2
;;         f  c4 c1 78 10 84 24 90 00 00 00   vmovups xmm0, xmmword ptr [r12 + 0x90]  ; global 2
;; 0x000064  end
;;        19  c9                              leave
;;        1a  c3                              ret
