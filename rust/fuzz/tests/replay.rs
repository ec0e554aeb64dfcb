//! Replays every stored input through its law on stable Rust; also that no law is without inputs and no folder without a law.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn replay(name: &str) {
    let (_, law) = fuzz::LAWS
        .into_iter()
        .find(|law| law.0 == name)
        .expect("a law of this name");
    let mut inputs = 0;
    for entry in fs::read_dir(corpus().join(name)).expect("a folder of inputs") {
        let path = entry.expect("an entry").path();
        eprintln!("{}", path.display());
        law(&fs::read(path).expect("an input"));
        inputs += 1;
    }
    assert!(inputs >= 10, "{name} has only {inputs} inputs");
}

macro_rules! replays {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                replay(stringify!($name));
            }
        )*
        const REPLAYED: &[&str] = &[$(stringify!($name)),*];
    };
}

replays! { chunk_index chunk_join chunk_record chunk_segment damage decode_any kernel_command kernel_outcome kernel_refs kernel_rows lists lz4 relay round_trip varint_crc }

#[test]
fn every_law_has_a_folder_a_target_and_a_test() {
    let laws: BTreeSet<_> = fuzz::LAWS.iter().map(|law| law.0.to_owned()).collect();
    let names = |folder: PathBuf| -> BTreeSet<_> {
        let entries = fs::read_dir(folder).expect("a folder");
        let stem = |entry: fs::DirEntry| {
            entry
                .path()
                .file_stem()
                .map(|name| name.to_string_lossy().into_owned())
        };
        entries
            .filter_map(|entry| stem(entry.expect("an entry")))
            .collect()
    };
    assert_eq!(laws, names(corpus()));
    assert_eq!(laws, names(corpus().with_file_name("targets")));
    assert_eq!(laws, REPLAYED.iter().map(|&name| name.to_owned()).collect());
}

/// No input at all, and bytes that are nothing, hold every law as well.
#[test]
fn laws_hold_for_nothing_and_noise() {
    for (_, law) in fuzz::LAWS {
        for len in [0, 1, 2, 3, 12, 13, 255, 70_000] {
            law(&vec![0x57; len]);
            law(&(0..len)
                .map(|at| ((at * at) >> 3) as u8)
                .collect::<Vec<_>>());
        }
    }
}
