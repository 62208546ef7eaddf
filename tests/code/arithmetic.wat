;; Integers: operands from registers, memory and constants; shifts by constants and by counts; division with its two traps.
(module
  (func $mix (param i32 i32) (result i32)
    local.get 0 i32.const 3 i32.add
    local.get 1 i32.const 5 i32.shl
    i32.sub
    local.get 0 local.get 1 i32.mul
    i32.xor)
  (func $shift (param i64 i64) (result i64)
    local.get 0 local.get 1 i64.shl
    local.get 0 local.get 1 i64.rotr
    i64.or)
  (func $divide (param i32 i32) (result i32)
    local.get 0 local.get 1 i32.div_s)
  (func $remainder_by_constant (param i32) (result i32)
    local.get 0 i32.const 10 i32.rem_u)
  (func $bits (param i64) (result i64)
    local.get 0 i64.clz local.get 0 i64.ctz i64.add local.get 0 i64.popcnt i64.add)
  (func $narrow (param i64) (result i64)
    local.get 0 i32.wrap_i64 i32.extend8_s i64.extend_i32_u))

;;; mote objdump -C compiler=baseline,memory=guard,cpu=v3
;; image: baseline guard opt-level=0 cpu=x86-64-v3, 6 functions, 2439 bytes
;;
;; func[0] <mix> [i32 i32] -> [i32]: 19 bytes at 0x2e, 44 bytes of code
;; 0x00002e  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;;        12  45 8b f6                        mov r14d, r14d
;; 0x00002f  local.get 0
;; 0x000031  i32.const 3
;; 0x000033  i32.add
;;        15  41 8d 45 03                     lea eax, [r13 + 3]
;; 0x000034  local.get 1
;; 0x000036  i32.const 5
;; 0x000038  i32.shl
;;        19  41 8b ce                        mov ecx, r14d
;;        1c  c1 e1 05                        shl ecx, 5
;; 0x000039  i32.sub
;;        1f  2b c1                           sub eax, ecx
;; 0x00003a  local.get 0
;; 0x00003c  local.get 1
;; 0x00003e  i32.mul
;;        21  41 8b cd                        mov ecx, r13d
;;        24  41 0f af ce                     imul ecx, r14d
;; 0x00003f  i32.xor
;;        28  33 c1                           xor eax, ecx
;; 0x000040  end
;;        2a  c9                              leave
;;        2b  c3                              ret
;;
;; func[1] <shift> [i64 i64] -> [i64]: 13 bytes at 0x42, 34 bytes of code
;; 0x000042  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x000043  local.get 0
;; 0x000045  local.get 1
;; 0x000047  i64.shl
;;         f  c4 c2 89 f7 c5                  shlx rax, r13, r14
;; 0x000048  local.get 0
;; 0x00004a  local.get 1
;; 0x00004c  i64.rotr
;;        14  49 8b ce                        mov rcx, r14
;;        17  49 8b d5                        mov rdx, r13
;;        1a  48 d3 ca                        ror rdx, cl
;; 0x00004d  i64.or
;;        1d  48 0b c2                        or rax, rdx
;; 0x00004e  end
;;        20  c9                              leave
;;        21  c3                              ret
;;
;; func[2] <divide> [i32 i32] -> [i32]: 7 bytes at 0x50, 68 bytes of code
;; 0x000050  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;;        12  45 8b f6                        mov r14d, r14d
;; 0x000051  local.get 0
;; 0x000053  local.get 1
;; 0x000055  i32.div_s
;;        15  45 8b de                        mov r11d, r14d
;;        18  41 8b c5                        mov eax, r13d
;;        1b  45 85 db                        test r11d, r11d
;;        1e  0f 84 16 00 00 00               je L2
;;        24  41 83 fb ff                     cmp r11d, -1
;;        28  75 0a                           jne L1
;;        2a  8b d0                           mov edx, eax
;;        2c  f7 da                           neg edx
;;        2e  0f 80 0b 00 00 00               jo L3
;;   L1:
;;        34  99                              cdq
;;        35  41 f7 fb                        idiv r11d
;; 0x000056  end
;;        38  c9                              leave
;;        39  c3                              ret
;; 0x000055  i32.div_s
;;   L2:
;;        3a  67 0f b9 40 02                  ud1 eax, dword ptr [eax + 2]  ; trap: integer divide by zero
;;   L3:
;;        3f  67 0f b9 40 03                  ud1 eax, dword ptr [eax + 3]  ; trap: integer overflow
;;
;; func[3] <remainder_by_constant> [i32] -> [i32]: 7 bytes at 0x58, 36 bytes of code
;; 0x000058  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000059  local.get 0
;; 0x00005b  i32.const 10
;; 0x00005d  i32.rem_u
;;        12  41 bb 0a 00 00 00               mov r11d, 0xa
;;        18  41 8b c5                        mov eax, r13d
;;        1b  33 d2                           xor edx, edx
;;        1d  41 f7 f3                        div r11d
;; 0x00005e  end
;;        20  8b c2                           mov eax, edx
;;        22  c9                              leave
;;        23  c3                              ret
;;
;; func[4] <bits> [i64] -> [i64]: 13 bytes at 0x60, 38 bytes of code
;; 0x000060  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x000061  local.get 0
;; 0x000063  i64.clz
;;         f  f3 49 0f bd c5                  lzcnt rax, r13
;; 0x000064  local.get 0
;; 0x000066  i64.ctz
;;        14  f3 49 0f bc cd                  tzcnt rcx, r13
;; 0x000067  i64.add
;;        19  48 03 c1                        add rax, rcx
;; 0x000068  local.get 0
;; 0x00006a  i64.popcnt
;;        1c  f3 49 0f b8 cd                  popcnt rcx, r13
;; 0x00006b  i64.add
;;        21  48 03 c1                        add rax, rcx
;; 0x00006c  end
;;        24  c9                              leave
;;        25  c3                              ret
;;
;; func[5] <narrow> [i64] -> [i64]: 7 bytes at 0x6e, 23 bytes of code
;; 0x00006e  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x00006f  local.get 0
;; 0x000071  i32.wrap_i64
;;         f  41 8b c5                        mov eax, r13d
;; 0x000072  i32.extend8_s
;;        12  0f be c0                        movsx eax, al
;; 0x000073  i64.extend_i32_u
;; 0x000074  end
;;        15  c9                              leave
;;        16  c3                              ret

;;; mote objdump -C compiler=optimizing,memory=guard,cpu=v3
;; image: optimizing guard opt-level=2 cpu=x86-64-v3, 6 functions, 186 bytes
;;
;; func[0] <mix> [i32 i32] -> [i32]: 19 bytes at 0x2e, 27 bytes of code
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  44 89 f0                        mov eax, r14d
;;         7  c1 e0 05                        shl eax, 5
;;         a  f7 d8                           neg eax
;;         c  44 01 e8                        add eax, r13d
;;         f  83 c0 03                        add eax, 3
;;        12  45 0f af ee                     imul r13d, r14d
;;        16  44 31 e8                        xor eax, r13d
;;        19  5d                              pop rbp
;;        1a  c3                              ret
;; 0x00002f  local.get 0
;; 0x000031  i32.const 3
;; 0x000033  i32.add
;; 0x000034  local.get 1
;; 0x000036  i32.const 5
;; 0x000038  i32.shl
;; 0x000039  i32.sub
;; 0x00003a  local.get 0
;; 0x00003c  local.get 1
;; 0x00003e  i32.mul
;; 0x00003f  i32.xor
;; 0x000040  end
;;
;; func[1] <shift> [i64 i64] -> [i64]: 13 bytes at 0x42, 20 bytes of code
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  4c 89 f1                        mov rcx, r14
;;         7  c4 c2 89 f7 c5                  shlx rax, r13, r14
;;         c  49 d3 cd                        ror r13, cl
;;         f  4c 09 e8                        or rax, r13
;;        12  5d                              pop rbp
;;        13  c3                              ret
;; 0x000043  local.get 0
;; 0x000045  local.get 1
;; 0x000047  i64.shl
;; 0x000048  local.get 0
;; 0x00004a  local.get 1
;; 0x00004c  i64.rotr
;; 0x00004d  i64.or
;; 0x00004e  end
;;
;; func[2] <divide> [i32 i32] -> [i32]: 7 bytes at 0x50, 44 bytes of code
;; 0x000050  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  45 85 f6                        test r14d, r14d
;;         7  74 19                           je L1
;;         9  41 8d 85 00 00 00 80            lea eax, [r13 - 0x80000000]
;;        10  44 89 f1                        mov ecx, r14d
;;        13  f7 d1                           not ecx
;;        15  09 c1                           or ecx, eax
;;        17  74 0e                           je L2
;;        19  44 89 e8                        mov eax, r13d
;;        1c  99                              cdq
;;        1d  41 f7 fe                        idiv r14d
;;        20  5d                              pop rbp
;;        21  c3                              ret
;; 0x000051  local.get 0
;; 0x000053  local.get 1
;; 0x000055  i32.div_s
;;   L1:
;;        22  67 0f b9 40 02                  ud1 eax, dword ptr [eax + 2]  ; trap: integer divide by zero
;;   L2:
;;        27  67 0f b9 40 03                  ud1 eax, dword ptr [eax + 3]  ; trap: integer overflow
;; 0x000056  end
;;
;; func[3] <remainder_by_constant> [i32] -> [i32]: 7 bytes at 0x58, 32 bytes of code
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  44 89 e8                        mov eax, r13d
;;         7  44 89 e9                        mov ecx, r13d
;;         a  ba cd cc cc cc                  mov edx, 0xcccccccd
;;         f  48 0f af d1                     imul rdx, rcx
;;        13  48 c1 ea 23                     shr rdx, 0x23
;;        17  01 d2                           add edx, edx
;;        19  8d 0c 92                        lea ecx, [rdx + rdx*4]
;;        1c  29 c8                           sub eax, ecx
;;        1e  5d                              pop rbp
;;        1f  c3                              ret
;; 0x000059  local.get 0
;; 0x00005b  i32.const 10
;; 0x00005d  i32.rem_u
;; 0x00005e  end
;;
;; func[4] <bits> [i64] -> [i64]: 13 bytes at 0x60, 29 bytes of code
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  f3 49 0f bd c5                  lzcnt rax, r13
;;         9  f3 49 0f bc cd                  tzcnt rcx, r13
;;         e  48 01 c1                        add rcx, rax
;;        11  31 c0                           xor eax, eax
;;        13  f3 49 0f b8 c5                  popcnt rax, r13
;;        18  48 01 c8                        add rax, rcx
;;        1b  5d                              pop rbp
;;        1c  c3                              ret
;; 0x000061  local.get 0
;; 0x000063  i64.clz
;; 0x000064  local.get 0
;; 0x000066  i64.ctz
;; 0x000067  i64.add
;; 0x000068  local.get 0
;; 0x00006a  i64.popcnt
;; 0x00006b  i64.add
;; 0x00006c  end
;;
;; func[5] <narrow> [i64] -> [i64]: 7 bytes at 0x6e, 10 bytes of code
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  41 0f be c5                     movsx eax, r13b
;;         8  5d                              pop rbp
;;         9  c3                              ret
;; 0x00006f  local.get 0
;; 0x000071  i32.wrap_i64
;; 0x000072  i32.extend8_s
;; 0x000073  i64.extend_i32_u
;; 0x000074  end
