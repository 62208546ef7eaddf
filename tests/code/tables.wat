;; Tables: the index is compared, and masked; an entry of a lazy table is resolved when it is first used.
(module
  (table $t 8 8 externref)
  (func $get (param i32) (result externref)
    local.get 0 table.get $t)
  (func $set (param i32 externref)
    local.get 0 local.get 1 table.set $t)
  (func $size (result i32)
    table.size $t)
  (func $is_null (param i32) (result i32)
    local.get 0 table.get $t ref.is_null))

;;; mote objdump -C compiler=baseline,memory=guard,cpu=v3
;; image: baseline guard opt-level=0 cpu=x86-64-v3, 4 functions, 2369 bytes
;;
;; func[0] <get> [i32] -> [(ref null extern)]: 6 bytes at 0x30, 59 bytes of code
;; 0x000030  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000031  local.get 0
;; 0x000033  table.get 0
;;        12  41 8b c5                        mov eax, r13d
;;        15  49 3b 44 24 28                  cmp rax, qword ptr [r12 + 0x28]  ; table 0 length
;;        1a  0f 83 16 00 00 00               jae L1
;;        20  41 bb 00 00 00 00               mov r11d, 0
;;        26  49 0f 43 c3                     cmovae rax, r11
;;        2a  49 8b 4c 24 20                  mov rcx, qword ptr [r12 + 0x20]  ; table 0 base
;;        2f  8b 0c 81                        mov ecx, dword ptr [rcx + rax*4]
;; 0x000035  end
;;        32  8b c1                           mov eax, ecx
;;        34  c9                              leave
;;        35  c3                              ret
;; 0x000033  table.get 0
;;   L1:
;;        36  67 0f b9 40 06                  ud1 eax, dword ptr [eax + 6]  ; trap: out of bounds table access
;;
;; func[1] <set> [i32 (ref null extern)] -> []: 8 bytes at 0x37, 63 bytes of code
;; 0x000037  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;;        12  45 8b f6                        mov r14d, r14d
;; 0x000038  local.get 0
;; 0x00003a  local.get 1
;; 0x00003c  table.set 0
;;        15  41 8b c6                        mov eax, r14d
;;        18  41 8b cd                        mov ecx, r13d
;;        1b  49 3b 4c 24 28                  cmp rcx, qword ptr [r12 + 0x28]  ; table 0 length
;;        20  0f 83 14 00 00 00               jae L1
;;        26  41 bb 00 00 00 00               mov r11d, 0
;;        2c  49 0f 43 cb                     cmovae rcx, r11
;;        30  49 8b 54 24 20                  mov rdx, qword ptr [r12 + 0x20]  ; table 0 base
;;        35  89 04 8a                        mov dword ptr [rdx + rcx*4], eax
;; 0x00003e  end
;;        38  c9                              leave
;;        39  c3                              ret
;; 0x00003c  table.set 0
;;   L1:
;;        3a  67 0f b9 40 06                  ud1 eax, dword ptr [eax + 6]  ; trap: out of bounds table access
;;
;; func[2] <size> [] -> [i32]: 5 bytes at 0x40, 22 bytes of code
;; 0x000040  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 10 00 00 00            sub rsp, 0x10
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x000041  table.size 0
;;         f  49 8b 44 24 28                  mov rax, qword ptr [r12 + 0x28]  ; table 0 length
;; 0x000044  end
;;        14  c9                              leave
;;        15  c3                              ret
;;
;; func[3] <is_null> [i32] -> [i32]: 7 bytes at 0x46, 65 bytes of code
;; 0x000046  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000047  local.get 0
;; 0x000049  table.get 0
;;        12  41 8b c5                        mov eax, r13d
;;        15  49 3b 44 24 28                  cmp rax, qword ptr [r12 + 0x28]  ; table 0 length
;;        1a  0f 83 1c 00 00 00               jae L1
;;        20  41 bb 00 00 00 00               mov r11d, 0
;;        26  49 0f 43 c3                     cmovae rax, r11
;;        2a  49 8b 4c 24 20                  mov rcx, qword ptr [r12 + 0x20]  ; table 0 base
;;        2f  8b 0c 81                        mov ecx, dword ptr [rcx + rax*4]
;; 0x00004b  ref.is_null
;;        32  85 c9                           test ecx, ecx
;;        34  0f 94 c0                        sete al
;;        37  0f b6 c0                        movzx eax, al
;; 0x00004c  end
;;        3a  c9                              leave
;;        3b  c3                              ret
;; 0x000049  table.get 0
;;   L1:
;;        3c  67 0f b9 40 06                  ud1 eax, dword ptr [eax + 6]  ; trap: out of bounds table access
