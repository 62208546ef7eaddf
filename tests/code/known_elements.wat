;; Calls through tables that nothing can change: what they hold of the call's type is compared with and called directly, and only
;; what remains is looked up. The second table is exported, so that anything may be in it.
(module
  (type $unary (func (param i32) (result i32)))
  (table $known 4 4 funcref)
  (table $any (export "any") 4 4 funcref)
  (elem (table $known) (i32.const 1) func $half $double $other)
  (func $half (param i32) (result i32)
    local.get 0 i32.const 1 i32.shr_u)
  (func $double (param i32) (result i32)
    local.get 0 i32.const 1 i32.shl)
  (func $other)
  (func $call_known (param i32 i32) (result i32)
    local.get 0 local.get 1 call_indirect $known (type $unary) i32.const 5 i32.add)
  (func $call_any (param i32 i32) (result i32)
    local.get 0 local.get 1 call_indirect $any (type $unary) i32.const 5 i32.add))

;;; mote objdump -C compiler=optimizing,memory=guard,cpu=v3
;; image: optimizing guard opt-level=2 cpu=x86-64-v3, 5 functions, 310 bytes
;;
;; func[0] <half> [i32] -> [i32]: 7 bytes at 0x44, 11 bytes of code
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  44 89 e8                        mov eax, r13d
;;         7  d1 e8                           shr eax, 1
;;         9  5d                              pop rbp
;;         a  c3                              ret
;; 0x000045  local.get 0
;; 0x000047  i32.const 1
;; 0x000049  i32.shr_u
;; 0x00004a  end
;;
;; func[1] <double> [i32] -> [i32]: 7 bytes at 0x4c, 14 bytes of code
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  42 8d 04 6d 00 00 00 00         lea eax, [r13*2]
;;         c  5d                              pop rbp
;;         d  c3                              ret
;; 0x00004d  local.get 0
;; 0x00004f  i32.const 1
;; 0x000051  i32.shl
;; 0x000052  end
;;
;; func[2] <other> [] -> []: 2 bytes at 0x54, 6 bytes of code
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  5d                              pop rbp
;;         5  c3                              ret
;; 0x000055  end
;;
;; func[3] <call_known> [i32 i32] -> [i32]: 12 bytes at 0x57, 138 bytes of code
;; 0x000057  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  41 83 fe 01                     cmp r14d, 1
;;         8  75 07                           jne L1
;; 0x000058  local.get 0
;; 0x00005a  local.get 1
;; 0x00005c  call_indirect (type 0)
;;         a  e8 c1 ff ff ff                  call func[0]  ; half
;;         f  eb 0b                           jmp L2
;;   L1:
;;        11  41 83 fe 02                     cmp r14d, 2
;;        15  75 0a                           jne L3
;;        17  e8 c4 ff ff ff                  call func[1]  ; double
;;   L2:
;;        1c  83 c0 05                        add eax, 5
;;        1f  5d                              pop rbp
;;        20  c3                              ret
;;   L3:
;;        21  41 83 fe 04                     cmp r14d, 4
;;        25  73 36                           jae L5
;;        27  44 89 f2                        mov edx, r14d
;;        2a  48 8d 04 d5 00 00 00 00         lea rax, [rdx*8]
;;        32  49 03 44 24 20                  add rax, qword ptr [r12 + 0x20]  ; table 0 base
;;        37  31 c9                           xor ecx, ecx
;;        39  48 83 fa 04                     cmp rdx, 4
;;        3d  48 0f 43 c1                     cmovae rax, rcx
;;        41  48 8b 00                        mov rax, qword ptr [rax]
;;        44  48 85 c0                        test rax, rax
;;        47  74 19                           je L6
;;   L4:
;;        49  8b 48 10                        mov ecx, dword ptr [rax + 0x10]
;;        4c  49 8b 54 24 30                  mov rdx, qword ptr [r12 + 0x30]  ; type ids
;;        51  3b 0a                           cmp ecx, dword ptr [rdx]
;;        53  75 24                           jne L7
;;        55  4c 8b 60 08                     mov r12, qword ptr [rax + 8]
;;        59  ff 10                           call qword ptr [rax]
;;        5b  eb bf                           jmp L2
;;   L5:
;;        5d  67 0f b9 40 07                  ud1 eax, dword ptr [eax + 7]  ; trap: undefined element
;;   L6:
;;        62  49 8b 44 24 38                  mov rax, qword ptr [r12 + 0x38]  ; builtins
;;        67  4c 89 e7                        mov rdi, r12
;;        6a  31 f6                           xor esi, esi
;;        6c  ff 50 50                        call qword ptr [rax + 0x50]  ; builtin table_get_func
;;        6f  48 85 c0                        test rax, rax
;;        72  75 d5                           jne L4
;;        74  67 0f b9 40 08                  ud1 eax, dword ptr [eax + 8]  ; trap: uninitialized element
;;   L7:
;;        79  49 3b 44 24 60                  cmp rax, qword ptr [r12 + 0x60]  ; null funcref
;;        7e  74 05                           je L8
;;        80  67 0f b9 40 09                  ud1 eax, dword ptr [eax + 9]  ; trap: indirect call type mismatch
;;   L8:
;;        85  67 0f b9 40 08                  ud1 eax, dword ptr [eax + 8]  ; trap: uninitialized element
;; 0x00005f  i32.const 5
;; 0x000061  i32.add
;; 0x000062  end
;;
;; func[4] <call_any> [i32 i32] -> [i32]: 12 bytes at 0x64, 118 bytes of code
;; 0x000064  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  41 83 fe 04                     cmp r14d, 4
;;         8  73 3c                           jae L2
;;         a  44 89 f2                        mov edx, r14d
;;         d  48 8d 04 d5 00 00 00 00         lea rax, [rdx*8]
;;        15  49 03 84 24 90 00 00 00         add rax, qword ptr [r12 + 0x90]
;;        1d  31 c9                           xor ecx, ecx
;;        1f  48 83 fa 04                     cmp rdx, 4
;;        23  48 0f 43 c1                     cmovae rax, rcx
;;        27  48 8b 00                        mov rax, qword ptr [rax]
;;        2a  48 85 c0                        test rax, rax
;;        2d  74 1c                           je L3
;;   L1:
;;        2f  8b 48 10                        mov ecx, dword ptr [rax + 0x10]
;;        32  49 8b 54 24 30                  mov rdx, qword ptr [r12 + 0x30]  ; type ids
;;        37  3b 0a                           cmp ecx, dword ptr [rdx]
;;        39  75 2a                           jne L4
;;        3b  4c 8b 60 08                     mov r12, qword ptr [rax + 8]
;; 0x000065  local.get 0
;; 0x000067  local.get 1
;; 0x000069  call_indirect 1 (type 0)
;;        3f  ff 10                           call qword ptr [rax]
;;        41  83 c0 05                        add eax, 5
;;        44  5d                              pop rbp
;;        45  c3                              ret
;;   L2:
;;        46  67 0f b9 40 07                  ud1 eax, dword ptr [eax + 7]  ; trap: undefined element
;;   L3:
;;        4b  49 8b 44 24 38                  mov rax, qword ptr [r12 + 0x38]  ; builtins
;;        50  4c 89 e7                        mov rdi, r12
;;        53  be 01 00 00 00                  mov esi, 1
;;        58  ff 50 50                        call qword ptr [rax + 0x50]  ; builtin table_get_func
;;        5b  48 85 c0                        test rax, rax
;;        5e  75 cf                           jne L1
;;        60  67 0f b9 40 08                  ud1 eax, dword ptr [eax + 8]  ; trap: uninitialized element
;;   L4:
;;        65  49 3b 44 24 60                  cmp rax, qword ptr [r12 + 0x60]  ; null funcref
;;        6a  74 05                           je L5
;;        6c  67 0f b9 40 09                  ud1 eax, dword ptr [eax + 9]  ; trap: indirect call type mismatch
;;   L5:
;;        71  67 0f b9 40 08                  ud1 eax, dword ptr [eax + 8]  ; trap: uninitialized element
;; 0x00006c  i32.const 5
;; 0x00006e  i32.add
;; 0x00006f  end
