// Does with files what programs do, by Rust's library: files.wasm FOLDER. Prints what it finds. Used by tests/cases/files-rust.case.
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

fn names(path: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = if entry.file_type()?.is_dir() { "/" } else { "" };
        names.push(format!("{}{}", entry.file_name().to_string_lossy(), kind));
    }
    names.sort();
    Ok(names)
}

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).expect("needs a folder");
    let folder = Path::new(&folder);
    let mut file = File::create(folder.join("note.txt"))?;
    for i in 0..1000 {
        writeln!(file, "line {}", i)?;
    }
    drop(file);
    let last = BufReader::new(File::open(folder.join("note.txt"))?).lines().last().unwrap()?;
    println!("last: {}, size: {}", last, fs::metadata(folder.join("note.txt"))?.len());

    let sub = folder.join("sub");
    fs::create_dir_all(sub.join("deep"))?;
    for i in 0..300 {
        fs::write(sub.join(format!("file{}", i)), i.to_string())?;
    }
    let listed = names(&sub)?;
    println!("{} entries, first {}, last {}", listed.len(), listed[0], listed[300]);
    fs::rename(folder.join("note.txt"), sub.join("moved.txt"))?;
    fs::copy(sub.join("moved.txt"), folder.join("copy.txt"))?;
    fs::hard_link(sub.join("moved.txt"), sub.join("hard"))?;

    let mut file = OpenOptions::new().read(true).append(true).open(sub.join("hard"))?;
    file.write_all(b"end")?;
    file.seek(SeekFrom::End(-12))?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    println!("tail: {:?}", text);
    file.set_len(4)?;
    file.sync_all()?;
    println!("moved: {:?}", fs::read_to_string(sub.join("moved.txt"))?);

    assert_eq!(File::open(folder.join("missing")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(fs::create_dir(&sub).unwrap_err().kind(), ErrorKind::AlreadyExists);
    println!("outside: {}", File::open(folder.join("../outside")).unwrap_err());
    fs::remove_dir_all(&sub)?;
    fs::remove_file(folder.join("copy.txt"))?;
    println!("left: {:?}", names(folder)?);
    Ok(())
}
