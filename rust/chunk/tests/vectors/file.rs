//! The files of `tests/vectors/`: one array of objects, one object a line. Compared with what the code says, or rewritten when
//! FERRULE_WRITE_VECTORS is 1.

use std::path::PathBuf;
use std::{env, fs};

use serde_json::Value;

/// Holds the file to these rows, in their order.
pub fn agree(name: &str, rows: &[Value]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/vectors")
        .join(name);
    let lines: Vec<_> = rows.iter().map(Value::to_string).collect();
    let text = format!("[\n{}\n]\n", lines.join(",\n"));
    if env::var("FERRULE_WRITE_VECTORS").is_ok_and(|value| value == "1") {
        fs::create_dir_all(path.parent().expect("a folder")).expect("tests/vectors can be made");
        fs::write(&path, &text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let stored = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    // Not assert_eq: some rows are two megabytes.
    let different = stored
        .lines()
        .zip(text.lines())
        .find(|(stored, ours)| stored != ours);
    let cut = |line: &str| line.chars().take(200).collect::<String>();
    if let Some((stored, ours)) = different {
        panic!(
            "{name} differs\n stored {}\n ours   {}",
            cut(stored),
            cut(ours)
        );
    }
    assert!(
        stored == text,
        "{name} has {} lines, ours {}",
        stored.lines().count(),
        text.lines().count()
    );
}
