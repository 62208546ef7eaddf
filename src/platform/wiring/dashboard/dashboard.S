// The page at the operator's address and what belongs to it, for dashboard.h: mote_dashboard_NAME to mote_dashboard_NAME_end.
        .section .rodata
.macro file name, path
        .globl  mote_dashboard_\name, mote_dashboard_\name\()_end
mote_dashboard_\name:
        .incbin "\path"
mote_dashboard_\name\()_end:
.endm
        file page, "page.html"
        file style, "style.css"
        file script, "script.js"
        .section .note.GNU-stack,"",@progbits
