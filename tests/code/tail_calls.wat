;; Tail calls: arguments are placed, the frame goes, a jump remains.
(module
  (import "host" "f" (func $host (param i64 i64) (result i64)))
  (type $binary (func (param i64 i64) (result i64)))
  (table 4 4 funcref)
  (func $exchange (param i64 i64) (result i64)
    local.get 1 local.get 0 return_call $exchange)
  (func $import (param i64 i64) (result i64)
    local.get 0 local.get 1 return_call $host)
  (func $indirect (param i64 i64) (result i64)
    local.get 0 local.get 1 local.get 0 i32.wrap_i64 return_call_indirect (type $binary)))

;;; mote objdump -C compiler=baseline,memory=guard,cpu=v3
;; image: baseline guard opt-level=0 cpu=x86-64-v3, 3 functions, 2397 bytes
;;
;; func[1] <exchange> [i64 i64] -> [i64]: 8 bytes at 0x2e, 38 bytes of code
;; 0x00002e  (entry)
;;   L1:
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x00002f  local.get 1
;; 0x000031  local.get 0
;; 0x000033  return_call 1
;;         f  4c 89 6d e8                     mov qword ptr [rbp - 0x18], r13
;;        13  4c 89 75 e0                     mov qword ptr [rbp - 0x20], r14
;;        17  4d 8b de                        mov r11, r14
;;        1a  4d 8b f5                        mov r14, r13
;;        1d  4d 8b eb                        mov r13, r11
;;        20  c9                              leave
;;        21  e9 da ff ff ff                  jmp L1
;; 0x000035  end
;;
;; func[2] <import> [i64 i64] -> [i64]: 8 bytes at 0x37, 40 bytes of code
;; 0x000037  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x000038  local.get 0
;; 0x00003a  local.get 1
;; 0x00003c  return_call 0
;;         f  4c 89 6d e8                     mov qword ptr [rbp - 0x18], r13
;;        13  4c 89 75 e0                     mov qword ptr [rbp - 0x20], r14
;;        17  4d 8b 5c 24 78                  mov r11, qword ptr [r12 + 0x78]  ; import of function 0
;;        1c  4d 8b a4 24 80 00 00 00         mov r12, qword ptr [r12 + 0x80]  ; import of function 0
;;        24  c9                              leave
;;        25  41 ff e3                        jmp r11
;; 0x00003e  end
;;
;; func[3] <indirect> [i64 i64] -> [i64]: 12 bytes at 0x40, 157 bytes of code
;; 0x000040  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x000041  local.get 0
;; 0x000043  local.get 1
;; 0x000045  local.get 0
;; 0x000047  i32.wrap_i64
;;         f  41 8b c5                        mov eax, r13d
;; 0x000048  return_call_indirect (type 0)
;;        12  49 3b 44 24 28                  cmp rax, qword ptr [r12 + 0x28]  ; table 0 length
;;        17  0f 83 71 00 00 00               jae L4
;;        1d  41 bb 00 00 00 00               mov r11d, 0
;;        23  49 0f 43 c3                     cmovae rax, r11
;;        27  49 8b 4c 24 20                  mov rcx, qword ptr [r12 + 0x20]  ; table 0 base
;;        2c  48 8b 0c c1                     mov rcx, qword ptr [rcx + rax*8]
;;        30  48 85 c9                        test rcx, rcx
;;        33  0f 84 24 00 00 00               je L2
;;   L1:
;;        39  4d 8b 5c 24 30                  mov r11, qword ptr [r12 + 0x30]
;;        3e  45 8b 1b                        mov r11d, dword ptr [r11]
;;        41  44 3b 59 10                     cmp r11d, dword ptr [rcx + 0x10]
;;        45  0f 85 33 00 00 00               jne L3
;;        4b  48 8b d9                        mov rbx, rcx
;;        4e  4c 89 6d e8                     mov qword ptr [rbp - 0x18], r13
;;        52  4c 89 75 e0                     mov qword ptr [rbp - 0x20], r14
;;        56  4c 8b 63 08                     mov r12, qword ptr [rbx + 8]
;;        5a  c9                              leave
;;        5b  ff 23                           jmp qword ptr [rbx]
;;   L2:
;;        5d  68 00 00 00 00                  push 0
;;        62  50                              push rax
;;        63  e8 a8 f8 ff ff                  call text+0x1d0
;;        68  48 8d 64 24 10                  lea rsp, [rsp + 0x10]
;;        6d  49 8b cb                        mov rcx, r11
;;        70  4d 85 db                        test r11, r11
;;        73  0f 84 1a 00 00 00               je L5
;;        79  e9 bb ff ff ff                  jmp L1
;;   L3:
;;        7e  49 3b 4c 24 60                  cmp rcx, qword ptr [r12 + 0x60]
;;        83  0f 84 0f 00 00 00               je L6
;;        89  67 0f b9 40 09                  ud1 eax, dword ptr [eax + 9]  ; trap: indirect call type mismatch
;;   L4:
;;        8e  67 0f b9 40 07                  ud1 eax, dword ptr [eax + 7]  ; trap: undefined element
;;   L5:
;;        93  67 0f b9 40 08                  ud1 eax, dword ptr [eax + 8]  ; trap: uninitialized element
;;   L6:
;;        98  67 0f b9 40 08                  ud1 eax, dword ptr [eax + 8]  ; trap: uninitialized element
;; 0x00004b  end

;;; mote objdump -C compiler=optimizing,memory=guard,cpu=v3
;; image: optimizing guard opt-level=2 cpu=x86-64-v3, 3 functions, 175 bytes
;;
;; func[1] <exchange> [i64 i64] -> [i64]: 8 bytes at 0x2e, 19 bytes of code
;; 0x00002e  (entry)
;;   L1:
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  4c 89 e8                        mov rax, r13
;; 0x00002f  local.get 1
;; 0x000031  local.get 0
;; 0x000033  return_call 1
;;         7  4d 89 f5                        mov r13, r14
;;         a  49 89 c6                        mov r14, rax
;;         d  5d                              pop rbp
;;         e  e9 ed ff ff ff                  jmp L1
;; 0x000035  end
;;
;; func[2] <import> [i64 i64] -> [i64]: 8 bytes at 0x37, 20 bytes of code
;; 0x000037  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  49 8b 44 24 78                  mov rax, qword ptr [r12 + 0x78]  ; import of function 0
;;         9  4d 8b a4 24 80 00 00 00         mov r12, qword ptr [r12 + 0x80]  ; import of function 0
;; 0x000038  local.get 0
;; 0x00003a  local.get 1
;; 0x00003c  return_call 0
;;        11  5d                              pop rbp
;;        12  ff e0                           jmp rax
;; 0x00003e  end
;;
;; func[3] <indirect> [i64 i64] -> [i64]: 12 bytes at 0x40, 111 bytes of code
;; 0x000040  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  44 89 ea                        mov edx, r13d
;;         7  48 83 fa 04                     cmp rdx, 4
;;         b  73 35                           jae L2
;;         d  48 8d 04 d5 00 00 00 00         lea rax, [rdx*8]
;;        15  49 03 44 24 20                  add rax, qword ptr [r12 + 0x20]  ; table 0 base
;;        1a  31 c9                           xor ecx, ecx
;;        1c  48 83 fa 04                     cmp rdx, 4
;;        20  48 0f 43 c1                     cmovae rax, rcx
;;        24  48 8b 00                        mov rax, qword ptr [rax]
;;        27  48 85 c0                        test rax, rax
;;        2a  74 1b                           je L3
;;   L1:
;;        2c  8b 48 10                        mov ecx, dword ptr [rax + 0x10]
;;        2f  49 8b 54 24 30                  mov rdx, qword ptr [r12 + 0x30]  ; type ids
;;        34  3b 0a                           cmp ecx, dword ptr [rdx]
;;        36  75 26                           jne L4
;;        38  48 8b 08                        mov rcx, qword ptr [rax]
;;        3b  4c 8b 60 08                     mov r12, qword ptr [rax + 8]
;; 0x000041  local.get 0
;; 0x000043  local.get 1
;; 0x000045  local.get 0
;; 0x000047  i32.wrap_i64
;; 0x000048  return_call_indirect (type 0)
;;        3f  5d                              pop rbp
;;        40  ff e1                           jmp rcx
;;   L2:
;;        42  67 0f b9 40 07                  ud1 eax, dword ptr [eax + 7]  ; trap: undefined element
;;   L3:
;;        47  49 8b 44 24 38                  mov rax, qword ptr [r12 + 0x38]  ; builtins
;;        4c  4c 89 e7                        mov rdi, r12
;;        4f  31 f6                           xor esi, esi
;;        51  ff 50 50                        call qword ptr [rax + 0x50]  ; builtin table_get_func
;;        54  48 85 c0                        test rax, rax
;;        57  75 d3                           jne L1
;;        59  67 0f b9 40 08                  ud1 eax, dword ptr [eax + 8]  ; trap: uninitialized element
;;   L4:
;;        5e  49 3b 44 24 60                  cmp rax, qword ptr [r12 + 0x60]  ; null funcref
;;        63  74 05                           je L5
;;        65  67 0f b9 40 09                  ud1 eax, dword ptr [eax + 9]  ; trap: indirect call type mismatch
;;   L5:
;;        6a  67 0f b9 40 08                  ud1 eax, dword ptr [eax + 8]  ; trap: uninitialized element
;; 0x00004b  end
