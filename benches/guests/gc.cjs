// The same functions in V8 (benches/gc_objects.py): node gc.cjs gc.wasm
const { performance } = require("perf_hooks");
const compiled = new WebAssembly.Module(require("fs").readFileSync(process.argv[2]));
const { allocate, trees, list, throw: raise } = new WebAssembly.Instance(compiled).exports;
const seconds = (work) => { const begin = performance.now(); work(); return (performance.now() - begin) / 1e3; };
const print = (what, figure) => console.log(JSON.stringify({ what, figure }));
for (let i = 0; i < 20; ++i) { allocate(100000); trees(10); list(1000, 10); raise(100, 9); }  // for the optimising compiler
print("allocations per second", 5e7 / seconds(() => allocate(50000000)));
print("throw and catch through 10 frames, ns", seconds(() => raise(200000, 9)) * 1e9 / 200000);
print("binary trees 16, s", seconds(() => trees(16)));
print("list of 100000, 100 rounds, s", seconds(() => list(100000, 100)));
