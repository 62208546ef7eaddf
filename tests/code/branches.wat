;; Comparisons and the branches, ifs and selects that use them: flags are used where they arise, no 0 or 1 is made in between.
(module
  (func $if (param i32 i32) (result i32)
    local.get 0 local.get 1 i32.lt_s
    if (result i32) i32.const 10 else i32.const 20 end)
  (func $br_if (param i64) (result i32)
    block
      local.get 0 i64.eqz br_if 0
      i32.const 1 return
    end
    i32.const 2)
  (func $select (param f64 f64) (result f64)
    local.get 0 local.get 1 local.get 0 local.get 1 f64.gt select)
  (func $floats (param f32 f32) (result i32)
    local.get 0 local.get 1 f32.eq
    if (result i32) i32.const 1 else i32.const 0 end)
  (func $masked (param i32) (result i32)
    block
      local.get 0 i32.const 64 i32.and br_if 0
      i32.const 5 return
    end
    i32.const 6))

;;; mote objdump -C compiler=baseline,memory=guard,cpu=v3
;; image: baseline guard opt-level=0 cpu=x86-64-v3, 5 functions, 2398 bytes
;;
;; func[0] <if> [i32 i32] -> [i32]: 15 bytes at 0x33, 47 bytes of code
;; 0x000033  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;;        12  45 8b f6                        mov r14d, r14d
;; 0x000034  local.get 0
;; 0x000036  local.get 1
;; 0x000038  i32.lt_s
;;        15  45 3b ee                        cmp r13d, r14d
;; 0x000039  if (result i32)
;;        18  0f 8d 0a 00 00 00               jge L1
;; 0x00003b    i32.const 10
;; 0x00003d  else
;;        1e  b8 0a 00 00 00                  mov eax, 0xa
;;        23  e9 05 00 00 00                  jmp L2
;; 0x00003e    i32.const 20
;; 0x000040  end
;;   L1:
;;        28  b8 14 00 00 00                  mov eax, 0x14
;; 0x000041  end
;;   L2:
;;        2d  c9                              leave
;;        2e  c3                              ret
;;
;; func[1] <br_if> [i64] -> [i32]: 15 bytes at 0x43, 38 bytes of code
;; 0x000043  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x000044  block
;; 0x000046    local.get 0
;; 0x000048    i64.eqz
;;         f  4d 85 ed                        test r13, r13
;; 0x000049    br_if 0
;;        12  0f 84 07 00 00 00               je L1
;; 0x00004b    i32.const 1
;; 0x00004d    return
;;        18  b8 01 00 00 00                  mov eax, 1
;;        1d  c9                              leave
;;        1e  c3                              ret
;; 0x00004e  end
;; 0x00004f  i32.const 2
;; 0x000051  end
;;   L1:
;;        1f  b8 02 00 00 00                  mov eax, 2
;;        24  c9                              leave
;;        25  c3                              ret
;;
;; func[2] <select> [f64 f64] -> [f64]: 12 bytes at 0x53, 43 bytes of code
;; 0x000053  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  c5 f8 28 f0                     vmovaps xmm6, xmm0
;;        13  c5 f8 28 f9                     vmovaps xmm7, xmm1
;; 0x000054  local.get 0
;; 0x000056  local.get 1
;; 0x000058  local.get 0
;; 0x00005a  local.get 1
;; 0x00005c  f64.gt
;;        17  c5 f9 2e f7                     vucomisd xmm6, xmm7
;; 0x00005d  select
;;        1b  c5 f8 28 c7                     vmovaps xmm0, xmm7
;;        1f  0f 86 04 00 00 00               jbe L1
;;        25  c5 f8 28 c6                     vmovaps xmm0, xmm6
;; 0x00005e  end
;;   L1:
;;        29  c9                              leave
;;        2a  c3                              ret
;;
;; func[3] <floats> [f32 f32] -> [i32]: 15 bytes at 0x60, 56 bytes of code
;; 0x000060  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  c5 f8 28 f0                     vmovaps xmm6, xmm0
;;        13  c5 f8 28 f9                     vmovaps xmm7, xmm1
;; 0x000061  local.get 0
;; 0x000063  local.get 1
;; 0x000065  f32.eq
;;        17  c5 f8 2e f7                     vucomiss xmm6, xmm7
;; 0x000066  if (result i32)
;;        1b  0f 8a 10 00 00 00               jp L1
;;        21  0f 85 0a 00 00 00               jne L1
;; 0x000068    i32.const 1
;; 0x00006a  else
;;        27  b8 01 00 00 00                  mov eax, 1
;;        2c  e9 05 00 00 00                  jmp L2
;; 0x00006b    i32.const 0
;; 0x00006d  end
;;   L1:
;;        31  b8 00 00 00 00                  mov eax, 0
;; 0x00006e  end
;;   L2:
;;        36  c9                              leave
;;        37  c3                              ret
;;
;; func[4] <masked> [i32] -> [i32]: 18 bytes at 0x70, 46 bytes of code
;; 0x000070  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000071  block
;; 0x000073    local.get 0
;; 0x000075    i32.const 64
;; 0x000078    i32.and
;;        12  41 8b c5                        mov eax, r13d
;;        15  83 e0 40                        and eax, 0x40
;; 0x000079    br_if 0
;;        18  85 c0                           test eax, eax
;;        1a  0f 85 07 00 00 00               jne L1
;; 0x00007b    i32.const 5
;; 0x00007d    return
;;        20  b8 05 00 00 00                  mov eax, 5
;;        25  c9                              leave
;;        26  c3                              ret
;; 0x00007e  end
;; 0x00007f  i32.const 6
;; 0x000081  end
;;   L1:
;;        27  b8 06 00 00 00                  mov eax, 6
;;        2c  c9                              leave
;;        2d  c3                              ret

;;; mote objdump -C compiler=optimizing,memory=guard,cpu=v3
;; image: optimizing guard opt-level=2 cpu=x86-64-v3, 5 functions, 118 bytes
;;
;; func[0] <if> [i32 i32] -> [i32]: 15 bytes at 0x33, 22 bytes of code
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  45 39 f5                        cmp r13d, r14d
;;         7  b9 0a 00 00 00                  mov ecx, 0xa
;;         c  b8 14 00 00 00                  mov eax, 0x14
;;        11  0f 4c c1                        cmovl eax, ecx
;;        14  5d                              pop rbp
;;        15  c3                              ret
;; 0x000034  local.get 0
;; 0x000036  local.get 1
;; 0x000038  i32.lt_s
;; 0x000039  if (result i32)
;; 0x00003b    i32.const 10
;; 0x00003d  else
;; 0x00003e    i32.const 20
;; 0x000040  end
;; 0x000041  end
;;
;; func[1] <br_if> [i64] -> [i32]: 15 bytes at 0x43, 15 bytes of code
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  31 c0                           xor eax, eax
;;         6  49 83 fd 01                     cmp r13, 1
;;         a  83 d0 01                        adc eax, 1
;;         d  5d                              pop rbp
;;         e  c3                              ret
;; 0x000044  block
;; 0x000046    local.get 0
;; 0x000048    i64.eqz
;; 0x000049    br_if 0
;; 0x00004b    i32.const 1
;; 0x00004d    return
;; 0x00004e  end
;; 0x00004f  i32.const 2
;; 0x000051  end
;;
;; func[2] <select> [f64 f64] -> [f64]: 12 bytes at 0x53, 10 bytes of code
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  c5 fb 5f c1                     vmaxsd xmm0, xmm0, xmm1
;;         8  5d                              pop rbp
;;         9  c3                              ret
;; 0x000054  local.get 0
;; 0x000056  local.get 1
;; 0x000058  local.get 0
;; 0x00005a  local.get 1
;; 0x00005c  f64.gt
;; 0x00005d  select
;; 0x00005e  end
;;
;; func[3] <floats> [f32 f32] -> [i32]: 15 bytes at 0x60, 18 bytes of code
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  c5 fa c2 c1 00                  vcmpeqss xmm0, xmm0, xmm1
;;         9  c5 f9 7e c0                     vmovd eax, xmm0
;;         d  83 e0 01                        and eax, 1
;;        10  5d                              pop rbp
;;        11  c3                              ret
;; 0x000061  local.get 0
;; 0x000063  local.get 1
;; 0x000065  f32.eq
;; 0x000066  if (result i32)
;; 0x000068    i32.const 1
;; 0x00006a  else
;; 0x00006b    i32.const 0
;; 0x00006d  end
;; 0x00006e  end
;;
;; func[4] <masked> [i32] -> [i32]: 18 bytes at 0x70, 22 bytes of code
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  41 83 e5 40                     and r13d, 0x40
;;         8  41 83 fd 01                     cmp r13d, 1
;;         c  b8 06 00 00 00                  mov eax, 6
;;        11  83 d8 00                        sbb eax, 0
;;        14  5d                              pop rbp
;;        15  c3                              ret
;; 0x000071  block
;; 0x000073    local.get 0
;; 0x000075    i32.const 64
;; 0x000078    i32.and
;; 0x000079    br_if 0
;; 0x00007b    i32.const 5
;; 0x00007d    return
;; 0x00007e  end
;; 0x00007f  i32.const 6
;; 0x000081  end
