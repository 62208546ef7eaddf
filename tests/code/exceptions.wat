;; A try_table has no instruction of its own on the way that no exception takes: its calls are known by their return addresses, and
;; what catches lies behind the function. (wabt writes the legacy encoding, which the walker tells as try_table; the jump in the
;; baseline's code is the br of that translation.)
(module
  (import "host" "step" (func $step (param i32) (result i32)))
  (tag $error (param i32))
  (func $catch (param i32) (result i32)
    (try (result i32)
      (do (call $step (local.get 0)))
      (catch $error)))
  (func $throw (param i32) (throw $error (local.get 0))))

;;; mote objdump -C compiler=baseline,memory=guard,cpu=v3
;; image: baseline guard opt-level=0 cpu=x86-64-v3, 2 functions, 2323 bytes
;;
;; func[1] <catch> [i32] -> [i32]: 11 bytes at 0x31, 112 bytes of code
;; 0x000031  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  44 89 6d e8                     mov dword ptr [rbp - 0x18], r13d
;; 0x000032  block (result i32)
;; 0x000032    block (result i32)
;; 0x000032      try_table (result i32) (catch 0 0)
;; 0x000034        local.get 0
;; 0x000036        call 0
;;        13  44 8b 6d e8                     mov r13d, dword ptr [rbp - 0x18]
;;        17  4d 8b 5c 24 70                  mov r11, qword ptr [r12 + 0x70]  ; import of function 0
;;        1c  4d 8b 64 24 78                  mov r12, qword ptr [r12 + 0x78]  ; import of function 0
;;        21  41 ff d3                        call r11  ; throws to L2
;; 0x000038      end
;;        24  e9 00 00 00 00                  jmp L1
;; 0x00003a  end
;; 0x00003b  end
;;   L1:
;;        29  c9                              leave
;;        2a  c3                              ret
;;   L2:
;;        2b  4c 8b 65 f8                     mov r12, qword ptr [rbp - 8]  ; landing pad
;;        2f  49 8b 54 24 40                  mov rdx, qword ptr [r12 + 0x40]
;;        34  8b 54 02 08                     mov edx, dword ptr [rdx + rax + 8]
;;        38  49 8b 8c 24 80 00 00 00         mov rcx, qword ptr [r12 + 0x80]
;;        40  3b 11                           cmp edx, dword ptr [rcx]
;;        42  0f 85 18 00 00 00               jne L3
;;        48  49 8b 54 24 40                  mov rdx, qword ptr [r12 + 0x40]
;;        4d  c5 7a 10 7c 02 10               vmovss xmm15, dword ptr [rdx + rax + 0x10]
;;        53  c5 7a 11 7d e0                  vmovss dword ptr [rbp - 0x20], xmm15
;;        58  8b 45 e0                        mov eax, dword ptr [rbp - 0x20]
;;        5b  e9 c9 ff ff ff                  jmp L1
;;   L3:
;;        60  8b f0                           mov esi, eax
;;        62  48 8b 7d f8                     mov rdi, qword ptr [rbp - 8]
;;        66  48 8b 47 38                     mov rax, qword ptr [rdi + 0x38]
;;        6a  ff 90 e0 00 00 00               call qword ptr [rax + 0xe0]
;;
;; func[2] <throw> [i32] -> []: 6 bytes at 0x3d, 67 bytes of code
;; 0x00003d  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 81 ec 20 00 00 00            sub rsp, 0x20
;;         b  4c 89 65 f8                     mov qword ptr [rbp - 8], r12
;;         f  45 8b ed                        mov r13d, r13d
;; 0x00003e  local.get 0
;; 0x000040  throw 0
;;        12  be 00 00 00 00                  mov esi, 0
;;        17  49 8b fc                        mov rdi, r12
;;        1a  49 8b 44 24 38                  mov rax, qword ptr [r12 + 0x38]  ; builtins
;;        1f  ff 90 b8 00 00 00               call qword ptr [rax + 0xb8]  ; builtin exception_new
;;        25  4d 8b 5c 24 40                  mov r11, qword ptr [r12 + 0x40]  ; objects
;;        2a  45 89 6c 03 10                  mov dword ptr [r11 + rax + 0x10], r13d
;;        2f  44 89 6d e8                     mov dword ptr [rbp - 0x18], r13d
;;        33  8b f0                           mov esi, eax
;;        35  49 8b fc                        mov rdi, r12
;;        38  49 8b 44 24 38                  mov rax, qword ptr [r12 + 0x38]  ; builtins
;;        3d  ff 90 e0 00 00 00               call qword ptr [rax + 0xe0]  ; builtin throw_ref
;; 0x000042  end

;;; mote objdump -C compiler=optimizing,memory=guard,cpu=v3
;; image: optimizing guard opt-level=2 cpu=x86-64-v3, 2 functions, 123 bytes
;;
;; func[1] <catch> [i32] -> [i32]: 11 bytes at 0x31, 76 bytes of code
;; 0x000031  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  48 83 ec 10                     sub rsp, 0x10
;;         8  4c 89 e0                        mov rax, r12
;;         b  4d 8b 64 24 78                  mov r12, qword ptr [r12 + 0x78]  ; import of function 0
;;        10  48 89 45 f8                     mov qword ptr [rbp - 8], rax
;; 0x000032  block (result i32)
;; 0x000032    block (result i32)
;; 0x000032      try_table (result i32) (catch 0 0)
;; 0x000034        local.get 0
;; 0x000036        call 0
;;        14  ff 50 70                        call qword ptr [rax + 0x70]  ; import of function 0; throws to L2
;;   L1:
;;        17  48 83 c4 10                     add rsp, 0x10
;;        1b  5d                              pop rbp
;;        1c  c3                              ret
;;   L2:
;;        1d  48 8b 55 f8                     mov rdx, qword ptr [rbp - 8]  ; landing pad
;;        21  48 8b 4a 40                     mov rcx, qword ptr [rdx + 0x40]
;;        25  48 8b b2 80 00 00 00            mov rsi, qword ptr [rdx + 0x80]
;;        2c  89 c2                           mov edx, eax
;;        2e  8b 7c 11 08                     mov edi, dword ptr [rcx + rdx + 8]
;;        32  3b 3e                           cmp edi, dword ptr [rsi]
;;        34  75 06                           jne L3
;;        36  8b 44 11 10                     mov eax, dword ptr [rcx + rdx + 0x10]
;;        3a  eb db                           jmp L1
;;   L3:
;;        3c  48 8b 7d f8                     mov rdi, qword ptr [rbp - 8]
;;        40  48 8b 4f 38                     mov rcx, qword ptr [rdi + 0x38]
;; 0x000038      end
;;        44  89 c6                           mov esi, eax
;;        46  ff 91 e0 00 00 00               call qword ptr [rcx + 0xe0]
;; 0x00003a  end
;; 0x00003b  end
;;
;; func[2] <throw> [i32] -> []: 6 bytes at 0x3d, 43 bytes of code
;; 0x00003d  (entry)
;;         0  55                              push rbp
;;         1  48 89 e5                        mov rbp, rsp
;;         4  49 8b 5c 24 38                  mov rbx, qword ptr [r12 + 0x38]  ; builtins
;; 0x00003e  local.get 0
;; 0x000040  throw 0
;;         9  4c 89 e7                        mov rdi, r12
;;         c  31 f6                           xor esi, esi
;;         e  ff 93 b8 00 00 00               call qword ptr [rbx + 0xb8]  ; builtin exception_new
;;        14  49 8b 4c 24 40                  mov rcx, qword ptr [r12 + 0x40]  ; objects
;;        19  89 c2                           mov edx, eax
;;        1b  44 89 6c 11 10                  mov dword ptr [rcx + rdx + 0x10], r13d
;;        20  4c 89 e7                        mov rdi, r12
;;        23  89 c6                           mov esi, eax
;;        25  ff 93 e0 00 00 00               call qword ptr [rbx + 0xe0]  ; builtin throw_ref
;; 0x000042  end
