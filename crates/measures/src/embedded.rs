//! The files under `law/`, as they were when the program was built.
//!
//! Not here: the list itself; `build.rs` writes it from the folder.

include!(concat!(env!("OUT_DIR"), "/law_files.rs"));
