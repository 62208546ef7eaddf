// Crossings between C++ and compiled code on x86-64. MoteCC is described in engine/code/convention.h, the structs whose offsets are
// used here in engine/code/instance_layout.h, call.h and host_func.h (call.cpp asserts the offsets).
//
//   mote_enter        C++ → guest: registers from a RegisterImage, results back into it; returns 0, or 1 when the guest was stopped
//   mote_stopped      where a stopped guest comes out: rsp and rbp are those of mote_enter
//   mote_host_call    guest → host function: one for all signatures; r12 is the HostBinding
//   mote_builtin_*    guest → builtin, C convention, first argument the vmctx
//
// Host calls and builtins first test that the stack has the host reserve left. They touch no memory below rsp before that, so the
// trap raised there is the only fault these lines can have. A C++ function never gets jumped over: it returns a status.

#define STORE_OF_CONTEXT 8       /* VMContext::store, HostBinding::store */
#define STORE_INTERRUPT 0
#define STORE_HOST_LIMIT 32
#define STORE_LAST_EXIT_FP 64
#define STORE_LAST_EXIT_PC 72
#define STORE_ACTIVATION 80
#define STORE_LANDING_PC 96
#define STORE_LANDING_FP 104
#define STORE_LANDING_SP 112
#define STORE_LANDING_EXN 120
#define ACTIVATION_SP 0
#define ACTIVATION_FP 8
#define TRAP_CALL_STACK_EXHAUSTED 19

        .text
        .globl  mote_trampolines_begin, mote_trampolines_end
        .hidden mote_trampolines_begin, mote_trampolines_end

// uint64_t mote_enter(Activation* rdi, const void* code rsi, void* ctx rdx, RegisterImage* rcx)
        .globl  mote_enter, mote_stopped
        .hidden mote_enter, mote_stopped
        .type   mote_enter, @function
        .p2align 4
mote_enter:
        .cfi_startproc
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        .cfi_offset %rbx, -24
        .cfi_offset %r12, -32
        .cfi_offset %r13, -40
        .cfi_offset %r14, -48
        .cfi_offset %r15, -56
        pushq   %rcx                      // [rbp-48]: the RegisterImage
        subq    $16, %rsp                 // [rbp-64]: the host's MXCSR; rsp is 16-aligned
        stmxcsr -64(%rbp)
        ldmxcsr guest_mxcsr(%rip)
        movq    %rsp, ACTIVATION_SP(%rdi)
        movq    %rbp, ACTIVATION_FP(%rdi)
        movq    %rsi, %rax
        movq    %rdx, %r12
        movq    %rcx, %r10
        movq    0(%r10), %r13
        movq    8(%r10), %r14
        movq    16(%r10), %r15
        movq    24(%r10), %rdi
        movq    32(%r10), %rsi
        movq    40(%r10), %rdx
        movq    48(%r10), %rcx
        movq    56(%r10), %r8
        movups  64(%r10), %xmm0
        movups  80(%r10), %xmm1
        movups  96(%r10), %xmm2
        movups  112(%r10), %xmm3
        movups  128(%r10), %xmm4
        movups  144(%r10), %xmm5
        movups  160(%r10), %xmm6
        movups  176(%r10), %xmm7
        callq   *%rax
        movq    -48(%rbp), %r10
        movq    %rax, 0(%r10)
        movq    %rdx, 8(%r10)
        movq    %rcx, 16(%r10)
        movups  %xmm0, 64(%r10)
        movups  %xmm1, 80(%r10)
        xorl    %eax, %eax
.Lleave:
        ldmxcsr -64(%rbp)
        leaq    -40(%rbp), %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        .cfi_def_cfa %rsp, 8
        retq
        .cfi_def_cfa %rbp, 16
mote_stopped:
        cld
        movl    $1, %eax
        jmp     .Lleave
        .cfi_endproc
        .size   mote_enter, . - mote_enter

        .p2align 4
mote_trampolines_begin:

// Guest → host. The frame that the thunk sees is a HostCallFrame of 208 bytes at rsp.
        .globl  mote_host_call
        .hidden mote_host_call
        .type   mote_host_call, @function
mote_host_call:
        .cfi_startproc
        movq    STORE_OF_CONTEXT(%r12), %rax
        cmpq    STORE_HOST_LIMIT(%rax), %rsp
        jbe     .Lexhausted
        movq    %rbp, STORE_LAST_EXIT_FP(%rax)
        movq    (%rsp), %r10
        movq    %r10, STORE_LAST_EXIT_PC(%rax)
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        subq    $208, %rsp
        movq    %r13, 0(%rsp)
        movq    %r14, 8(%rsp)
        movq    %r15, 16(%rsp)
        movq    %rdi, 24(%rsp)
        movq    %rsi, 32(%rsp)
        movq    %rdx, 40(%rsp)
        movq    %rcx, 48(%rsp)
        movq    %r8, 56(%rsp)
        movaps  %xmm0, 64(%rsp)
        movaps  %xmm1, 80(%rsp)
        movaps  %xmm2, 96(%rsp)
        movaps  %xmm3, 112(%rsp)
        movaps  %xmm4, 128(%rsp)
        movaps  %xmm5, 144(%rsp)
        movaps  %xmm6, 160(%rsp)
        movaps  %xmm7, 176(%rsp)
        movq    %r12, 192(%rsp)
        movq    %rsp, %rdi
        callq   mote_call_host_function
        testb   %al, %al
        je      .Lunwind_host
        movq    0(%rsp), %rax
        movq    8(%rsp), %rdx
        movq    16(%rsp), %rcx
        movaps  64(%rsp), %xmm0
        movaps  80(%rsp), %xmm1
        leave
        .cfi_def_cfa %rsp, 8
        retq
        .cfi_def_cfa %rbp, 16
.Lunwind_host:
        movq    STORE_OF_CONTEXT(%r12), %rax      // C++ preserves r12
.Lunwind:                                 // rax: the StoreContext
        movq    STORE_LANDING_PC(%rax), %r10
        testq   %r10, %r10
        jne     .Lland
        movq    STORE_ACTIVATION(%rax), %rcx
        movq    ACTIVATION_SP(%rcx), %rsp
        movq    ACTIVATION_FP(%rcx), %rbp
        jmp     mote_stopped
.Lland:                                   // an exception is caught in a frame of this activation
        movq    $0, STORE_LANDING_PC(%rax)
        movq    STORE_LANDING_FP(%rax), %rbp
        movq    STORE_LANDING_SP(%rax), %rsp
        movq    STORE_LANDING_EXN(%rax), %rax
        jmp     *%r10
        .cfi_endproc
        .size   mote_host_call, . - mote_host_call

.Lexhausted:
        ud1l    TRAP_CALL_STACK_EXHAUSTED(%eax), %eax

// A builtin returns its value in rax and in rdx whether the guest goes on (0) or is stopped (1).
        .macro  builtin name
        .globl  mote_builtin_\name
        .hidden mote_builtin_\name
        .type   mote_builtin_\name, @function
        .p2align 4
mote_builtin_\name:
        .cfi_startproc
        movq    STORE_OF_CONTEXT(%rdi), %rax
        cmpq    STORE_HOST_LIMIT(%rax), %rsp
        jbe     .Lexhausted
        movq    %rbp, STORE_LAST_EXIT_FP(%rax)
        movq    (%rsp), %r10
        movq    %r10, STORE_LAST_EXIT_PC(%rax)
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        pushq   %rax
        pushq   %rax
        callq   mote_do_\name
        movq    -8(%rbp), %r10
        movl    %edx, %esi
        orl     STORE_INTERRUPT(%r10), %edx
        jne     1f
2:      leave
        .cfi_def_cfa %rsp, 8
        retq
        .cfi_def_cfa %rbp, 16
1:      movq    %rax, -16(%rbp)           // stopped by the builtin, or something from outside meanwhile
        movq    %r10, %rdi
        callq   mote_builtin_may_go_on
        testb   %al, %al
        movq    -16(%rbp), %rax
        jne     2b
        movq    -8(%rbp), %rax
        jmp     .Lunwind
        .cfi_endproc
        .size   mote_builtin_\name, . - mote_builtin_\name
        .endm

#define MOTE_BUILTIN(name, ...) builtin name
#include "engine/code/builtins.def"
#undef MOTE_BUILTIN

mote_trampolines_end:

        .section .rodata
        .p2align 2
guest_mxcsr:                              // round to nearest, no exceptions, no flush to zero: what compiled code was compiled for
        .long   0x1f80
        .section .note.GNU-stack,"",@progbits
