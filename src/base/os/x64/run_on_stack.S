// void mote_run_on_stack(void* top, void (*function)(void*), void* argument): calls a function on another stack and comes back.
// `top` is 16-aligned. rbp stays linked to the caller's frame, so debuggers and profilers see through the switch.
        .text
        .globl  mote_run_on_stack
        .hidden mote_run_on_stack
        .type   mote_run_on_stack, @function
        .p2align 4
mote_run_on_stack:
        .cfi_startproc
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        movq    %rdi, %rsp
        movq    %rdx, %rdi
        callq   *%rsi
        movq    %rbp, %rsp
        popq    %rbp
        .cfi_def_cfa %rsp, 8
        retq
        .cfi_endproc
        .size   mote_run_on_stack, . - mote_run_on_stack
        .section .note.GNU-stack,"",@progbits
