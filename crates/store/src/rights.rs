//! Who besides its owner may look into a home.
//!
//! Not here: the rights of what is written (`durable`): files 0600, folders 0700.

use crate::Home;

impl Home {
    /// What is to be told of a home that other users of the computer can look into, with a `hint:`: one that was made
    /// by hand, or by a version that did not shut it. None if it is shut, not there, or the platform does not say.
    pub fn open_to_others(&self) -> Option<String> {
        let mode = mode(self)?;
        let shown = self.root().display().to_string();
        let quoted = shown.replace('\'', r"'\''");
        Some(format!(
            "{shown}: other users of this computer can look into the home folder (mode {mode:04o}), which holds names of persons\n\
             hint: chmod 700 '{quoted}'"
        ))
    }
}

/// The rights of a home that gives any to others.
#[cfg(unix)]
fn mode(home: &Home) -> Option<u32> {
    let meta = std::fs::metadata(home.root()).ok()?;
    let mode = std::os::unix::fs::MetadataExt::mode(&meta) & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn mode(_: &Home) -> Option<u32> {
    None
}
