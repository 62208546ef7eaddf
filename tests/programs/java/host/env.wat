(module (memory (export "memory") 33 32768))
