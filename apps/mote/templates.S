// The files of `mote new`, for command_new.cpp: mote_template_NAME to mote_template_NAME_end.
        .section .rodata
.macro file name, path
        .globl  mote_template_\name, mote_template_\name\()_end
mote_template_\name:
        .incbin "\path"
mote_template_\name\()_end:
.endm
        file c_main, "c.main.c"
        file rust_main, "rust.main.rs"
        file rust_cargo, "rust.Cargo.toml"
        file go_main, "go.main.go"
        file go_mod, "go.go.mod"
        file http, "http.toml"
        file mqtt, "mqtt.toml"
        file component, "component.toml"
        .section .note.GNU-stack,"",@progbits
