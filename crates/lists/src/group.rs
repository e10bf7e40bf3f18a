//! Puts files that belong together into sets: a main table with its aliases, addresses, comments.

use crate::{Format, Options, Refusal, Role, SourceFile, recognise_with};

/// Files that are read together as one version of a list, main file first, then by role.
#[derive(Clone, Debug)]
pub struct FileSet<'a> {
    /// Their format.
    pub format: Format,
    /// The files, in the order of their roles, at most one of each.
    pub files: Vec<(Role, SourceFile<'a>)>,
}

impl<'a> FileSet<'a> {
    /// The file of a role.
    pub fn file(&self, role: Role) -> Option<&SourceFile<'a>> {
        self.files.iter().find(|(r, _)| *r == role).map(|(_, file)| file)
    }

    /// The name of its main file, for messages.
    pub fn name(&self) -> &'a str {
        self.files.first().map_or("", |(_, file)| file.name)
    }
}

/// Recognises each file and groups them into sets, one for each main file.
///
/// # Errors
/// Each file that is refused, or belongs to no main file of the command, with its reason; the sets
/// that could be made are returned beside them.
pub fn group<'a>(files: &[SourceFile<'a>], options: &Options) -> (Vec<FileSet<'a>>, Vec<Refusal>) {
    let mut sets: Vec<FileSet<'a>> = Vec::new();
    let mut companions = Vec::new();
    let mut refusals = Vec::new();
    for file in files {
        match recognise_with(file, &options.mapping) {
            Ok((format, Role::Main)) => sets.push(FileSet { format, files: vec![(Role::Main, *file)] }),
            Ok((format, role)) => companions.push((format, role, *file)),
            Err(refusal) => refusals.push(refusal),
        }
    }
    for (format, role, file) in companions {
        if let Err(refusal) = attach(&mut sets, format, role, file) {
            refusals.push(refusal);
        }
    }
    for set in &mut sets {
        set.files.sort_by_key(|(role, _)| *role);
    }
    (sets, refusals)
}

fn folder(name: &str) -> &str {
    name.rfind(['/', '\\']).and_then(|cut| name.get(..cut)).unwrap_or("")
}

/// Adds a companion to the set it belongs to: of the sets in its own folder (of all, if there is
/// none) the one that shares most record numbers with it.
fn attach<'a>(sets: &mut [FileSet<'a>], format: Format, role: Role, file: SourceFile<'a>) -> Result<(), Refusal> {
    let fits = |set: &FileSet<'a>| crate::formats::is_companion(set.format, format);
    let near = |set: &FileSet<'a>| folder(set.name()) == folder(file.name);
    let any_near = sets.iter().any(|set| fits(set) && near(set));
    let mut candidates: Vec<&mut FileSet<'a>> =
        sets.iter_mut().filter(|set| fits(set) && (!any_near || near(set))).collect();
    let best = if candidates.len() > 1 {
        let numbers = crate::formats::record_numbers(&file);
        let share = |set: &FileSet<'a>| {
            let main = set.file(Role::Main).map(crate::formats::record_numbers).unwrap_or_default();
            numbers.iter().filter(|number| main.contains(*number)).count()
        };
        candidates.iter().enumerate().max_by_key(|(i, set)| (share(set), std::cmp::Reverse(*i))).map(|(i, _)| i)
    } else {
        (!candidates.is_empty()).then_some(0)
    };
    let Some(set) = best.and_then(|i| candidates.get_mut(i)) else {
        return Err(Refusal::new(file.name, "", format!("a file of {role} without the main file it belongs to"))
            .hint("name the main file (sdn.csv, cons_prim.csv) in the same command"));
    };
    if let Some(other) = set.file(role) {
        let reason = format!("a second file of {role} for `{}`, beside `{}`", set.name(), other.name);
        return Err(Refusal::new(file.name, "", reason).hint("import each version of a list on its own"));
    }
    set.files.push((role, file));
    Ok(())
}
