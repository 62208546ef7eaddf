// @NAME@: an event is stdin, what it answers is stdout; what it has to say to whoever runs it is stderr.
use std::io::Read;

fn main() -> std::io::Result<()> {
    let mut event = String::new();
    std::io::stdin().read_to_string(&mut event)?;
    let name = event.trim_end();
    println!("Hello, {}!", if name.is_empty() { "world" } else { name });
    Ok(())
}
