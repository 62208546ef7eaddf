// Counts words of a text, once: in its initialisation when there is one (wizer.initialize), else when main begins.
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

type Counts = BTreeMap<String, Vec<usize>>;
static COUNTS: Mutex<Option<Counts>> = Mutex::new(None);

fn count() -> Counts {
    let mut counts = Counts::new();
    for number in 0..20_000usize {
        let word = format!("word{}", number.wrapping_mul(2_654_435_761) % 5_000);
        counts.entry(word).or_default().push(number);
    }
    counts
}

fn with_counts(tell: impl FnOnce(&Counts)) {
    tell(COUNTS.lock().unwrap().get_or_insert_with(count));
}

#[export_name = "wizer.initialize"]
pub extern "C" fn initialize() {
    with_counts(|counts| println!("{} words are counted", counts.len()));
}

// A HashMap's keys are hashed with a random seed.
#[export_name = "use-hashes"]
pub extern "C" fn use_hashes() {
    let map: HashMap<u32, u32> = (0..10).map(|i| (i, i)).collect();
    println!("{}", map.len());
}

fn main() {
    with_counts(|counts| {
        let sum: usize = counts.values().flatten().sum();
        println!("{} words, sum {}, first {:?}", counts.len(), sum, counts.iter().next());
    });
}
