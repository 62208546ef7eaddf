;; A jump table: the index is bounded without a branch.
(module
  (func $switch (param i32) (result i32)
    block block block
      local.get 0 br_table 0 1 2
    end
      i32.const 10 return
    end
      i32.const 20 return
    end
    i32.const 30)
  (func $with_value (param i32 i32) (result i32)
    block (result i32) block (result i32)
      local.get 1 local.get 0 br_table 0 1 0
    end
      i32.const 1 i32.add
    end))

;;; mote objdump -C compiler=baseline,memory=guard,cpu=v3
;; image: baseline guard opt-level=0 cpu=x86-64-v3, 2 functions, 2325 bytes
;;
;; func[0] <switch> [i32] -> [i32]: 26 bytes at 0x1f, 93 bytes of code
;; 0x00001f  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000020  block
;; 0x000022    block
;; 0x000024      block
;; 0x000026        local.get 0
;; 0x000028        br_table 0 1 2
;;        12  41 8b c5                        mov eax, r13d
;;        15  8b c8                           mov ecx, eax
;;        17  41 bb 02 00 00 00               mov r11d, 2
;;        1d  41 3b cb                        cmp ecx, r11d
;;        20  41 0f 43 cb                     cmovae ecx, r11d
;;        24  4c 8d 1d 11 00 00 00            lea r11, [rip + 0x11]  ; +0x3c
;;        2b  49 63 0c 8b                     movsxd rcx, dword ptr [r11 + rcx*4]
;;        2f  4c 8d 1d ca ff ff ff            lea r11, [rip - 0x36]  ; +0x0
;;        36  49 03 cb                        add rcx, r11
;;        39  ff e1                           jmp rcx
;;        3b  cc                              int3
;;        3c  48 00 00                        add byte ptr [rax], al
;;        3f  00 4f 00                        add byte ptr [rdi], cl
;;        42  00 00                           add byte ptr [rax], al
;;        44  56                              push rsi
;;        45  00 00                           add byte ptr [rax], al
;;        47  00 b8 0a 00 00 00               add byte ptr [rax + 0xa], bh
;; 0x00002d      end
;; 0x00002e      i32.const 10
;; 0x000030      return
;;        4d  c9                              leave
;;        4e  c3                              ret
;; 0x000031    end
;; 0x000032    i32.const 20
;; 0x000034    return
;;        4f  b8 14 00 00 00                  mov eax, 0x14
;;        54  c9                              leave
;;        55  c3                              ret
;; 0x000035  end
;; 0x000036  i32.const 30
;; 0x000038  end
;;        56  b8 1e 00 00 00                  mov eax, 0x1e
;;        5b  c9                              leave
;;        5c  c3                              ret
;;
;; func[1] <with_value> [i32 i32] -> [i32]: 20 bytes at 0x3a, 85 bytes of code
;; 0x00003a  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;;        12  45 8b f6                        mov r14d, r14d
;; 0x00003b  block (result i32)
;; 0x00003d    block (result i32)
;; 0x00003f      local.get 1
;; 0x000041      local.get 0
;; 0x000043      br_table 0 1 0
;;        15  41 8b c5                        mov eax, r13d
;;        18  8b c8                           mov ecx, eax
;;        1a  41 8b c6                        mov eax, r14d
;;        1d  41 bb 02 00 00 00               mov r11d, 2
;;        23  41 3b cb                        cmp ecx, r11d
;;        26  41 0f 43 cb                     cmovae ecx, r11d
;;        2a  4c 8d 1d 13 00 00 00            lea r11, [rip + 0x13]  ; +0x44
;;        31  49 63 0c 8b                     movsxd rcx, dword ptr [r11 + rcx*4]
;;        35  4c 8d 1d c4 ff ff ff            lea r11, [rip - 0x3c]  ; +0x0
;;        3c  49 03 cb                        add rcx, r11
;;        3f  ff e1                           jmp rcx
;;        41  cc                              int3
;;        42  cc                              int3
;;        43  cc                              int3
;;        44  50                              push rax
;;        45  00 00                           add byte ptr [rax], al
;;        47  00 53 00                        add byte ptr [rbx], dl
;;        4a  00 00                           add byte ptr [rax], al
;;        4c  50                              push rax
;;        4d  00 00                           add byte ptr [rax], al
;;        4f  00 83 c0 01 c9 c3               add byte ptr [rbx - 0x3c36fe40], al
;; 0x000048    end
;; 0x000049    i32.const 1
;; 0x00004b    i32.add
;; 0x00004c  end
;; 0x00004d  end
