//! Writing psactl.toml and the secrets: each whole or not at all, the file that refers to the others last.

use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use super::talk::Talk;
use crate::error::{Exit, Failure, Result};

impl Talk<'_> {
    /// Writes everything. Only once all of it lies on the disk does any of it take its place.
    pub fn write(&self, content: &str) -> Result<()> {
        self.watch.while_writing(|| {
            crate::disk::make_folder(&self.folder).map_err(|error| failed(&self.folder, &error))?;
            let mut ready = Vec::new();
            for (path, secret, _) in self.secret_files() {
                ready.push((path.to_owned(), prepare(path, secret.as_bytes(), true)?));
            }
            // A link to a file kept elsewhere stays one.
            let file = std::fs::canonicalize(&self.file).unwrap_or_else(|_| self.file.clone());
            ready.push((file.clone(), prepare(&file, content.as_bytes(), false)?));
            for (path, prepared) in ready {
                prepared.persist(&path).map_err(|error| failed(&path, &error.error))?;
            }
            Ok(())
        })
    }
}

/// A new file beside its place, readable by its owner alone; one that takes another's place keeps that one's
/// rights, unless it holds a secret.
fn prepare(path: &Path, content: &[u8], secret: bool) -> Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(content)?;
        if !secret && let Ok(present) = std::fs::metadata(path) {
            file.as_file().set_permissions(present.permissions())?;
        }
        file.as_file().sync_all()?;
        Ok(file)
    });
    written.map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Unexpected, format!("cannot write {}: {error}", path.display()))
        .hint("name a file that this account may write, with --config FILE")
}
