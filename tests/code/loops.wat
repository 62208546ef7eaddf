;; Loops: locals stay in registers; where a call comes rarely, they are saved around it alone.
(module
  (import "host" "f" (func $host))
  (memory 1)
  (func $sum (param i32 i32) (result i32) (local i32)
    loop
      local.get 2 local.get 0 i32.load i32.add local.set 2
      local.get 0 i32.const 4 i32.add local.set 0
      local.get 1 i32.const 1 i32.sub local.tee 1 br_if 0
    end
    local.get 2)
  (func $rare_call (param i32 i64) (result i64)
    loop
      local.get 1 i64.const 3 i64.mul i64.const 1 i64.add local.set 1
      local.get 0 i32.const 100 i32.eq
      if call $host end
      local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
    end
    local.get 1)
  (func $parameter (param i32) (result i64)
    i64.const 1
    loop (param i64) (result i64)
      i64.const 2 i64.mul
      local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
    end)
  (func $nested (param i32) (result i32) (local i32 i32)
    loop $outer
      local.get 0 local.set 1
      loop $inner
        local.get 2 local.get 1 i32.add local.set 2
        local.get 1 i32.const 1 i32.sub local.tee 1 br_if $inner
      end
      local.get 0 i32.const 1 i32.sub local.tee 0 br_if $outer
    end
    local.get 2))

;;; mote objdump -C compiler=baseline,memory=guard,cpu=v3
;; image: baseline guard opt-level=0 cpu=x86-64-v3, 4 functions, 2445 bytes
;;
;; func[1] <sum> [i32 i32] -> [i32]: 35 bytes at 0x46, 58 bytes of code
;; 0x000046  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 30 00 00 00            sub rsp, 0x30
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;;        12  45 8b f6                        mov r14d, r14d
;;        15  45 33 ff                        xor r15d, r15d
;; 0x000049  loop
;;        18  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;; 0x00004b    local.get 2
;; 0x00004d    local.get 0
;; 0x00004f    i32.load
;;   L1:
;;        1d  42 8b 04 2b                     mov eax, dword ptr [rbx + r13]
;; 0x000052    i32.add
;;        21  44 03 f8                        add r15d, eax
;; 0x000053    local.set 2
;; 0x000055    local.get 0
;; 0x000057    i32.const 4
;; 0x000059    i32.add
;;        24  41 83 c5 04                     add r13d, 4
;; 0x00005a    local.set 0
;; 0x00005c    local.get 1
;; 0x00005e    i32.const 1
;; 0x000060    i32.sub
;;        28  41 83 ee 01                     sub r14d, 1
;; 0x000061    local.tee 1
;; 0x000063    br_if 0
;;        2c  45 85 f6                        test r14d, r14d
;;        2f  0f 85 e8 ff ff ff               jne L1
;; 0x000065  end
;; 0x000066  local.get 2
;; 0x000068  end
;;        35  41 8b c7                        mov eax, r15d
;;        38  c9                              leave
;;        39  c3                              ret
;;
;; func[2] <rare_call> [i32 i64] -> [i64]: 37 bytes at 0x6a, 112 bytes of code
;; 0x00006a  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x00006b  loop
;; 0x00006d    local.get 1
;; 0x00006f    i64.const 3
;; 0x000071    i64.mul
;;   L1:
;;        12  49 6b c6 03                     imul rax, r14, 3
;; 0x000072    i64.const 1
;; 0x000074    i64.add
;;        16  4c 8d 70 01                     lea r14, [rax + 1]
;; 0x000075    local.set 1
;; 0x000077    local.get 0
;; 0x000079    i32.const 100
;; 0x00007c    i32.eq
;;        1a  41 83 fd 64                     cmp r13d, 0x64
;; 0x00007d    if
;;        1e  0f 85 24 00 00 00               jne L2
;; 0x00007f      call 0
;;        24  44 89 6d e8                     mov dword ptr [rbp - 0x18], r13d
;;        28  4c 89 75 e0                     mov qword ptr [rbp - 0x20], r14
;;        2c  4c 8b 65 f8                     mov r12, qword ptr [rbp - 8]
;;        30  4d 8b 9c 24 80 00 00 00         mov r11, qword ptr [r12 + 0x80]  ; import of function 0
;;        38  4d 8b a4 24 88 00 00 00         mov r12, qword ptr [r12 + 0x88]  ; import of function 0
;;        40  41 ff d3                        call r11
;; 0x000081    end
;;        43  e9 08 00 00 00                  jmp L3
;;   L2:
;;        48  44 89 6d e8                     mov dword ptr [rbp - 0x18], r13d
;;        4c  4c 89 75 e0                     mov qword ptr [rbp - 0x20], r14
;; 0x000082    local.get 0
;; 0x000084    i32.const 1
;; 0x000086    i32.sub
;;   L3:
;;        50  44 8b 6d e8                     mov r13d, dword ptr [rbp - 0x18]
;;        54  41 83 ed 01                     sub r13d, 1
;; 0x000087    local.tee 0
;; 0x000089    br_if 0
;;        58  45 85 ed                        test r13d, r13d
;;        5b  0f 84 09 00 00 00               je L4
;;        61  4c 8b 75 e0                     mov r14, qword ptr [rbp - 0x20]
;;        65  e9 a8 ff ff ff                  jmp L1
;; 0x00008b  end
;; 0x00008c  local.get 1
;; 0x00008e  end
;;   L4:
;;        6a  48 8b 45 e0                     mov rax, qword ptr [rbp - 0x20]
;;        6e  c9                              leave
;;        6f  c3                              ret
;;
;; func[3] <parameter> [i32] -> [i64]: 19 bytes at 0x90, 56 bytes of code
;; 0x000090  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000091  i64.const 1
;; 0x000093  loop (param i64) (result i64)
;;        12  48 c7 45 e0 01 00 00 00         mov qword ptr [rbp - 0x20], 1
;; 0x000095    i64.const 2
;; 0x000097    i64.mul
;;   L1:
;;        1a  48 8b 45 e0                     mov rax, qword ptr [rbp - 0x20]
;;        1e  48 03 c0                        add rax, rax
;; 0x000098    local.get 0
;; 0x00009a    i32.const 1
;; 0x00009c    i32.sub
;;        21  41 83 ed 01                     sub r13d, 1
;; 0x00009d    local.tee 0
;; 0x00009f    br_if 0
;;        25  45 85 ed                        test r13d, r13d
;;        28  48 89 45 e0                     mov qword ptr [rbp - 0x20], rax
;;        2c  0f 85 e8 ff ff ff               jne L1
;; 0x0000a1  end
;; 0x0000a2  end
;;        32  48 8b 45 e0                     mov rax, qword ptr [rbp - 0x20]
;;        36  c9                              leave
;;        37  c3                              ret
;;
;; func[4] <nested> [i32] -> [i32]: 41 bytes at 0xa4, 61 bytes of code
;; 0x0000a4  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 30 00 00 00            sub rsp, 0x30
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;;        12  45 33 f6                        xor r14d, r14d
;;        15  45 33 ff                        xor r15d, r15d
;; 0x0000a7  loop
;; 0x0000a9    local.get 0
;; 0x0000ab    local.set 1
;;   L1:
;;        18  45 8b f5                        mov r14d, r13d
;; 0x0000ad    loop
;; 0x0000af      local.get 2
;; 0x0000b1      local.get 1
;; 0x0000b3      i32.add
;;   L2:
;;        1b  45 03 fe                        add r15d, r14d
;; 0x0000b4      local.set 2
;; 0x0000b6      local.get 1
;; 0x0000b8      i32.const 1
;; 0x0000ba      i32.sub
;;        1e  41 83 ee 01                     sub r14d, 1
;; 0x0000bb      local.tee 1
;; 0x0000bd      br_if 0
;;        22  45 85 f6                        test r14d, r14d
;;        25  0f 85 f0 ff ff ff               jne L2
;; 0x0000bf    end
;; 0x0000c0    local.get 0
;; 0x0000c2    i32.const 1
;; 0x0000c4    i32.sub
;;        2b  41 83 ed 01                     sub r13d, 1
;; 0x0000c5    local.tee 0
;; 0x0000c7    br_if 0
;;        2f  45 85 ed                        test r13d, r13d
;;        32  0f 85 e0 ff ff ff               jne L1
;; 0x0000c9  end
;; 0x0000ca  local.get 2
;; 0x0000cc  end
;;        38  41 8b c7                        mov eax, r15d
;;        3b  c9                              leave
;;        3c  c3                              ret

;;; mote objdump -C compiler=optimizing,memory=guard,cpu=v3
;; image: optimizing guard opt-level=2 cpu=x86-64-v3, 4 functions, 205 bytes
;;
;; func[1] <sum> [i32 i32] -> [i32]: 35 bytes at 0x46, 29 bytes of code
;; 0x000046  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  44 89 e9                        mov ecx, r13d
;;         7  49 8b 54 24 10                  mov rdx, qword ptr [r12 + 0x10]  ; memory 0 base
;;         c  31 c0                           xor eax, eax
;;         e  66 90                           nop
;; 0x000049  loop
;; 0x00004b    local.get 2
;; 0x00004d    local.get 0
;; 0x00004f    i32.load
;;   L1:
;;        10  03 04 0a                        add eax, dword ptr [rdx + rcx]
;;        13  83 c1 04                        add ecx, 4
;;        16  41 ff ce                        dec r14d
;;        19  75 f5                           jne L1
;;        1b  5d                              pop rbp
;;        1c  c3                              ret
;; 0x000052    i32.add
;; 0x000053    local.set 2
;; 0x000055    local.get 0
;; 0x000057    i32.const 4
;; 0x000059    i32.add
;; 0x00005a    local.set 0
;; 0x00005c    local.get 1
;; 0x00005e    i32.const 1
;; 0x000060    i32.sub
;; 0x000061    local.tee 1
;; 0x000063    br_if 0
;; 0x000065  end
;; 0x000066  local.get 2
;; 0x000068  end
;;
;; func[2] <rare_call> [i32 i64] -> [i64]: 37 bytes at 0x6a, 91 bytes of code
;; 0x00006a  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 83 ec 20                     sub rsp, 0x20
;;         8  4c 89 f0                        mov rax, r14
;;         b  4c 89 65 f0                     mov qword ptr [rbp - 0x10], r12
;;         f  eb 1b                           jmp L2
;;        11  66 66 66 66 66 66 2e 0f 1f 84 00 00 00 00 00  nop word ptr cs:[rax + rax]
;;   L1:
;;        20  48 8d 04 40                     lea rax, [rax + rax*2]
;;        24  48 ff c0                        inc rax
;;        27  41 ff cd                        dec r13d
;;        2a  74 29                           je L3
;;   L2:
;;        2c  41 83 fd 64                     cmp r13d, 0x64
;;        30  75 ee                           jne L1
;;        32  48 8b 4d f0                     mov rcx, qword ptr [rbp - 0x10]
;;        36  4c 8b a1 88 00 00 00            mov r12, qword ptr [rcx + 0x88]
;;        3d  48 89 45 e8                     mov qword ptr [rbp - 0x18], rax
;;        41  44 89 6d fc                     mov dword ptr [rbp - 4], r13d
;; 0x00006b  loop
;; 0x00006d    local.get 1
;; 0x00006f    i64.const 3
;; 0x000071    i64.mul
;; 0x000072    i64.const 1
;; 0x000074    i64.add
;; 0x000075    local.set 1
;; 0x000077    local.get 0
;; 0x000079    i32.const 100
;; 0x00007c    i32.eq
;; 0x00007d    if
;; 0x00007f      call 0
;;        45  ff 91 80 00 00 00               call qword ptr [rcx + 0x80]
;;        4b  44 8b 6d fc                     mov r13d, dword ptr [rbp - 4]
;;        4f  48 8b 45 e8                     mov rax, qword ptr [rbp - 0x18]
;;        53  eb cb                           jmp L1
;;   L3:
;;        55  48 83 c4 20                     add rsp, 0x20
;;        59  5d                              pop rbp
;;        5a  c3                              ret
;; 0x000081    end
;; 0x000082    local.get 0
;; 0x000084    i32.const 1
;; 0x000086    i32.sub
;; 0x000087    local.tee 0
;; 0x000089    br_if 0
;; 0x00008b  end
;; 0x00008c  local.get 1
;; 0x00008e  end
;;
;; func[3] <parameter> [i32] -> [i64]: 19 bytes at 0x90, 26 bytes of code
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  b8 01 00 00 00                  mov eax, 1
;;         9  0f 1f 80 00 00 00 00            nop dword ptr [rax]
;;   L1:
;;        10  48 01 c0                        add rax, rax
;;        13  41 ff cd                        dec r13d
;;        16  75 f8                           jne L1
;;        18  5d                              pop rbp
;;        19  c3                              ret
;; 0x000091  i64.const 1
;; 0x000093  loop (param i64) (result i64)
;; 0x000095    i64.const 2
;; 0x000097    i64.mul
;; 0x000098    local.get 0
;; 0x00009a    i32.const 1
;; 0x00009c    i32.sub
;; 0x00009d    local.tee 0
;; 0x00009f    br_if 0
;; 0x0000a1  end
;; 0x0000a2  end
;;
;; func[4] <nested> [i32] -> [i32]: 41 bytes at 0xa4, 45 bytes of code
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  31 c0                           xor eax, eax
;;         6  66 2e 0f 1f 84 00 00 00 00 00   nop word ptr cs:[rax + rax]
;;   L1:
;;        10  44 89 e9                        mov ecx, r13d
;;        13  66 66 66 66 2e 0f 1f 84 00 00 00 00 00  nop word ptr cs:[rax + rax]
;;   L2:
;;        20  01 c8                           add eax, ecx
;;        22  ff c9                           dec ecx
;;        24  75 fa                           jne L2
;;        26  41 ff cd                        dec r13d
;;        29  75 e5                           jne L1
;;        2b  5d                              pop rbp
;;        2c  c3                              ret
;; 0x0000a7  loop
;; 0x0000a9    local.get 0
;; 0x0000ab    local.set 1
;; 0x0000ad    loop
;; 0x0000af      local.get 2
;; 0x0000b1      local.get 1
;; 0x0000b3      i32.add
;; 0x0000b4      local.set 2
;; 0x0000b6      local.get 1
;; 0x0000b8      i32.const 1
;; 0x0000ba      i32.sub
;; 0x0000bb      local.tee 1
;; 0x0000bd      br_if 0
;; 0x0000bf    end
;; 0x0000c0    local.get 0
;; 0x0000c2    i32.const 1
;; 0x0000c4    i32.sub
;; 0x0000c5    local.tee 0
;; 0x0000c7    br_if 0
;; 0x0000c9  end
;; 0x0000ca  local.get 2
;; 0x0000cc  end
