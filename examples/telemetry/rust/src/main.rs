//! Event handler: reads one telemetry event as JSON from stdin, calibrates its value, writes the event to stdout.
//!
//! The contract, byte for byte the same as c/telemetry.c, is written down in ../README.md: what is not such an event gives no
//! output and exit 0, what is not UTF-8 gives a message on stderr and exit 1. Proved by ../test.

use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::process::ExitCode;

const CALIBRATION: f64 = 1.042;

#[derive(Deserialize, Serialize)]
struct Event {
    sensor_id: String,
    metric_value: f64,
    timestamp: u64,
}

/// The calibrated event as JSON, or None when `text` is not an event or its value leaves the range of numbers.
fn handle(text: &str) -> Option<Vec<u8>> {
    // serde also takes an array of the fields in order for a struct; an event is an object.
    if !text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{') {
        return None;
    }
    let mut event: Event = serde_json::from_str(text).ok()?;
    event.metric_value *= CALIBRATION;
    // JSON has no infinity.
    if !event.metric_value.is_finite() {
        return None;
    }
    serde_json::to_vec(&event).ok()
}

fn fail(what: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "telemetry: {what}");
    ExitCode::FAILURE
}

fn main() -> ExitCode {
    let mut input = Vec::new();
    if std::io::stdin().lock().read_to_end(&mut input).is_err() {
        return fail("cannot read the event");
    }
    let text = match std::str::from_utf8(&input) {
        Ok(text) => text,
        Err(error) => return fail(&format!("the event is not UTF-8 (byte {})", error.valid_up_to())),
    };
    let output = match handle(text) {
        Some(output) => output,
        None => return ExitCode::SUCCESS,
    };
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(&output).and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => fail("cannot write the event"),
    }
}
