// The telemetry example's source, for bench_peers.cpp: what a container is to run when nobody names another.
        .section .rodata
        .globl  mote_telemetry_source, mote_telemetry_source_end
mote_telemetry_source:
        .incbin TELEMETRY_SOURCE
mote_telemetry_source_end:
        .section .note.GNU-stack,"",@progbits
