;; Calls of every kind: arguments beyond eight of a class and results beyond three or two go through the exchange buffer.
(module
  (import "host" "f" (func $host (param i32) (result i32)))
  (type $unary (func (param i32) (result i32)))
  (table 4 4 funcref)
  (func $leaf (param i32) (result i32) local.get 0)
  (func $direct (param i32 i32) (result i32)
    local.get 0 call $leaf local.get 1 i32.add)
  (func $import (param i32) (result i32)
    local.get 0 i32.const 1 i32.add call $host)
  (func $indirect (param i32 i32) (result i32)
    local.get 0 local.get 1 call_indirect (type $unary))
  (func $many (param i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64 i64 i64 i64)
    local.get 0 local.get 1 local.get 7 local.get 8)
  (func $calls_many (result i64)
    i64.const 1 i64.const 2 i64.const 3 i64.const 4 i64.const 5 i64.const 6 i64.const 7 i64.const 8 i64.const 9
    call $many drop drop drop)
  (func $kept (param f64 f64) (result f64)
    local.get 0 i32.const 0 call $leaf f64.convert_i32_s f64.add local.get 1 f64.mul))

;;; mote objdump -C compiler=baseline,memory=guard,cpu=v3
;; image: baseline guard opt-level=0 cpu=x86-64-v3, 7 functions, 2696 bytes
;;
;; func[1] <leaf> [i32] -> [i32]: 4 bytes at 0x51, 23 bytes of code
;; 0x000051  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000052  local.get 0
;; 0x000054  end
;;        12  41 8b c5                        mov eax, r13d
;;        15  c9                              leave
;;        16  c3                              ret
;;
;; func[2] <direct> [i32 i32] -> [i32]: 9 bytes at 0x56, 43 bytes of code
;; 0x000056  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;;        12  45 8b f6                        mov r14d, r14d
;; 0x000057  local.get 0
;; 0x000059  call 1
;;        15  44 89 6d e8                     mov dword ptr [rbp - 0x18], r13d
;;        19  44 89 75 e0                     mov dword ptr [rbp - 0x20], r14d
;;        1d  e8 be ff ff ff                  call func[1]  ; leaf
;; 0x00005b  local.get 1
;; 0x00005d  i32.add
;;        22  44 8b 75 e0                     mov r14d, dword ptr [rbp - 0x20]
;;        26  41 03 c6                        add eax, r14d
;; 0x00005e  end
;;        29  c9                              leave
;;        2a  c3                              ret
;;
;; func[3] <import> [i32] -> [i32]: 9 bytes at 0x60, 47 bytes of code
;; 0x000060  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000061  local.get 0
;; 0x000063  i32.const 1
;; 0x000065  i32.add
;;        12  41 8d 45 01                     lea eax, [r13 + 1]
;; 0x000066  call 0
;;        16  44 89 6d e8                     mov dword ptr [rbp - 0x18], r13d
;;        1a  44 8b e8                        mov r13d, eax
;;        1d  4d 8b 5c 24 78                  mov r11, qword ptr [r12 + 0x78]  ; import of function 0
;;        22  4d 8b a4 24 80 00 00 00         mov r12, qword ptr [r12 + 0x80]  ; import of function 0
;;        2a  41 ff d3                        call r11
;; 0x000068  end
;;        2d  c9                              leave
;;        2e  c3                              ret
;;
;; func[4] <indirect> [i32 i32] -> [i32]: 9 bytes at 0x6a, 164 bytes of code
;; 0x00006a  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;;        12  45 8b f6                        mov r14d, r14d
;; 0x00006b  local.get 0
;; 0x00006d  local.get 1
;; 0x00006f  call_indirect (type 0)
;;        15  41 8b c6                        mov eax, r14d
;;        18  49 3b 44 24 28                  cmp rax, qword ptr [r12 + 0x28]  ; table 0 length
;;        1d  0f 83 72 00 00 00               jae L4
;;        23  41 bb 00 00 00 00               mov r11d, 0
;;        29  49 0f 43 c3                     cmovae rax, r11
;;        2d  49 8b 4c 24 20                  mov rcx, qword ptr [r12 + 0x20]  ; table 0 base
;;        32  48 8b 0c c1                     mov rcx, qword ptr [rcx + rax*8]
;;        36  48 85 c9                        test rcx, rcx
;;        39  0f 84 25 00 00 00               je L2
;;   L1:
;;        3f  4d 8b 5c 24 30                  mov r11, qword ptr [r12 + 0x30]
;;        44  45 8b 1b                        mov r11d, dword ptr [r11]
;;        47  44 3b 59 10                     cmp r11d, dword ptr [rcx + 0x10]
;;        4b  0f 85 34 00 00 00               jne L3
;;        51  48 8b d9                        mov rbx, rcx
;;        54  44 89 6d e8                     mov dword ptr [rbp - 0x18], r13d
;;        58  44 89 75 e0                     mov dword ptr [rbp - 0x20], r14d
;;        5c  4c 8b 63 08                     mov r12, qword ptr [rbx + 8]
;;        60  ff 13                           call qword ptr [rbx]
;; 0x000072  end
;;        62  c9                              leave
;;        63  c3                              ret
;; 0x00006f  call_indirect (type 0)
;;   L2:
;;        64  68 00 00 00 00                  push 0
;;        69  50                              push rax
;;        6a  e8 81 f8 ff ff                  call text+0x1d0
;;        6f  48 8d 64 24 10                  lea rsp, [rsp + 0x10]
;;        74  49 8b cb                        mov rcx, r11
;;        77  4d 85 db                        test r11, r11
;;        7a  0f 84 1a 00 00 00               je L5
;;        80  e9 ba ff ff ff                  jmp L1
;;   L3:
;;        85  49 3b 4c 24 60                  cmp rcx, qword ptr [r12 + 0x60]
;;        8a  0f 84 0f 00 00 00               je L6
;;        90  67 0f b9 40 09                  ud1 eax, dword ptr [eax + 9]  ; trap: indirect call type mismatch
;;   L4:
;;        95  67 0f b9 40 07                  ud1 eax, dword ptr [eax + 7]  ; trap: undefined element
;;   L5:
;;        9a  67 0f b9 40 08                  ud1 eax, dword ptr [eax + 8]  ; trap: uninitialized element
;;   L6:
;;        9f  67 0f b9 40 08                  ud1 eax, dword ptr [eax + 8]  ; trap: uninitialized element
;;
;; func[5] <many> [i64 i64 i64 i64 i64 i64 i64 i64 i64] -> [i64 i64 i64 i64]: 10 bytes at 0x74, 50 bytes of code
;; 0x000074  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 60 00 00 00            sub rsp, 0x60
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  4d 8b 5c 24 08                  mov r11, qword ptr [r12 + 8]  ; store
;;        14  4d 8b 5b 38                     mov r11, qword ptr [r11 + 0x38]
;;        18  4d 8b 3b                        mov r15, qword ptr [r11]
;; 0x000075  local.get 0
;; 0x000077  local.get 1
;; 0x000079  local.get 7
;; 0x00007b  local.get 8
;; 0x00007d  end
;;        1b  4d 8b 5c 24 08                  mov r11, qword ptr [r12 + 8]  ; store
;;        20  4d 8b 5b 38                     mov r11, qword ptr [r11 + 0x38]
;;        24  4d 89 3b                        mov qword ptr [r11], r15
;;        27  49 8b c5                        mov rax, r13
;;        2a  49 8b c8                        mov rcx, r8
;;        2d  49 8b d6                        mov rdx, r14
;;        30  c9                              leave
;;        31  c3                              ret
;;
;; func[6] <calls_many> [] -> [i64]: 25 bytes at 0x7f, 104 bytes of code
;; 0x00007f  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 30 00 00 00            sub rsp, 0x30
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x000080  i64.const 1
;; 0x000082  i64.const 2
;; 0x000084  i64.const 3
;; 0x000086  i64.const 4
;; 0x000088  i64.const 5
;; 0x00008a  i64.const 6
;; 0x00008c  i64.const 7
;; 0x00008e  i64.const 8
;; 0x000090  i64.const 9
;; 0x000092  call 5
;;         f  4d 8b 5c 24 08                  mov r11, qword ptr [r12 + 8]  ; store
;;        14  4d 8b 5b 38                     mov r11, qword ptr [r11 + 0x38]
;;        18  49 c7 03 09 00 00 00            mov qword ptr [r11], 9
;;        1f  41 bd 01 00 00 00               mov r13d, 1
;;        25  41 be 02 00 00 00               mov r14d, 2
;;        2b  41 bf 03 00 00 00               mov r15d, 3
;;        31  bf 04 00 00 00                  mov edi, 4
;;        36  be 05 00 00 00                  mov esi, 5
;;        3b  ba 06 00 00 00                  mov edx, 6
;;        40  b9 07 00 00 00                  mov ecx, 7
;;        45  41 b8 08 00 00 00               mov r8d, 8
;;        4b  e8 70 ff ff ff                  call func[5]  ; many
;;        50  4c 8b 5d f8                     mov r11, qword ptr [rbp - 8]
;;        54  4d 8b 5b 08                     mov r11, qword ptr [r11 + 8]  ; store
;;        58  4d 8b 5b 38                     mov r11, qword ptr [r11 + 0x38]
;;        5c  c4 41 78 10 3b                  vmovups xmm15, xmmword ptr [r11]
;;        61  c5 7b 11 7d d0                  vmovsd qword ptr [rbp - 0x30], xmm15
;; 0x000094  drop
;; 0x000095  drop
;; 0x000096  drop
;; 0x000097  end
;;        66  c9                              leave
;;        67  c3                              ret
;;
;; func[7] <kept> [f64 f64] -> [f64]: 13 bytes at 0x99, 72 bytes of code
;; 0x000099  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  c5 f8 28 f0                     vmovaps xmm6, xmm0
;;        13  c5 f8 28 f9                     vmovaps xmm7, xmm1
;; 0x00009a  local.get 0
;; 0x00009c  i32.const 0
;; 0x00009e  call 1
;;        17  c5 fb 11 75 e8                  vmovsd qword ptr [rbp - 0x18], xmm6
;;        1c  c5 fb 11 7d e0                  vmovsd qword ptr [rbp - 0x20], xmm7
;;        21  41 bd 00 00 00 00               mov r13d, 0
;;        27  e8 f4 fd ff ff                  call func[1]  ; leaf
;; 0x0000a0  f64.convert_i32_s
;;        2c  c5 f8 57 c0                     vxorps xmm0, xmm0, xmm0
;;        30  c5 fb 2a c0                     vcvtsi2sd xmm0, xmm0, eax
;; 0x0000a1  f64.add
;;        34  c5 fb 10 75 e8                  vmovsd xmm6, qword ptr [rbp - 0x18]
;;        39  c5 cb 58 c0                     vaddsd xmm0, xmm6, xmm0
;; 0x0000a2  local.get 1
;; 0x0000a4  f64.mul
;;        3d  c5 fb 10 7d e0                  vmovsd xmm7, qword ptr [rbp - 0x20]
;;        42  c5 fb 59 c7                     vmulsd xmm0, xmm0, xmm7
;; 0x0000a5  end
;;        46  c9                              leave
;;        47  c3                              ret
