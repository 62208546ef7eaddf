;; Floats: sums fold memory operands, minimum and maximum have their NaN and zero rules written out; with three operands (AVX) and two.
(module
  (memory 1)
  (func $polynomial (param f64 f64) (result f64)
    local.get 0 local.get 0 f64.mul local.get 1 f64.add f64.const 2 f64.div)
  (func $from_memory (param i32 f32) (result f32)
    local.get 1 local.get 0 f32.load offset=8 f32.add)
  (func $minimum (param f64 f64) (result f64)
    local.get 0 local.get 1 f64.min)
  (func $sign (param f32 f32) (result f32)
    local.get 0 f32.neg local.get 1 f32.copysign f32.abs)
  (func $round (param f64) (result f64)
    local.get 0 f64.nearest f64.sqrt)
  (func $convert (param i64) (result f32)
    local.get 0 f32.convert_i64_u))

;;; mote objdump -C compiler=baseline,memory=guard,cpu=v3
;; image: baseline guard opt-level=0 cpu=x86-64-v3, 6 functions, 2474 bytes
;;
;; func[0] <polynomial> [f64 f64] -> [f64]: 20 bytes at 0x39, 52 bytes of code
;; 0x000039  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  c5 f8 28 f0                     vmovaps xmm6, xmm0
;;        13  c5 f8 28 f9                     vmovaps xmm7, xmm1
;; 0x00003a  local.get 0
;; 0x00003c  local.get 0
;; 0x00003e  f64.mul
;;        17  c5 cb 59 c6                     vmulsd xmm0, xmm6, xmm6
;; 0x00003f  local.get 1
;; 0x000041  f64.add
;;        1b  c5 fb 58 c7                     vaddsd xmm0, xmm0, xmm7
;; 0x000042  f64.const 2
;; 0x00004b  f64.div
;;        1f  49 bb 00 00 00 00 00 00 00 40   movabs r11, 0x4000000000000000
;;        29  c4 c1 f9 6e cb                  vmovq xmm1, r11
;;        2e  c5 fb 5e c1                     vdivsd xmm0, xmm0, xmm1
;; 0x00004c  end
;;        32  c9                              leave
;;        33  c3                              ret
;;
;; func[1] <from_memory> [i32 f32] -> [f32]: 10 bytes at 0x4e, 40 bytes of code
;; 0x00004e  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;;        12  c5 f8 28 f0                     vmovaps xmm6, xmm0
;; 0x00004f  local.get 1
;; 0x000051  local.get 0
;; 0x000053  f32.load offset=8
;;        16  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        1b  c4 a1 7a 10 44 2b 08            vmovss xmm0, dword ptr [rbx + r13 + 8]
;; 0x000056  f32.add
;;        22  c5 ca 58 c0                     vaddss xmm0, xmm6, xmm0
;; 0x000057  end
;;        26  c9                              leave
;;        27  c3                              ret
;;
;; func[2] <minimum> [f64 f64] -> [f64]: 7 bytes at 0x59, 53 bytes of code
;; 0x000059  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  c5 f8 28 f0                     vmovaps xmm6, xmm0
;;        13  c5 f8 28 f9                     vmovaps xmm7, xmm1
;; 0x00005a  local.get 0
;; 0x00005c  local.get 1
;; 0x00005e  f64.min
;;        17  c5 f8 28 c6                     vmovaps xmm0, xmm6
;;        1b  c5 f9 2e c7                     vucomisd xmm0, xmm7
;;        1f  75 0e                           jne L2
;;        21  7a 06                           jp L1
;;        23  c5 f9 56 c7                     vorpd xmm0, xmm0, xmm7
;;        27  eb 0a                           jmp L3
;;   L1:
;;        29  c5 fb 58 c7                     vaddsd xmm0, xmm0, xmm7
;;        2d  eb 04                           jmp L3
;;   L2:
;;        2f  c5 fb 5d c7                     vminsd xmm0, xmm0, xmm7
;; 0x00005f  end
;;   L3:
;;        33  c9                              leave
;;        34  c3                              ret
;;
;; func[3] <sign> [f32 f32] -> [f32]: 9 bytes at 0x61, 62 bytes of code
;; 0x000061  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  c5 f8 28 f0                     vmovaps xmm6, xmm0
;;        13  c5 f8 28 f9                     vmovaps xmm7, xmm1
;; 0x000062  local.get 0
;; 0x000064  f32.neg
;;        17  c5 c8 57 05 d1 f6 ff ff         vxorps xmm0, xmm6, xmmword ptr [rip - 0x92f]  ; constant 0x8000000080000000…
;; 0x000065  local.get 1
;; 0x000067  f32.copysign
;;        1f  c5 40 54 3d c9 f6 ff ff         vandps xmm15, xmm7, xmmword ptr [rip - 0x937]  ; constant 0x8000000080000000…
;;        27  c5 f8 54 05 d1 f6 ff ff         vandps xmm0, xmm0, xmmword ptr [rip - 0x92f]  ; constant 0x7fffffff7fffffff…
;;        2f  c4 c1 78 56 c7                  vorps xmm0, xmm0, xmm15
;; 0x000068  f32.abs
;;        34  c5 f8 54 05 c4 f6 ff ff         vandps xmm0, xmm0, xmmword ptr [rip - 0x93c]  ; constant 0x7fffffff7fffffff…
;; 0x000069  end
;;        3c  c9                              leave
;;        3d  c3                              ret
;;
;; func[4] <round> [f64] -> [f64]: 6 bytes at 0x6b, 31 bytes of code
;; 0x00006b  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  c5 f8 28 f0                     vmovaps xmm6, xmm0
;; 0x00006c  local.get 0
;; 0x00006e  f64.nearest
;;        13  c4 e3 49 0b c6 08               vroundsd xmm0, xmm6, xmm6, 8
;; 0x00006f  f64.sqrt
;;        19  c5 fb 51 c0                     vsqrtsd xmm0, xmm0, xmm0
;; 0x000070  end
;;        1d  c9                              leave
;;        1e  c3                              ret
;;
;; func[5] <convert> [i64] -> [f32]: 5 bytes at 0x72, 58 bytes of code
;; 0x000072  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x000073  local.get 0
;; 0x000075  f32.convert_i64_u
;;         f  49 8b c5                        mov rax, r13
;;        12  c5 f8 57 c0                     vxorps xmm0, xmm0, xmm0
;;        16  48 85 c0                        test rax, rax
;;        19  79 18                           jns L1
;;        1b  4c 8b d8                        mov r11, rax
;;        1e  49 c1 eb 01                     shr r11, 1
;;        22  83 e0 01                        and eax, 1
;;        25  4c 0b d8                        or r11, rax
;;        28  c4 c1 fa 2a c3                  vcvtsi2ss xmm0, xmm0, r11
;;        2d  c5 fa 58 c0                     vaddss xmm0, xmm0, xmm0
;;        31  eb 05                           jmp L2
;;   L1:
;;        33  c4 e1 fa 2a c0                  vcvtsi2ss xmm0, xmm0, rax
;; 0x000076  end
;;   L2:
;;        38  c9                              leave
;;        39  c3                              ret

;;; mote objdump -C compiler=baseline,memory=guard,cpu=v2
;; image: baseline guard opt-level=0 cpu=x86-64-v2, 6 functions, 2473 bytes
;;
;; func[0] <polynomial> [f64 f64] -> [f64]: 20 bytes at 0x39, 53 bytes of code
;; 0x000039  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  0f 28 f0                        movaps xmm6, xmm0
;;        12  0f 28 f9                        movaps xmm7, xmm1
;; 0x00003a  local.get 0
;; 0x00003c  local.get 0
;; 0x00003e  f64.mul
;;        15  0f 28 c6                        movaps xmm0, xmm6
;;        18  f2 0f 59 c6                     mulsd xmm0, xmm6
;; 0x00003f  local.get 1
;; 0x000041  f64.add
;;        1c  f2 0f 58 c7                     addsd xmm0, xmm7
;; 0x000042  f64.const 2
;; 0x00004b  f64.div
;;        20  49 bb 00 00 00 00 00 00 00 40   movabs r11, 0x4000000000000000
;;        2a  66 49 0f 6e cb                  movq xmm1, r11
;;        2f  f2 0f 5e c1                     divsd xmm0, xmm1
;; 0x00004c  end
;;        33  c9                              leave
;;        34  c3                              ret
;;
;; func[1] <from_memory> [i32 f32] -> [f32]: 10 bytes at 0x4e, 45 bytes of code
;; 0x00004e  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;;        12  0f 28 f0                        movaps xmm6, xmm0
;; 0x00004f  local.get 1
;; 0x000051  local.get 0
;; 0x000053  f32.load offset=8
;;        15  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        1a  f3 42 0f 10 44 2b 08            movss xmm0, dword ptr [rbx + r13 + 8]
;; 0x000056  f32.add
;;        21  0f 28 ce                        movaps xmm1, xmm6
;;        24  f3 0f 58 c8                     addss xmm1, xmm0
;; 0x000057  end
;;        28  0f 28 c1                        movaps xmm0, xmm1
;;        2b  c9                              leave
;;        2c  c3                              ret
;;
;; func[2] <minimum> [f64 f64] -> [f64]: 7 bytes at 0x59, 50 bytes of code
;; 0x000059  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  0f 28 f0                        movaps xmm6, xmm0
;;        12  0f 28 f9                        movaps xmm7, xmm1
;; 0x00005a  local.get 0
;; 0x00005c  local.get 1
;; 0x00005e  f64.min
;;        15  0f 28 c6                        movaps xmm0, xmm6
;;        18  66 0f 2e c7                     ucomisd xmm0, xmm7
;;        1c  75 0e                           jne L2
;;        1e  7a 06                           jp L1
;;        20  66 0f 56 c7                     orpd xmm0, xmm7
;;        24  eb 0a                           jmp L3
;;   L1:
;;        26  f2 0f 58 c7                     addsd xmm0, xmm7
;;        2a  eb 04                           jmp L3
;;   L2:
;;        2c  f2 0f 5d c7                     minsd xmm0, xmm7
;; 0x00005f  end
;;   L3:
;;        30  c9                              leave
;;        31  c3                              ret
;;
;; func[3] <sign> [f32 f32] -> [f32]: 9 bytes at 0x61, 63 bytes of code
;; 0x000061  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  0f 28 f0                        movaps xmm6, xmm0
;;        12  0f 28 f9                        movaps xmm7, xmm1
;; 0x000062  local.get 0
;; 0x000064  f32.neg
;;        15  0f 28 c6                        movaps xmm0, xmm6
;;        18  0f 57 05 d1 f6 ff ff            xorps xmm0, xmmword ptr [rip - 0x92f]  ; constant 0x8000000080000000…
;; 0x000065  local.get 1
;; 0x000067  f32.copysign
;;        1f  44 0f 28 ff                     movaps xmm15, xmm7
;;        23  44 0f 54 3d c5 f6 ff ff         andps xmm15, xmmword ptr [rip - 0x93b]  ; constant 0x8000000080000000…
;;        2b  0f 54 05 ce f6 ff ff            andps xmm0, xmmword ptr [rip - 0x932]  ; constant 0x7fffffff7fffffff…
;;        32  41 0f 56 c7                     orps xmm0, xmm15
;; 0x000068  f32.abs
;;        36  0f 54 05 c3 f6 ff ff            andps xmm0, xmmword ptr [rip - 0x93d]  ; constant 0x7fffffff7fffffff…
;; 0x000069  end
;;        3d  c9                              leave
;;        3e  c3                              ret
;;
;; func[4] <round> [f64] -> [f64]: 6 bytes at 0x6b, 30 bytes of code
;; 0x00006b  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  0f 28 f0                        movaps xmm6, xmm0
;; 0x00006c  local.get 0
;; 0x00006e  f64.nearest
;;        12  66 0f 3a 0b c6 08               roundsd xmm0, xmm6, 8
;; 0x00006f  f64.sqrt
;;        18  f2 0f 51 c0                     sqrtsd xmm0, xmm0
;; 0x000070  end
;;        1c  c9                              leave
;;        1d  c3                              ret
;;
;; func[5] <convert> [i64] -> [f32]: 5 bytes at 0x72, 57 bytes of code
;; 0x000072  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;; 0x000073  local.get 0
;; 0x000075  f32.convert_i64_u
;;         f  49 8b c5                        mov rax, r13
;;        12  0f 57 c0                        xorps xmm0, xmm0
;;        15  48 85 c0                        test rax, rax
;;        18  79 18                           jns L1
;;        1a  4c 8b d8                        mov r11, rax
;;        1d  49 c1 eb 01                     shr r11, 1
;;        21  83 e0 01                        and eax, 1
;;        24  4c 0b d8                        or r11, rax
;;        27  f3 49 0f 2a c3                  cvtsi2ss xmm0, r11
;;        2c  f3 0f 58 c0                     addss xmm0, xmm0
;;        30  eb 05                           jmp L2
;;   L1:
;;        32  f3 48 0f 2a c0                  cvtsi2ss xmm0, rax
;; 0x000076  end
;;   L2:
;;        37  c9                              leave
;;        38  c3                              ret
