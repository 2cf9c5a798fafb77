//! What every file and folder of psactl's own is made with: for its owner alone, and whole or not at all.

use std::io::{Result, Write};
use std::path::Path;

/// Puts a file in the place of another, if there is one. Whoever reads sees one or the other, never half; none but
/// their owner sees either.
///
/// # Errors
/// The system's; the place is then what it was.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A temporary file is its owner's alone.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Makes a folder, and those that it stands in, for its owner alone. One that is there stays as it is.
///
/// # Errors
/// The system's.
pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
