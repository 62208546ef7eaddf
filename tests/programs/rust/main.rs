// Rust's library as a guest, but for files (tests/cases/files-rust.case): collections with random seeds, text, clocks, standard input, exit
// statuses and a panic. The session beside it says what must come out.
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, BufRead, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    println!("arguments: {:?}", arguments);
    let mut variables: Vec<(String, String)> = std::env::vars().collect();
    variables.sort();
    println!("variables: {:?}", variables);
    match arguments.first().map(String::as_str) {
        Some("panic") => panic!("said to panic with {} arguments", arguments.len()),
        Some("exit") => std::process::exit(200),
        Some("big") => {
            let size: usize = arguments[1].parse().expect("a size");
            let stdout = io::stdout();
            let mut out = stdout.lock();
            let line = [b'x'; 1000];
            for _ in 0..size / 1000 {
                out.write_all(&line).expect("stdout takes it");
            }
            return;
        }
        _ => {}
    }

    let mut words: HashMap<String, usize> = HashMap::new();
    for line in io::stdin().lock().lines() {
        for word in line.expect("UTF-8").split_whitespace() {
            *words.entry(word.to_lowercase()).or_default() += 1;
        }
    }
    let sorted: BTreeMap<_, _> = words.iter().collect();
    println!("words: {:?}", sorted);

    let begin = Instant::now();
    std::thread::sleep(Duration::from_millis(15));
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    println!("clocks: {} {}", begin.elapsed() >= Duration::from_millis(15), since > 1_700_000_000);
    let numbers: HashSet<u64> = (0..1000).map(|i| i * i % 7919).collect();
    println!("set: {} {}", numbers.len(), numbers.iter().sum::<u64>());
    println!("thread: {}", std::thread::Builder::new().spawn(|| 1).is_err());
    println!("process: {}", std::process::Command::new("ls").output().is_err());
    println!("text: {} {:?}", "ÄÖÜ straße".to_lowercase(), "a,b,,c".split(',').rev().collect::<Vec<_>>());
    eprintln!("to stderr");
    std::process::exit(if io::stdout().flush().is_ok() { 4 } else { 1 });
}
