;; Vectors: AVX's three operands beside SSE's two.
(module
  (memory 1)
  (func $add (param v128 v128) (result v128)
    local.get 0 local.get 1 i32x4.add)
  (func $multiply_add (param v128 v128 v128) (result v128)
    local.get 0 local.get 1 f32x4.mul local.get 2 f32x4.add)
  (func $splat (param i32) (result v128)
    local.get 0 i8x16.splat)
  (func $lane (param v128) (result i32)
    local.get 0 i16x8.extract_lane_u 3)
  (func $shuffle (param v128 v128) (result v128)
    local.get 0 local.get 1 i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23)
  (func $load (param i32) (result v128)
    local.get 0 v128.load32_splat offset=4)
  (func $compare (param v128 v128) (result i32)
    local.get 0 local.get 1 i8x16.lt_u i8x16.bitmask)
  (func $select (param v128 v128 v128) (result v128)
    local.get 0 local.get 1 local.get 2 v128.bitselect))

;;; mote objdump -C compiler=baseline,memory=guard,cpu=v3
;; image: baseline guard opt-level=0 cpu=x86-64-v3, 8 functions, 2443 bytes
;;
;; func[0] <add> [v128 v128] -> [v128]: 9 bytes at 0x3c, 29 bytes of code
;; 0x00003c  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 30 00 00 00            sub rsp, 0x30
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  c5 f8 28 f0                     vmovaps xmm6, xmm0
;;        13  c5 f8 28 f9                     vmovaps xmm7, xmm1
;; 0x00003d  local.get 0
;; 0x00003f  local.get 1
;; 0x000041  i32x4.add
;;        17  c5 c9 fe c7                     vpaddd xmm0, xmm6, xmm7
;; 0x000044  end
;;        1b  c9                              leave
;;        1c  c3                              ret
;;
;; func[1] <multiply_add> [v128 v128 v128] -> [v128]: 14 bytes at 0x46, 38 bytes of code
;; 0x000046  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 40 00 00 00            sub rsp, 0x40
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  c5 f8 28 f0                     vmovaps xmm6, xmm0
;;        13  c5 78 28 c2                     vmovaps xmm8, xmm2
;;        17  c5 f8 28 f9                     vmovaps xmm7, xmm1
;; 0x000047  local.get 0
;; 0x000049  local.get 1
;; 0x00004b  f32x4.mul
;;        1b  c5 c8 59 c7                     vmulps xmm0, xmm6, xmm7
;; 0x00004e  local.get 2
;; 0x000050  f32x4.add
;;        1f  c4 c1 78 58 c0                  vaddps xmm0, xmm0, xmm8
;; 0x000053  end
;;        24  c9                              leave
;;        25  c3                              ret
;;
;; func[2] <splat> [i32] -> [v128]: 6 bytes at 0x55, 30 bytes of code
;; 0x000055  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000056  local.get 0
;; 0x000058  i8x16.splat
;;        12  c4 c1 79 6e c5                  vmovd xmm0, r13d
;;        17  c4 e2 79 78 c0                  vpbroadcastb xmm0, xmm0
;; 0x00005a  end
;;        1c  c9                              leave
;;        1d  c3                              ret
;;
;; func[3] <lane> [v128] -> [i32]: 7 bytes at 0x5c, 27 bytes of code
;; 0x00005c  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  c5 f8 28 f0                     vmovaps xmm6, xmm0
;; 0x00005d  local.get 0
;; 0x00005f  i16x8.extract_lane_u 3
;;        13  c4 e3 79 15 f0 03               vpextrw eax, xmm6, 3
;; 0x000062  end
;;        19  c9                              leave
;;        1a  c3                              ret
;;
;; func[4] <shuffle> [v128 v128] -> [v128]: 24 bytes at 0x64, 29 bytes of code
;; 0x000064  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 30 00 00 00            sub rsp, 0x30
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  c5 f8 28 f0                     vmovaps xmm6, xmm0
;;        13  c5 f8 28 f9                     vmovaps xmm7, xmm1
;; 0x000065  local.get 0
;; 0x000067  local.get 1
;; 0x000069  i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23
;;        17  c5 c9 60 c7                     vpunpcklbw xmm0, xmm6, xmm7
;; 0x00007b  end
;;        1b  c9                              leave
;;        1c  c3                              ret
;;
;; func[5] <load> [i32] -> [v128]: 8 bytes at 0x7d, 32 bytes of code
;; 0x00007d  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x00007e  local.get 0
;; 0x000080  v128.load32_splat offset=4
;;        12  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        17  c4 a2 79 18 44 2b 04            vbroadcastss xmm0, dword ptr [rbx + r13 + 4]
;; 0x000084  end
;;        1e  c9                              leave
;;        1f  c3                              ret
;;
;; func[6] <compare> [v128 v128] -> [i32]: 10 bytes at 0x86, 47 bytes of code
;; 0x000086  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 30 00 00 00            sub rsp, 0x30
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  c5 f8 28 f0                     vmovaps xmm6, xmm0
;;        13  c5 f8 28 f9                     vmovaps xmm7, xmm1
;; 0x000087  local.get 0
;; 0x000089  local.get 1
;; 0x00008b  i8x16.lt_u
;;        17  c5 49 de ff                     vpmaxub xmm15, xmm6, xmm7
;;        1b  c5 01 74 fe                     vpcmpeqb xmm15, xmm15, xmm6
;;        1f  c4 41 09 76 f6                  vpcmpeqd xmm14, xmm14, xmm14
;;        24  c4 c1 01 ef c6                  vpxor xmm0, xmm15, xmm14
;; 0x00008d  i8x16.bitmask
;;        29  c5 f9 d7 c0                     vpmovmskb eax, xmm0
;; 0x00008f  end
;;        2d  c9                              leave
;;        2e  c3                              ret
;;
;; func[7] <select> [v128 v128 v128] -> [v128]: 10 bytes at 0x91, 43 bytes of code
;; 0x000091  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 40 00 00 00            sub rsp, 0x40
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  c5 f8 28 f0                     vmovaps xmm6, xmm0
;;        13  c5 78 28 c2                     vmovaps xmm8, xmm2
;;        17  c5 f8 28 f9                     vmovaps xmm7, xmm1
;; 0x000092  local.get 0
;; 0x000094  local.get 1
;; 0x000096  local.get 2
;; 0x000098  v128.bitselect
;;        1b  c4 41 49 db f8                  vpand xmm15, xmm6, xmm8
;;        20  c5 39 df f7                     vpandn xmm14, xmm8, xmm7
;;        24  c4 c1 09 eb c7                  vpor xmm0, xmm14, xmm15
;; 0x00009a  end
;;        29  c9                              leave
;;        2a  c3                              ret

;;; mote objdump -C compiler=baseline,memory=guard,cpu=v2
;; image: baseline guard opt-level=0 cpu=x86-64-v2, 8 functions, 2502 bytes
;;
;; func[0] <add> [v128 v128] -> [v128]: 9 bytes at 0x3c, 30 bytes of code
;; 0x00003c  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 30 00 00 00            sub rsp, 0x30
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  0f 28 f0                        movaps xmm6, xmm0
;;        12  0f 28 f9                        movaps xmm7, xmm1
;; 0x00003d  local.get 0
;; 0x00003f  local.get 1
;; 0x000041  i32x4.add
;;        15  0f 28 c6                        movaps xmm0, xmm6
;;        18  66 0f fe c7                     paddd xmm0, xmm7
;; 0x000044  end
;;        1c  c9                              leave
;;        1d  c3                              ret
;;
;; func[1] <multiply_add> [v128 v128 v128] -> [v128]: 14 bytes at 0x46, 37 bytes of code
;; 0x000046  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 40 00 00 00            sub rsp, 0x40
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  0f 28 f0                        movaps xmm6, xmm0
;;        12  44 0f 28 c2                     movaps xmm8, xmm2
;;        16  0f 28 f9                        movaps xmm7, xmm1
;; 0x000047  local.get 0
;; 0x000049  local.get 1
;; 0x00004b  f32x4.mul
;;        19  0f 28 c6                        movaps xmm0, xmm6
;;        1c  0f 59 c7                        mulps xmm0, xmm7
;; 0x00004e  local.get 2
;; 0x000050  f32x4.add
;;        1f  41 0f 58 c0                     addps xmm0, xmm8
;; 0x000053  end
;;        23  c9                              leave
;;        24  c3                              ret
;;
;; func[2] <splat> [i32] -> [v128]: 6 bytes at 0x55, 36 bytes of code
;; 0x000055  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x000056  local.get 0
;; 0x000058  i8x16.splat
;;        12  66 41 0f 6e c5                  movd xmm0, r13d
;;        17  66 45 0f ef ff                  pxor xmm15, xmm15
;;        1c  66 41 0f 38 00 c7               pshufb xmm0, xmm15
;; 0x00005a  end
;;        22  c9                              leave
;;        23  c3                              ret
;;
;; func[3] <lane> [v128] -> [i32]: 7 bytes at 0x5c, 26 bytes of code
;; 0x00005c  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  0f 28 f0                        movaps xmm6, xmm0
;; 0x00005d  local.get 0
;; 0x00005f  i16x8.extract_lane_u 3
;;        12  66 0f 3a 15 f0 03               pextrw eax, xmm6, 3
;; 0x000062  end
;;        18  c9                              leave
;;        19  c3                              ret
;;
;; func[4] <shuffle> [v128 v128] -> [v128]: 24 bytes at 0x64, 30 bytes of code
;; 0x000064  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 30 00 00 00            sub rsp, 0x30
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  0f 28 f0                        movaps xmm6, xmm0
;;        12  0f 28 f9                        movaps xmm7, xmm1
;; 0x000065  local.get 0
;; 0x000067  local.get 1
;; 0x000069  i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23
;;        15  0f 28 c6                        movaps xmm0, xmm6
;;        18  66 0f 60 c7                     punpcklbw xmm0, xmm7
;; 0x00007b  end
;;        1c  c9                              leave
;;        1d  c3                              ret
;;
;; func[5] <load> [i32] -> [v128]: 8 bytes at 0x7d, 37 bytes of code
;; 0x00007d  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x00007e  local.get 0
;; 0x000080  v128.load32_splat offset=4
;;        12  49 8b 5c 24 10                  mov rbx, qword ptr [r12 + 0x10]  ; memory 0 base
;;        17  f3 42 0f 10 44 2b 04            movss xmm0, dword ptr [rbx + r13 + 4]
;;        1e  66 0f 70 c0 00                  pshufd xmm0, xmm0, 0
;; 0x000084  end
;;        23  c9                              leave
;;        24  c3                              ret
;;
;; func[6] <compare> [v128 v128] -> [i32]: 10 bytes at 0x86, 55 bytes of code
;; 0x000086  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 30 00 00 00            sub rsp, 0x30
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  0f 28 f0                        movaps xmm6, xmm0
;;        12  0f 28 f9                        movaps xmm7, xmm1
;; 0x000087  local.get 0
;; 0x000089  local.get 1
;; 0x00008b  i8x16.lt_u
;;        15  44 0f 28 fe                     movaps xmm15, xmm6
;;        19  66 44 0f de ff                  pmaxub xmm15, xmm7
;;        1e  66 44 0f 74 fe                  pcmpeqb xmm15, xmm6
;;        23  66 45 0f 76 f6                  pcmpeqd xmm14, xmm14
;;        28  41 0f 28 c7                     movaps xmm0, xmm15
;;        2c  66 41 0f ef c6                  pxor xmm0, xmm14
;; 0x00008d  i8x16.bitmask
;;        31  66 0f d7 c0                     pmovmskb eax, xmm0
;; 0x00008f  end
;;        35  c9                              leave
;;        36  c3                              ret
;;
;; func[7] <select> [v128 v128 v128] -> [v128]: 10 bytes at 0x91, 54 bytes of code
;; 0x000091  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 40 00 00 00            sub rsp, 0x40
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  0f 28 f0                        movaps xmm6, xmm0
;;        12  44 0f 28 c2                     movaps xmm8, xmm2
;;        16  0f 28 f9                        movaps xmm7, xmm1
;; 0x000092  local.get 0
;; 0x000094  local.get 1
;; 0x000096  local.get 2
;; 0x000098  v128.bitselect
;;        19  44 0f 28 fe                     movaps xmm15, xmm6
;;        1d  66 45 0f db f8                  pand xmm15, xmm8
;;        22  45 0f 28 f0                     movaps xmm14, xmm8
;;        26  66 44 0f df f7                  pandn xmm14, xmm7
;;        2b  41 0f 28 c6                     movaps xmm0, xmm14
;;        2f  66 41 0f eb c7                  por xmm0, xmm15
;; 0x00009a  end
;;        34  c9                              leave
;;        35  c3                              ret
