// Fresh sandboxes in wasmtime, tuned as its documentation advises: pooling allocator with resident memory, PAGEMAP_SCAN, modules
// instantiated in advance, no backtraces. What `./bench cycle` puts beside Mote's pool; both are fed the same guests and events.
//
//   cycle-wasmtime KIND MODULE.wasm EVENTS THREADS [EVENT-FILE]      prints one line of JSON
//
// KIND: start (calls _start), handle (alloc, copies the event in, handle), wasi (a command that reads the event on stdin and answers
// on stdout, by wasmtime-wasi), wasi-by-hand (the same with four functions of WASI written for this loop: the least it can cost).
use std::sync::Arc;
use std::time::Instant;
use wasmtime::*;
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::WasiCtxBuilder;

type Outcome<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn engine(slots: u32) -> Outcome<Engine> {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_core_instances(slots).total_memories(slots).total_tables(slots).total_stacks(slots);
    pool.max_memory_size(4 << 20).table_elements(4096).max_core_instance_size(1 << 20);
    pool.linear_memory_keep_resident(4 << 20).table_keep_resident(64 << 10).max_unused_warm_slots(slots);
    pool.pagemap_scan(Enabled::Auto);
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool)).wasm_backtrace_max_frames(None);
    Ok(Engine::new(&config)?)
}

#[derive(Default)]
struct ByHand {
    event: Arc<Vec<u8>>,
    read: usize,
    answer: Vec<u8>,
}

fn guest_memory(caller: &mut Caller<'_, ByHand>) -> Memory {
    caller.get_export("memory").and_then(Extern::into_memory).expect("the guest exports its memory")
}
fn word(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

fn define_by_hand(linker: &mut Linker<ByHand>) -> Outcome<()> {
    let wasi = "wasi_snapshot_preview1";
    linker.func_wrap(wasi, "fd_read", |mut caller: Caller<'_, ByHand>, _fd: i32, pieces: i32, count: i32, size: i32| -> i32 {
        let memory = guest_memory(&mut caller);
        let (bytes, state) = memory.data_and_store_mut(&mut caller);
        let mut total = 0;
        for i in 0..count as usize {
            let at = pieces as usize + i * 8;
            let (to, room) = (word(bytes, at), word(bytes, at + 4));
            let n = room.min(state.event.len() - state.read);
            bytes[to..to + n].copy_from_slice(&state.event[state.read..state.read + n]);
            state.read += n;
            total += n as u32;
        }
        bytes[size as usize..size as usize + 4].copy_from_slice(&total.to_le_bytes());
        0
    })?;
    linker.func_wrap(wasi, "fd_write", |mut caller: Caller<'_, ByHand>, _fd: i32, pieces: i32, count: i32, size: i32| -> i32 {
        let memory = guest_memory(&mut caller);
        let (bytes, state) = memory.data_and_store_mut(&mut caller);
        let mut total = 0;
        for i in 0..count as usize {
            let at = pieces as usize + i * 8;
            let (from, n) = (word(bytes, at), word(bytes, at + 4));
            state.answer.extend_from_slice(&bytes[from..from + n]);
            total += n as u32;
        }
        bytes[size as usize..size as usize + 4].copy_from_slice(&total.to_le_bytes());
        0
    })?;
    linker.func_wrap(wasi, "environ_sizes_get", |mut caller: Caller<'_, ByHand>, count: i32, size: i32| -> i32 {
        let memory = guest_memory(&mut caller);
        let bytes = memory.data_mut(&mut caller);
        bytes[count as usize..count as usize + 4].fill(0);
        bytes[size as usize..size as usize + 4].fill(0);
        0
    })?;
    linker.func_wrap(wasi, "environ_get", |_: i32, _: i32| -> i32 { 0 })?;
    linker.func_wrap(wasi, "fd_close", |_: i32| -> i32 { 0 })?;
    linker.func_wrap(wasi, "fd_seek", |_: i32, _: i64, _: i32, _: i32| -> i32 { 29 })?;
    linker.func_wrap(wasi, "fd_fdstat_get", |mut caller: Caller<'_, ByHand>, _: i32, at: i32| -> i32 {
        let memory = guest_memory(&mut caller);
        memory.data_mut(&mut caller)[at as usize..at as usize + 24].fill(0xff);
        0
    })?;
    linker.func_wrap(wasi, "random_get", |_: i32, _: i32| -> i32 { 0 })?;
    linker.func_wrap(wasi, "proc_exit", |code: i32| -> wasmtime::Result<()> { Err(format_err!("exit {code}")) })?;
    Ok(())
}

enum Guest {
    Start(InstancePre<()>, ModuleExport),
    Handle(InstancePre<()>, [ModuleExport; 3]),
    Wasi(InstancePre<WasiP1Ctx>, ModuleExport),
    ByHand(InstancePre<ByHand>, ModuleExport),
}

fn prepare(engine: &Engine, kind: &str, path: &str) -> Outcome<Guest> {
    let module = Module::from_file(engine, path)?;
    let export = |name: &str| module.get_export_index(name).ok_or(format!("{path} does not export {name}"));
    Ok(match kind {
        "start" => Guest::Start(Linker::new(engine).instantiate_pre(&module)?, export("_start")?),
        "handle" => Guest::Handle(Linker::new(engine).instantiate_pre(&module)?, [export("alloc")?, export("handle")?, export("memory")?]),
        "wasi" => {
            let mut linker = Linker::new(engine);
            wasmtime_wasi::p1::add_to_linker_sync(&mut linker, |context: &mut WasiP1Ctx| context)?;
            Guest::Wasi(linker.instantiate_pre(&module)?, export("_start")?)
        }
        "wasi-by-hand" => {
            let mut linker = Linker::new(engine);
            define_by_hand(&mut linker)?;
            Guest::ByHand(linker.instantiate_pre(&module)?, export("_start")?)
        }
        _ => return Err(format!("unknown kind {kind}").into()),
    })
}

fn command<T>(store: &mut Store<T>, pre: &InstancePre<T>, start: &ModuleExport) -> Outcome<()> {
    let instance = pre.instantiate(&mut *store)?;
    let start = instance.get_module_export(&mut *store, start).and_then(Extern::into_func).ok_or("no _start")?;
    Ok(start.typed::<(), ()>(&*store)?.call(store, ())?)
}

// One event in a sandbox of its own; the size of its answer.
fn once(engine: &Engine, guest: &Guest, event: &Arc<Vec<u8>>) -> Outcome<usize> {
    match guest {
        Guest::Start(pre, start) => {
            command(&mut Store::new(engine, ()), pre, start)?;
            Ok(0)
        }
        Guest::Handle(pre, [alloc, handle, memory]) => {
            let mut store = Store::new(engine, ());
            let instance = pre.instantiate(&mut store)?;
            let get = |store: &mut Store<()>, export| instance.get_module_export(store, export);
            let alloc = get(&mut store, alloc).and_then(Extern::into_func).ok_or("no alloc")?.typed::<i32, i32>(&store)?;
            let handle = get(&mut store, handle).and_then(Extern::into_func).ok_or("no handle")?.typed::<(i32, i32), i32>(&store)?;
            let memory = get(&mut store, memory).and_then(Extern::into_memory).ok_or("no memory")?;
            let at = alloc.call(&mut store, event.len() as i32)?;
            memory.data_mut(&mut store)[at as usize..at as usize + event.len()].copy_from_slice(event);
            handle.call(&mut store, (at, event.len() as i32))?;
            Ok(0)
        }
        Guest::Wasi(pre, start) => {
            let answer = MemoryOutputPipe::new(64 << 10);
            let context = WasiCtxBuilder::new().stdin(MemoryInputPipe::new(event.as_slice().to_vec())).stdout(answer.clone()).build_p1();
            command(&mut Store::new(engine, context), pre, start)?;
            Ok(answer.contents().len())
        }
        Guest::ByHand(pre, start) => {
            let mut store = Store::new(engine, ByHand { event: event.clone(), ..Default::default() });
            command(&mut store, pre, start)?;
            Ok(store.data().answer.len())
        }
    }
}

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().collect();
    let [_, kind, path, events, threads, rest @ ..] = args.as_slice() else { return Err("see the first lines of main.rs".into()) };
    let (events, threads): (usize, usize) = (events.parse()?, threads.parse()?);
    let event = Arc::new(if let [file] = rest { std::fs::read(file)? } else { Vec::new() });
    let engine = engine(64)?;
    let guest = Arc::new(prepare(&engine, kind, path)?);
    let answer = once(&engine, &guest, &event)?;
    if kind.starts_with("wasi") && answer == 0 {
        return Err("the guest did not answer".into());
    }
    let begun = Instant::now();
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let (engine, guest, event) = (engine.clone(), guest.clone(), event.clone());
            std::thread::spawn(move || -> Outcome<(f64, Vec<u64>)> {
                for _ in 0..events / 10 + 1 {
                    once(&engine, &guest, &event)?;
                }
                let mut times = Vec::with_capacity(events);
                let begun = Instant::now();
                for _ in 0..events {
                    let one = Instant::now();
                    once(&engine, &guest, &event)?;
                    times.push(one.elapsed().as_nanos() as u64);
                }
                Ok((events as f64 / begun.elapsed().as_secs_f64(), times))
            })
        })
        .collect();
    let (mut times, mut rate) = (Vec::new(), 0.0);
    for worker in workers {
        let (one, mut more) = worker.join().map_err(|_| "a worker panicked")??;
        rate += one;
        times.append(&mut more);
    }
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
    println!(
        "{{\"p50_ns\":{},\"p99_ns\":{},\"p999_ns\":{},\"per_s\":{:.0},\"seconds\":{:.3}}}",
        at(0.5), at(0.99), at(0.999), rate, begun.elapsed().as_secs_f64()
    );
    Ok(())
}
