;; Calls the host as its first instruction, for `./bench cycle`: when was the guest there?
(module (import "host" "first" (func $first)) (memory (export "memory") 2) (func (export "_start") call $first))
