// Switches between stacks that are come back to (fiber.h). What is saved lies on the stack that is left: from the saved stack pointer
// up, MXCSR and x87 control word (8 bytes), r15, r14, r13, r12, rbx, rbp, return address (fiber.cpp builds the same for a new fiber).
//
//   mote_switch_stack(void** from_sp rdi, void* to_sp rsi)
//   mote_switch_to_frame(void** from_sp rdi, const void* frame rsi, size_t size rdx)
//                        goes on in what a signal interrupted: a signal frame, copied onto this stack, for rt_sigreturn
//   mote_left_by_signal  where a signal handler sends a thread that is to go on at a saved stack pointer
//   mote_fiber_begin     the first frame of a fiber: calls r12 with rbx; there is nothing to return to

#define FRAME_CONTEXT 64          /* fiber.cpp asserts these: the ucontext in a frame … */
#define FRAME_FPSTATE 384         /* … the state of the FPU … */
#define FRAME_FPSTATE_POINTER 288 /* … and what points to it */

        .text
        .globl  mote_switch_stack, mote_switch_to_frame, mote_left_by_signal, mote_fiber_begin
        .hidden mote_switch_stack, mote_switch_to_frame, mote_left_by_signal, mote_fiber_begin

        .macro  save_here
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        subq    $8, %rsp
        .cfi_def_cfa_offset 64
        .cfi_offset %rbx, -24
        .cfi_offset %r12, -32
        .cfi_offset %r13, -40
        .cfi_offset %r14, -48
        .cfi_offset %r15, -56
        stmxcsr 0(%rsp)
        fnstcw  4(%rsp)
        movq    %rsp, (%rdi)
        .endm

        .type   mote_switch_stack, @function
        .p2align 4
mote_switch_stack:
        .cfi_startproc
        save_here
        movq    %rsi, %rsp
.Larrive:
        ldmxcsr 0(%rsp)
        fldcw   4(%rsp)
        addq    $8, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        .cfi_def_cfa_offset 8
        retq
        .cfi_def_cfa_offset 64
mote_left_by_signal:
        cld
        jmp     .Larrive
        .cfi_endproc
        .size   mote_switch_stack, . - mote_switch_stack

// The frame is copied below everything that this stack still needs: a signal that arrives before rt_sigreturn writes below it.
        .type   mote_switch_to_frame, @function
        .p2align 4
mote_switch_to_frame:
        .cfi_startproc
        save_here
        subq    %rdx, %rsp
        andq    $-64, %rsp
        movq    %rdx, %rcx
        movq    %rsp, %rdi
        rep movsb
        leaq    FRAME_FPSTATE(%rsp), %rax
        movq    %rax, FRAME_FPSTATE_POINTER(%rsp)
        addq    $FRAME_CONTEXT, %rsp
        movl    $15, %eax                 // rt_sigreturn
        syscall
        ud2
        .cfi_endproc
        .size   mote_switch_to_frame, . - mote_switch_to_frame

        .type   mote_fiber_begin, @function
        .p2align 4
mote_fiber_begin:
        .cfi_startproc
        .cfi_undefined %rip
        xorl    %ebp, %ebp
        movq    %rbx, %rdi
        callq   *%r12
        ud2
        .cfi_endproc
        .size   mote_fiber_begin, . - mote_fiber_begin
        .section .note.GNU-stack,"",@progbits
