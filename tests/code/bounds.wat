;; Bounds in dense mode: one comparison with the length; masked, so that a mispredicted one reads nothing of another's. 64-bit memories
;; are compared in both modes.
(module
  (memory $m 1)
  (memory $n i64 1)
  (func $small_offset (param i32) (result i32)
    local.get 0 i32.load offset=4)
  (func $large_offset (param i32) (result i64)
    local.get 0 i64.load offset=0x10000000)
  (func $wide (param i64) (result i32)
    local.get 0 i32.load $n)
  (func $store (param i32 i64)
    local.get 0 local.get 1 i64.store))

;;; mote objdump -C compiler=baseline,memory=dense,cpu=v3
;; image: baseline dense opt-level=0 cpu=x86-64-v3, 4 functions, 2412 bytes
;;
;; func[0] <small_offset> [i32] -> [i32]: 7 bytes at 0x31, 59 bytes of code
;; 0x000031  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000032  local.get 0
;; 0x000034  i32.load offset=4
;;        12  49 8d 45 08                     lea rax, [r13 + 8]
;;        16  49 3b 44 24 18                  cmp rax, qword ptr [r12 + 0x18]  ; memory 0 length
;;        1b  0f 87 15 00 00 00               ja L1
;;        21  41 bb 04 00 00 00               mov r11d, 4
;;        27  49 0f 47 c3                     cmova rax, r11
;;        2b  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        30  8b 44 03 fc                     mov eax, dword ptr [rbx + rax - 4]
;; 0x000037  end
;;        34  c9                              leave
;;        35  c3                              ret
;; 0x000034  i32.load offset=4
;;   L1:
;;        36  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;;
;; func[1] <large_offset> [i32] -> [i64]: 11 bytes at 0x39, 63 bytes of code
;; 0x000039  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x00003a  local.get 0
;; 0x00003c  i64.load offset=268435456
;;        12  49 8d 85 08 00 00 10            lea rax, [r13 + 0x10000008]
;;        19  49 3b 44 24 18                  cmp rax, qword ptr [r12 + 0x18]  ; memory 0 length
;;        1e  0f 87 16 00 00 00               ja L1
;;        24  41 bb 08 00 00 00               mov r11d, 8
;;        2a  49 0f 47 c3                     cmova rax, r11
;;        2e  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        33  48 8b 44 03 f8                  mov rax, qword ptr [rbx + rax - 8]
;; 0x000043  end
;;        38  c9                              leave
;;        39  c3                              ret
;; 0x00003c  i64.load offset=268435456
;;   L1:
;;        3a  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;;
;; func[2] <wide> [i64] -> [i32]: 8 bytes at 0x45, 77 bytes of code
;; 0x000045  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x000046  local.get 0
;; 0x000048  i32.load 1
;;         f  49 8b c5                        mov rax, r13
;;        12  48 83 c0 04                     add rax, 4
;;        16  0f 82 27 00 00 00               jb L1
;;        1c  49 3b 84 24 a8 00 00 00         cmp rax, qword ptr [r12 + 0xa8]
;;        24  0f 87 1e 00 00 00               ja L2
;;        2a  41 bb 04 00 00 00               mov r11d, 4
;;        30  49 0f 47 c3                     cmova rax, r11
;;        34  4d 8b 9c 24 80 00 00 00         mov r11, qword ptr [r12 + 0x80]  ; memory 1
;;        3c  41 8b 44 03 fc                  mov eax, dword ptr [r11 + rax - 4]
;; 0x00004c  end
;;        41  c9                              leave
;;        42  c3                              ret
;; 0x000048  i32.load 1
;;   L1:
;;        43  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;;   L2:
;;        48  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;;
;; func[3] <store> [i32 i64] -> []: 9 bytes at 0x4e, 60 bytes of code
;; 0x00004e  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x00004f  local.get 0
;; 0x000051  local.get 1
;; 0x000053  i64.store
;;        12  49 8d 45 08                     lea rax, [r13 + 8]
;;        16  49 3b 44 24 18                  cmp rax, qword ptr [r12 + 0x18]  ; memory 0 length
;;        1b  0f 87 16 00 00 00               ja L1
;;        21  41 bb 08 00 00 00               mov r11d, 8
;;        27  49 0f 47 c3                     cmova rax, r11
;;        2b  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        30  4c 89 74 03 f8                  mov qword ptr [rbx + rax - 8], r14
;; 0x000056  end
;;        35  c9                              leave
;;        36  c3                              ret
;; 0x000053  i64.store
;;   L1:
;;        37  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access

;;; mote objdump -C compiler=baseline,memory=guard,cpu=v3 --func wide
;; image: baseline guard opt-level=0 cpu=x86-64-v3, 4 functions, 2349 bytes
;;
;; func[2] <wide> [i64] -> [i32]: 8 bytes at 0x45, 77 bytes of code
;; 0x000045  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x000046  local.get 0
;; 0x000048  i32.load 1
;;         f  49 8b c5                        mov rax, r13
;;        12  48 83 c0 04                     add rax, 4
;;        16  0f 82 27 00 00 00               jb L1
;;        1c  49 3b 84 24 a8 00 00 00         cmp rax, qword ptr [r12 + 0xa8]
;;        24  0f 87 1e 00 00 00               ja L2
;;        2a  41 bb 04 00 00 00               mov r11d, 4
;;        30  49 0f 47 c3                     cmova rax, r11
;;        34  4d 8b 9c 24 80 00 00 00         mov r11, qword ptr [r12 + 0x80]  ; memory 1
;;        3c  41 8b 44 03 fc                  mov eax, dword ptr [r11 + rax - 4]
;; 0x00004c  end
;;        41  c9                              leave
;;        42  c3                              ret
;; 0x000048  i32.load 1
;;   L1:
;;        43  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;;   L2:
;;        48  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
