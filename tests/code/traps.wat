;; Traps: an instruction behind the function that carries its code, reached by one branch.
(module
  (func $unreachable (param i32) (result i32)
    local.get 0 if unreachable end i32.const 1)
  (func $truncate (param f64) (result i32)
    local.get 0 i32.trunc_f64_s)
  (func $divide (param i64 i64) (result i64)
    local.get 0 local.get 1 i64.div_u)
  (func $by_constant (param i32) (result i32)
    local.get 0 i32.const -1 i32.div_s))

;;; mote objdump -C compiler=baseline,memory=guard,cpu=v3
;; image: baseline guard opt-level=0 cpu=x86-64-v3, 4 functions, 2390 bytes
;;
;; func[0] <unreachable> [i32] -> [i32]: 10 bytes at 0x26, 39 bytes of code
;; 0x000026  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000027  local.get 0
;; 0x000029  if
;;        12  45 85 ed                        test r13d, r13d
;;        15  0f 84 05 00 00 00               je L1
;; 0x00002b    unreachable
;;        1b  67 0f b9 40 01                  ud1 eax, dword ptr [eax + 1]  ; trap: unreachable
;; 0x00002c  end
;; 0x00002d  i32.const 1
;; 0x00002f  end
;;   L1:
;;        20  b8 01 00 00 00                  mov eax, 1
;;        25  c9                              leave
;;        26  c3                              ret
;;
;; func[1] <truncate> [f64] -> [i32]: 5 bytes at 0x31, 94 bytes of code
;; 0x000031  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  c5 f8 28 f0                     vmovaps xmm6, xmm0
;; 0x000032  local.get 0
;; 0x000034  i32.trunc_f64_s
;;        13  c5 fb 2c c6                     vcvttsd2si eax, xmm6
;;        17  83 f8 01                        cmp eax, 1
;;        1a  0f 80 02 00 00 00               jo L2
;; 0x000035  end
;;   L1:
;;        20  c9                              leave
;;        21  c3                              ret
;; 0x000034  i32.trunc_f64_s
;;   L2:
;;        22  c5 f9 2e f6                     vucomisd xmm6, xmm6
;;        26  0f 8a 23 00 00 00               jp L3
;;        2c  c5 f9 2e 35 bc f7 ff ff         vucomisd xmm6, qword ptr [rip - 0x844]  ; constant 0xc1e0000000200000…
;;        34  0f 86 1a 00 00 00               jbe L4
;;        3a  c4 41 00 57 ff                  vxorps xmm15, xmm15, xmm15
;;        3f  c4 c1 79 2e f7                  vucomisd xmm6, xmm15
;;        44  0f 83 0f 00 00 00               jae L5
;;        4a  e9 d1 ff ff ff                  jmp L1
;;   L3:
;;        4f  67 0f b9 40 04                  ud1 eax, dword ptr [eax + 4]  ; trap: invalid conversion to integer
;;   L4:
;;        54  67 0f b9 40 03                  ud1 eax, dword ptr [eax + 3]  ; trap: integer overflow
;;   L5:
;;        59  67 0f b9 40 03                  ud1 eax, dword ptr [eax + 3]  ; trap: integer overflow
;;
;; func[2] <divide> [i64 i64] -> [i64]: 7 bytes at 0x37, 42 bytes of code
;; 0x000037  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x000038  local.get 0
;; 0x00003a  local.get 1
;; 0x00003c  i64.div_u
;;         f  4d 8b de                        mov r11, r14
;;        12  49 8b c5                        mov rax, r13
;;        15  4d 85 db                        test r11, r11
;;        18  0f 84 07 00 00 00               je L1
;;        1e  33 d2                           xor edx, edx
;;        20  49 f7 f3                        div r11
;; 0x00003d  end
;;        23  c9                              leave
;;        24  c3                              ret
;; 0x00003c  i64.div_u
;;   L1:
;;        25  67 0f b9 40 02                  ud1 eax, dword ptr [eax + 2]  ; trap: integer divide by zero
;;
;; func[3] <by_constant> [i32] -> [i32]: 7 bytes at 0x3f, 54 bytes of code
;; 0x00003f  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000040  local.get 0
;; 0x000042  i32.const -1
;; 0x000044  i32.div_s
;;        12  41 bb ff ff ff ff               mov r11d, 0xffffffff
;;        18  41 8b c5                        mov eax, r13d
;;        1b  41 83 fb ff                     cmp r11d, -1
;;        1f  75 0a                           jne L1
;;        21  8b d0                           mov edx, eax
;;        23  f7 da                           neg edx
;;        25  0f 80 06 00 00 00               jo L2
;;   L1:
;;        2b  99                              cdq
;;        2c  41 f7 fb                        idiv r11d
;; 0x000045  end
;;        2f  c9                              leave
;;        30  c3                              ret
;; 0x000044  i32.div_s
;;   L2:
;;        31  67 0f b9 40 03                  ud1 eax, dword ptr [eax + 3]  ; trap: integer overflow

;;; mote objdump -C compiler=optimizing,memory=guard,cpu=v3
;; image: optimizing guard opt-level=2 cpu=x86-64-v3, 4 functions, 4112 bytes
;;
;; func[0] <unreachable> [i32] -> [i32]: 10 bytes at 0x26, 21 bytes of code
;; 0x000026  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  45 85 ed                        test r13d, r13d
;;         7  75 07                           jne L1
;;         9  b8 01 00 00 00                  mov eax, 1
;;         e  5d                              pop rbp
;;         f  c3                              ret
;; 0x000027  local.get 0
;; 0x000029  if
;; 0x00002b    unreachable
;;   L1:
;;        10  67 0f b9 40 01                  ud1 eax, dword ptr [eax + 1]  ; trap: unreachable
;; 0x00002c  end
;; 0x00002d  i32.const 1
;; 0x00002f  end
;;
;; func[1] <truncate> [f64] -> [i32]: 5 bytes at 0x31, 50 bytes of code
;; 0x000031  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  c5 f9 2e c0                     vucomisd xmm0, xmm0
;;         8  7a 1e                           jp L1
;;         a  c5 fb 10 0d ce 0f 00 00         vmovsd xmm1, qword ptr [rip + 0xfce]  ; constant 0xc1e0000000200000…
;;        12  c5 f9 2e c8                     vucomisd xmm1, xmm0
;;        16  73 15                           jae L2
;;        18  c5 f9 2e 05 c8 0f 00 00         vucomisd xmm0, qword ptr [rip + 0xfc8]  ; constant 0x41e0000000000000…
;;        20  73 0b                           jae L2
;;        22  c5 fb 2c c0                     vcvttsd2si eax, xmm0
;;        26  5d                              pop rbp
;;        27  c3                              ret
;; 0x000032  local.get 0
;; 0x000034  i32.trunc_f64_s
;;   L1:
;;        28  67 0f b9 40 04                  ud1 eax, dword ptr [eax + 4]  ; trap: invalid conversion to integer
;;   L2:
;;        2d  67 0f b9 40 03                  ud1 eax, dword ptr [eax + 3]  ; trap: integer overflow
;; 0x000035  end
;;
;; func[2] <divide> [i64 i64] -> [i64]: 7 bytes at 0x37, 46 bytes of code
;; 0x000037  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  4d 85 f6                        test r14, r14
;;         7  74 20                           je L2
;;         9  4c 89 e8                        mov rax, r13
;;         c  4c 09 f0                        or rax, r14
;;         f  48 c1 e8 20                     shr rax, 0x20
;;        13  74 0a                           je L1
;;        15  4c 89 e8                        mov rax, r13
;;        18  31 d2                           xor edx, edx
;;        1a  49 f7 f6                        div r14
;;        1d  5d                              pop rbp
;;        1e  c3                              ret
;;   L1:
;;        1f  44 89 e8                        mov eax, r13d
;;        22  31 d2                           xor edx, edx
;;        24  41 f7 f6                        div r14d
;;        27  5d                              pop rbp
;;        28  c3                              ret
;; 0x000038  local.get 0
;; 0x00003a  local.get 1
;; 0x00003c  i64.div_u
;;   L2:
;;        29  67 0f b9 40 02                  ud1 eax, dword ptr [eax + 2]  ; trap: integer divide by zero
;; 0x00003d  end
;;
;; func[3] <by_constant> [i32] -> [i32]: 7 bytes at 0x3f, 19 bytes of code
;; 0x00003f  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  41 f7 dd                        neg r13d
;;         7  70 05                           jo L1
;;         9  44 89 e8                        mov eax, r13d
;;         c  5d                              pop rbp
;;         d  c3                              ret
;; 0x000040  local.get 0
;; 0x000042  i32.const -1
;; 0x000044  i32.div_s
;;   L1:
;;         e  67 0f b9 40 03                  ud1 eax, dword ptr [eax + 3]  ; trap: integer overflow
;; 0x000045  end
