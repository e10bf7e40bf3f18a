//! A password from a file, as PostgreSQL's own programs read it, so that it stands in no argument and no variable.
//!
//! Each line is `host:port:database:user:password`; `*` fits all, `\\` before a colon or itself takes it as it is, `#` begins
//! a remark. The first line that fits counts. A host that is a folder of sockets is `localhost`.
//!
//! Promises: a file that others can read is refused; no password is shown.
//!
//! Not here: the address (`address`).

use std::path::{Path, PathBuf};

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::StateError;

/// The variable that names the file where the address does not.
const VARIABLE: &str = "PGPASSFILE";

fn refused(path: &Path, reason: &str, hint: &str) -> StateError {
    StateError::Refused { reason: format!("{}: {reason}", path.display()), hint: hint.to_owned() }
}

/// The password for an address; none if no file is named, or none of its lines fits.
pub(crate) fn password(named: Option<&Path>, config: &Config) -> Result<Option<Vec<u8>>, StateError> {
    let given = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    let Some(path) = named.map(Path::to_owned).or(given) else { return Ok(None) };
    if others_read(&path) {
        return Err(refused(&path, "other users of this computer can read the passwords", "chmod 600 FILE"));
    }
    let text = std::fs::read_to_string(&path)
        .map_err(|error| refused(&path, &error.to_string(), "each line of it is HOST:PORT:DATABASE:USER:PASSWORD"))?;
    let user = config.get_user().unwrap_or_default();
    let database = config.get_dbname().unwrap_or(user);
    for (number, host) in config.get_hosts().iter().enumerate() {
        let host = match host {
            Host::Tcp(name) => name.as_str(),
            #[cfg(unix)]
            Host::Unix(_) => "localhost",
        };
        let ports = config.get_ports();
        // One port is that of all hosts.
        let port = ports.get(number).or(ports.first()).copied().unwrap_or(5432).to_string();
        if let Some(password) = text.lines().find_map(|line| fits(line, [host, &port, database, user])) {
            return Ok(Some(password.into_bytes()));
        }
    }
    Ok(None)
}

/// The password of a line, if it is for these.
fn fits(line: &str, wanted: [&str; 4]) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            // The password is the rest of the line.
            ':' if fields.len() < 5 => fields.push(String::new()),
            '\\' => fields.last_mut()?.extend(letters.next()),
            other => fields.last_mut()?.push(other),
        }
    }
    let password = fields.pop().filter(|_| fields.len() == 4)?;
    fields.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted).then_some(password)
}

#[cfg(unix)]
fn others_read(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_read(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let wanted = ["db.example", "5432", "interdict", "service"];
        for (line, password) in [
            ("db.example:5432:interdict:service:one", Some("one")),
            ("*:*:*:*:a:b", Some("a:b")),
            (r"*:*:*:service:a\:\\b", Some(r"a:\b")),
            ("db.example:5433:*:*:no", None),
            ("other:*:*:*:no", None),
            ("*:*:*:somebody:no", None),
            ("#*:*:*:*:no", None),
            ("*:*:*:no", None),
            ("", None),
        ] {
            assert_eq!(fits(line, wanted).as_deref(), password, "{line}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pass");
        std::fs::write(&path, "other:*:*:*:zero\nh:5432:d:u:hunter2\n").unwrap();
        let asked = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            password(Some(&path), &"postgresql://u@h/d".parse().unwrap())
        };
        let error = asked(0o644).err().unwrap().to_string();
        assert!(error.contains("hint: chmod 600") && !error.contains("hunter2"), "{error}");
        assert_eq!(asked(0o600).unwrap(), Some(b"hunter2".to_vec()));
        assert!(password(Some(&folder.path().join("none")), &Config::new()).is_err());
    }
}
