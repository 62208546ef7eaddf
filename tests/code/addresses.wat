;; Addresses: constant offsets become displacements, sums are folded into the operand where the rules of 32 bits allow it.
(module
  (memory 1)
  (func $load (param i32) (result i32)
    local.get 0 i32.load offset=16)
  (func $element (param i32 i32) (result i64)
    local.get 0 local.get 1 i32.const 3 i32.shl i32.add i64.load)
  (func $constant (result i32)
    i32.const 1024 i32.load8_u offset=3)
  (func $copy (param i32 i32)
    local.get 0 local.get 1 i64.load offset=8 i64.store offset=8)
  (func $far (param i32) (result i32)
    local.get 0 i32.load offset=0x90000000)
  (func $immediate (param i32)
    local.get 0 i32.const 7 i32.store16 offset=2))

;;; mote objdump -C compiler=baseline,memory=guard,cpu=v3
;; image: baseline guard opt-level=0 cpu=x86-64-v3, 6 functions, 2417 bytes
;;
;; func[0] <load> [i32] -> [i32]: 7 bytes at 0x35, 30 bytes of code
;; 0x000035  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000036  local.get 0
;; 0x000038  i32.load offset=16
;;        12  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        17  42 8b 44 2b 10                  mov eax, dword ptr [rbx + r13 + 0x10]
;; 0x00003b  end
;;        1c  c9                              leave
;;        1d  c3                              ret
;;
;; func[1] <element> [i32 i32] -> [i64]: 13 bytes at 0x3d, 41 bytes of code
;; 0x00003d  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;;        12  45 8b f6                        mov r14d, r14d
;; 0x00003e  local.get 0
;; 0x000040  local.get 1
;; 0x000042  i32.const 3
;; 0x000044  i32.shl
;;        15  41 8b c6                        mov eax, r14d
;;        18  c1 e0 03                        shl eax, 3
;; 0x000045  i32.add
;;        1b  41 03 c5                        add eax, r13d
;; 0x000046  i64.load
;;        1e  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        23  48 8b 04 03                     mov rax, qword ptr [rbx + rax]
;; 0x000049  end
;;        27  c9                              leave
;;        28  c3                              ret
;;
;; func[2] <constant> [] -> [i32]: 8 bytes at 0x4b, 29 bytes of code
;; 0x00004b  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 10 00 00 00            sub rsp, 0x10
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x00004c  i32.const 1024
;; 0x00004f  i32.load8_u offset=3
;;         f  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        14  0f b6 83 03 04 00 00            movzx eax, byte ptr [rbx + 0x403]
;; 0x000052  end
;;        1b  c9                              leave
;;        1c  c3                              ret
;;
;; func[3] <copy> [i32 i32] -> []: 12 bytes at 0x54, 38 bytes of code
;; 0x000054  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;;        12  45 8b f6                        mov r14d, r14d
;; 0x000055  local.get 0
;; 0x000057  local.get 1
;; 0x000059  i64.load offset=8
;;        15  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        1a  4a 8b 44 33 08                  mov rax, qword ptr [rbx + r14 + 8]
;; 0x00005c  i64.store offset=8
;;        1f  4a 89 44 2b 08                  mov qword ptr [rbx + r13 + 8], rax
;; 0x00005f  end
;;        24  c9                              leave
;;        25  c3                              ret
;;
;; func[4] <far> [i32] -> [i32]: 11 bytes at 0x61, 67 bytes of code
;; 0x000061  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000062  local.get 0
;; 0x000064  i32.load offset=2415919104
;;        12  41 bb 04 00 00 90               mov r11d, 0x90000004
;;        18  49 8b c5                        mov rax, r13
;;        1b  49 03 c3                        add rax, r11
;;        1e  49 3b 44 24 18                  cmp rax, qword ptr [r12 + 0x18]  ; memory 0 length
;;        23  0f 87 15 00 00 00               ja L1
;;        29  41 bb 04 00 00 00               mov r11d, 4
;;        2f  49 0f 47 c3                     cmova rax, r11
;;        33  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        38  8b 44 03 fc                     mov eax, dword ptr [rbx + rax - 4]
;; 0x00006b  end
;;        3c  c9                              leave
;;        3d  c3                              ret
;; 0x000064  i32.load offset=2415919104
;;   L1:
;;        3e  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;;
;; func[5] <immediate> [i32] -> []: 9 bytes at 0x6d, 33 bytes of code
;; 0x00006d  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x00006e  local.get 0
;; 0x000070  i32.const 7
;; 0x000072  i32.store16 offset=2
;;        12  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        17  66 42 c7 44 2b 02 07 00         mov word ptr [rbx + r13 + 2], 7
;; 0x000075  end
;;        1f  c9                              leave
;;        20  c3                              ret

;;; mote objdump -C compiler=baseline,memory=dense,cpu=v3
;; image: baseline dense opt-level=0 cpu=x86-64-v3, 6 functions, 2606 bytes
;;
;; func[0] <load> [i32] -> [i32]: 7 bytes at 0x35, 59 bytes of code
;; 0x000035  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000036  local.get 0
;; 0x000038  i32.load offset=16
;;        12  49 8d 45 14                     lea rax, [r13 + 0x14]
;;        16  49 3b 44 24 18                  cmp rax, qword ptr [r12 + 0x18]  ; memory 0 length
;;        1b  0f 87 15 00 00 00               ja L1
;;        21  41 bb 04 00 00 00               mov r11d, 4
;;        27  49 0f 47 c3                     cmova rax, r11
;;        2b  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        30  8b 44 03 fc                     mov eax, dword ptr [rbx + rax - 4]
;; 0x00003b  end
;;        34  c9                              leave
;;        35  c3                              ret
;; 0x000038  i32.load offset=16
;;   L1:
;;        36  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;;
;; func[1] <element> [i32 i32] -> [i64]: 13 bytes at 0x3d, 72 bytes of code
;; 0x00003d  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;;        12  45 8b f6                        mov r14d, r14d
;; 0x00003e  local.get 0
;; 0x000040  local.get 1
;; 0x000042  i32.const 3
;; 0x000044  i32.shl
;;        15  41 8b c6                        mov eax, r14d
;;        18  c1 e0 03                        shl eax, 3
;; 0x000045  i32.add
;;        1b  41 03 c5                        add eax, r13d
;; 0x000046  i64.load
;;        1e  48 83 c0 08                     add rax, 8
;;        22  49 3b 44 24 18                  cmp rax, qword ptr [r12 + 0x18]  ; memory 0 length
;;        27  0f 87 16 00 00 00               ja L1
;;        2d  41 bb 08 00 00 00               mov r11d, 8
;;        33  49 0f 47 c3                     cmova rax, r11
;;        37  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        3c  48 8b 44 03 f8                  mov rax, qword ptr [rbx + rax - 8]
;; 0x000049  end
;;        41  c9                              leave
;;        42  c3                              ret
;; 0x000046  i64.load
;;   L1:
;;        43  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;;
;; func[2] <constant> [] -> [i32]: 8 bytes at 0x4b, 62 bytes of code
;; 0x00004b  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 10 00 00 00            sub rsp, 0x10
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x00004c  i32.const 1024
;; 0x00004f  i32.load8_u offset=3
;;         f  b8 00 04 00 00                  mov eax, 0x400
;;        14  48 83 c0 04                     add rax, 4
;;        18  49 3b 44 24 18                  cmp rax, qword ptr [r12 + 0x18]  ; memory 0 length
;;        1d  0f 87 16 00 00 00               ja L1
;;        23  41 bb 01 00 00 00               mov r11d, 1
;;        29  49 0f 47 c3                     cmova rax, r11
;;        2d  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        32  0f b6 44 03 ff                  movzx eax, byte ptr [rbx + rax - 1]
;; 0x000052  end
;;        37  c9                              leave
;;        38  c3                              ret
;; 0x00004f  i32.load8_u offset=3
;;   L1:
;;        39  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;;
;; func[3] <copy> [i32 i32] -> []: 12 bytes at 0x54, 98 bytes of code
;; 0x000054  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;;        12  45 8b f6                        mov r14d, r14d
;; 0x000055  local.get 0
;; 0x000057  local.get 1
;; 0x000059  i64.load offset=8
;;        15  49 8d 46 10                     lea rax, [r14 + 0x10]
;;        19  49 3b 44 24 18                  cmp rax, qword ptr [r12 + 0x18]  ; memory 0 length
;;        1e  0f 87 34 00 00 00               ja L1
;;        24  41 bb 08 00 00 00               mov r11d, 8
;;        2a  49 0f 47 c3                     cmova rax, r11
;;        2e  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        33  48 8b 44 03 f8                  mov rax, qword ptr [rbx + rax - 8]
;; 0x00005c  i64.store offset=8
;;        38  49 8d 4d 10                     lea rcx, [r13 + 0x10]
;;        3c  49 3b 4c 24 18                  cmp rcx, qword ptr [r12 + 0x18]  ; memory 0 length
;;        41  0f 87 16 00 00 00               ja L2
;;        47  41 bb 08 00 00 00               mov r11d, 8
;;        4d  49 0f 47 cb                     cmova rcx, r11
;;        51  48 89 44 0b f8                  mov qword ptr [rbx + rcx - 8], rax
;; 0x00005f  end
;;        56  c9                              leave
;;        57  c3                              ret
;; 0x000059  i64.load offset=8
;;   L1:
;;        58  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;; 0x00005c  i64.store offset=8
;;   L2:
;;        5d  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;;
;; func[4] <far> [i32] -> [i32]: 11 bytes at 0x61, 67 bytes of code
;; 0x000061  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000062  local.get 0
;; 0x000064  i32.load offset=2415919104
;;        12  41 bb 04 00 00 90               mov r11d, 0x90000004
;;        18  49 8b c5                        mov rax, r13
;;        1b  49 03 c3                        add rax, r11
;;        1e  49 3b 44 24 18                  cmp rax, qword ptr [r12 + 0x18]  ; memory 0 length
;;        23  0f 87 15 00 00 00               ja L1
;;        29  41 bb 04 00 00 00               mov r11d, 4
;;        2f  49 0f 47 c3                     cmova rax, r11
;;        33  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        38  8b 44 03 fc                     mov eax, dword ptr [rbx + rax - 4]
;; 0x00006b  end
;;        3c  c9                              leave
;;        3d  c3                              ret
;; 0x000064  i32.load offset=2415919104
;;   L1:
;;        3e  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;;
;; func[5] <immediate> [i32] -> []: 9 bytes at 0x6d, 62 bytes of code
;; 0x00006d  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x00006e  local.get 0
;; 0x000070  i32.const 7
;; 0x000072  i32.store16 offset=2
;;        12  49 8d 45 04                     lea rax, [r13 + 4]
;;        16  49 3b 44 24 18                  cmp rax, qword ptr [r12 + 0x18]  ; memory 0 length
;;        1b  0f 87 18 00 00 00               ja L1
;;        21  41 bb 02 00 00 00               mov r11d, 2
;;        27  49 0f 47 c3                     cmova rax, r11
;;        2b  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        30  66 c7 44 03 fe 07 00            mov word ptr [rbx + rax - 2], 7
;; 0x000075  end
;;        37  c9                              leave
;;        38  c3                              ret
;; 0x000072  i32.store16 offset=2
;;   L1:
;;        39  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access

;;; mote objdump -C compiler=optimizing,memory=guard,cpu=v3
;; image: optimizing guard opt-level=2 cpu=x86-64-v3, 6 functions, 213 bytes
;;
;; func[0] <load> [i32] -> [i32]: 7 bytes at 0x35, 18 bytes of code
;; 0x000035  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  49 8b 44 24 10                  mov rax, qword ptr [r12 + 0x10]  ; memory 0 base
;;         9  44 89 e9                        mov ecx, r13d
;; 0x000036  local.get 0
;; 0x000038  i32.load offset=16
;;         c  8b 44 08 10                     mov eax, dword ptr [rax + rcx + 0x10]
;;        10  5d                              pop rbp
;;        11  c3                              ret
;; 0x00003b  end
;;
;; func[1] <element> [i32 i32] -> [i64]: 13 bytes at 0x3d, 20 bytes of code
;; 0x00003d  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  49 8b 44 24 10                  mov rax, qword ptr [r12 + 0x10]  ; memory 0 base
;;         9  43 8d 4c f5 00                  lea ecx, [r13 + r14*8]
;; 0x00003e  local.get 0
;; 0x000040  local.get 1
;; 0x000042  i32.const 3
;; 0x000044  i32.shl
;; 0x000045  i32.add
;; 0x000046  i64.load
;;         e  48 8b 04 08                     mov rax, qword ptr [rax + rcx]
;;        12  5d                              pop rbp
;;        13  c3                              ret
;; 0x000049  end
;;
;; func[2] <constant> [] -> [i32]: 8 bytes at 0x4b, 18 bytes of code
;; 0x00004b  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  49 8b 44 24 10                  mov rax, qword ptr [r12 + 0x10]  ; memory 0 base
;; 0x00004c  i32.const 1024
;; 0x00004f  i32.load8_u offset=3
;;         9  0f b6 80 03 04 00 00            movzx eax, byte ptr [rax + 0x403]
;;        10  5d                              pop rbp
;;        11  c3                              ret
;; 0x000052  end
;;
;; func[3] <copy> [i32 i32] -> []: 12 bytes at 0x54, 27 bytes of code
;; 0x000054  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  49 8b 44 24 10                  mov rax, qword ptr [r12 + 0x10]  ; memory 0 base
;;         9  44 89 f1                        mov ecx, r14d
;; 0x000055  local.get 0
;; 0x000057  local.get 1
;; 0x000059  i64.load offset=8
;;         c  48 8b 4c 08 08                  mov rcx, qword ptr [rax + rcx + 8]
;;        11  44 89 ea                        mov edx, r13d
;; 0x00005c  i64.store offset=8
;;        14  48 89 4c 10 08                  mov qword ptr [rax + rdx + 8], rcx
;;        19  5d                              pop rbp
;;        1a  c3                              ret
;; 0x00005f  end
;;
;; func[4] <far> [i32] -> [i32]: 11 bytes at 0x61, 56 bytes of code
;; 0x000061  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  44 89 ea                        mov edx, r13d
;;         7  49 8b 44 24 18                  mov rax, qword ptr [r12 + 0x18]  ; memory 0 length
;;         c  b9 04 00 00 90                  mov ecx, 0x90000004
;;        11  48 01 d1                        add rcx, rdx
;;        14  48 39 c1                        cmp rcx, rax
;;        17  77 1a                           ja L1
;;        19  49 03 54 24 10                  add rdx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        1e  be 00 00 00 90                  mov esi, 0x90000000
;;        23  48 01 d6                        add rsi, rdx
;;        26  31 d2                           xor edx, edx
;;        28  48 39 c1                        cmp rcx, rax
;;        2b  48 0f 47 f2                     cmova rsi, rdx
;; 0x000062  local.get 0
;; 0x000064  i32.load offset=2415919104
;;        2f  8b 06                           mov eax, dword ptr [rsi]
;;        31  5d                              pop rbp
;;        32  c3                              ret
;;   L1:
;;        33  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;; 0x00006b  end
;;
;; func[5] <immediate> [i32] -> []: 9 bytes at 0x6d, 21 bytes of code
;; 0x00006d  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  49 8b 44 24 10                  mov rax, qword ptr [r12 + 0x10]  ; memory 0 base
;;         9  44 89 e9                        mov ecx, r13d
;; 0x00006e  local.get 0
;; 0x000070  i32.const 7
;; 0x000072  i32.store16 offset=2
;;         c  66 c7 44 08 02 07 00            mov word ptr [rax + rcx + 2], 7
;;        13  5d                              pop rbp
;;        14  c3                              ret
;; 0x000075  end

;;; mote objdump -C compiler=optimizing,memory=dense,cpu=v3
;; image: optimizing dense opt-level=2 cpu=x86-64-v3, 6 functions, 406 bytes
;;
;; func[0] <load> [i32] -> [i32]: 7 bytes at 0x35, 51 bytes of code
;; 0x000035  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  44 89 e8                        mov eax, r13d
;;         7  49 8b 4c 24 18                  mov rcx, qword ptr [r12 + 0x18]  ; memory 0 length
;;         c  48 83 c1 ec                     add rcx, -0x14
;;        10  48 39 c1                        cmp rcx, rax
;;        13  72 19                           jb L1
;;        15  49 8b 54 24 10                  mov rdx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        1a  48 01 c2                        add rdx, rax
;;        1d  48 83 c2 10                     add rdx, 0x10
;;        21  31 f6                           xor esi, esi
;;        23  48 39 c8                        cmp rax, rcx
;;        26  48 0f 47 d6                     cmova rdx, rsi
;; 0x000036  local.get 0
;; 0x000038  i32.load offset=16
;;        2a  8b 02                           mov eax, dword ptr [rdx]
;;        2c  5d                              pop rbp
;;        2d  c3                              ret
;;   L1:
;;        2e  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;; 0x00003b  end
;;
;; func[1] <element> [i32 i32] -> [i64]: 13 bytes at 0x3d, 50 bytes of code
;; 0x00003d  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  43 8d 44 f5 00                  lea eax, [r13 + r14*8]
;;         9  49 8b 4c 24 18                  mov rcx, qword ptr [r12 + 0x18]  ; memory 0 length
;;         e  48 83 c1 f8                     add rcx, -8
;;        12  48 39 c1                        cmp rcx, rax
;;        15  72 16                           jb L1
;;        17  49 8b 54 24 10                  mov rdx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        1c  48 01 c2                        add rdx, rax
;;        1f  31 f6                           xor esi, esi
;;        21  48 39 c8                        cmp rax, rcx
;;        24  48 0f 47 d6                     cmova rdx, rsi
;; 0x00003e  local.get 0
;; 0x000040  local.get 1
;; 0x000042  i32.const 3
;; 0x000044  i32.shl
;; 0x000045  i32.add
;; 0x000046  i64.load
;;        28  48 8b 02                        mov rax, qword ptr [rdx]
;;        2b  5d                              pop rbp
;;        2c  c3                              ret
;;   L1:
;;        2d  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;; 0x000049  end
;;
;; func[2] <constant> [] -> [i32]: 8 bytes at 0x4b, 55 bytes of code
;; 0x00004b  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  49 8b 44 24 18                  mov rax, qword ptr [r12 + 0x18]  ; memory 0 length
;;         9  48 83 c0 fc                     add rax, -4
;;         d  48 3d ff 03 00 00               cmp rax, 0x3ff
;;        13  76 1d                           jbe L1
;;        15  b9 03 04 00 00                  mov ecx, 0x403
;;        1a  49 03 4c 24 10                  add rcx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        1f  31 d2                           xor edx, edx
;;        21  be 00 04 00 00                  mov esi, 0x400
;;        26  48 39 c6                        cmp rsi, rax
;;        29  48 0f 47 ca                     cmova rcx, rdx
;; 0x00004c  i32.const 1024
;; 0x00004f  i32.load8_u offset=3
;;        2d  0f b6 01                        movzx eax, byte ptr [rcx]
;;        30  5d                              pop rbp
;;        31  c3                              ret
;;   L1:
;;        32  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;; 0x000052  end
;;
;; func[3] <copy> [i32 i32] -> []: 12 bytes at 0x54, 85 bytes of code
;; 0x000054  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  49 8b 44 24 18                  mov rax, qword ptr [r12 + 0x18]  ; memory 0 length
;;         9  44 89 f2                        mov edx, r14d
;;         c  48 83 c0 f0                     add rax, -0x10
;;        10  48 39 d0                        cmp rax, rdx
;;        13  72 36                           jb L1
;;        15  49 8b 4c 24 10                  mov rcx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        1a  48 8d 34 11                     lea rsi, [rcx + rdx]
;;        1e  48 83 c6 08                     add rsi, 8
;;        22  31 ff                           xor edi, edi
;;        24  48 39 c2                        cmp rdx, rax
;;        27  48 0f 47 f7                     cmova rsi, rdi
;;        2b  44 89 ea                        mov edx, r13d
;;        2e  48 39 d0                        cmp rax, rdx
;;        31  72 1d                           jb L2
;; 0x000055  local.get 0
;; 0x000057  local.get 1
;; 0x000059  i64.load offset=8
;;        33  48 8b 36                        mov rsi, qword ptr [rsi]
;;        36  48 01 d1                        add rcx, rdx
;;        39  48 83 c1 08                     add rcx, 8
;;        3d  31 ff                           xor edi, edi
;;        3f  48 39 c2                        cmp rdx, rax
;;        42  48 0f 47 cf                     cmova rcx, rdi
;; 0x00005c  i64.store offset=8
;;        46  48 89 31                        mov qword ptr [rcx], rsi
;;        49  5d                              pop rbp
;;        4a  c3                              ret
;; 0x000059  i64.load offset=8
;;   L1:
;;        4b  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;; 0x00005c  i64.store offset=8
;;   L2:
;;        50  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;; 0x00005f  end
;;
;; func[4] <far> [i32] -> [i32]: 11 bytes at 0x61, 56 bytes of code
;; 0x000061  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  44 89 ea                        mov edx, r13d
;;         7  49 8b 44 24 18                  mov rax, qword ptr [r12 + 0x18]  ; memory 0 length
;;         c  b9 04 00 00 90                  mov ecx, 0x90000004
;;        11  48 01 d1                        add rcx, rdx
;;        14  48 39 c1                        cmp rcx, rax
;;        17  77 1a                           ja L1
;;        19  49 03 54 24 10                  add rdx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        1e  be 00 00 00 90                  mov esi, 0x90000000
;;        23  48 01 d6                        add rsi, rdx
;;        26  31 d2                           xor edx, edx
;;        28  48 39 c1                        cmp rcx, rax
;;        2b  48 0f 47 f2                     cmova rsi, rdx
;; 0x000062  local.get 0
;; 0x000064  i32.load offset=2415919104
;;        2f  8b 06                           mov eax, dword ptr [rsi]
;;        31  5d                              pop rbp
;;        32  c3                              ret
;;   L1:
;;        33  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;; 0x00006b  end
;;
;; func[5] <immediate> [i32] -> []: 9 bytes at 0x6d, 54 bytes of code
;; 0x00006d  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  44 89 e8                        mov eax, r13d
;;         7  49 8b 4c 24 18                  mov rcx, qword ptr [r12 + 0x18]  ; memory 0 length
;;         c  48 83 c1 fc                     add rcx, -4
;;        10  48 39 c1                        cmp rcx, rax
;;        13  72 1c                           jb L1
;;        15  49 8b 54 24 10                  mov rdx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        1a  48 01 c2                        add rdx, rax
;;        1d  48 83 c2 02                     add rdx, 2
;;        21  31 f6                           xor esi, esi
;;        23  48 39 c8                        cmp rax, rcx
;;        26  48 0f 47 d6                     cmova rdx, rsi
;; 0x00006e  local.get 0
;; 0x000070  i32.const 7
;; 0x000072  i32.store16 offset=2
;;        2a  66 c7 02 07 00                  mov word ptr [rdx], 7
;;        2f  5d                              pop rbp
;;        30  c3                              ret
;;   L1:
;;        31  67 0f b9 40 05                  ud1 eax, dword ptr [eax + 5]  ; trap: out of bounds memory access
;; 0x000075  end
